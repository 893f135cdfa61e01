package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal returns a terminal, and all that was written to it once it is closed.
func terminal(t *testing.T) (end *os.File, written func() string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	end, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = all.ReadFrom(master) // it ends with an error once the other end is closed
	}()
	return end, func() string {
		end.Close()
		<-read
		return all.String()
	}
}

// A terminal shows a bar, which goes, and results stand in lines of their own.
// Elsewhere there are lines only.
func TestProgress(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	b.personal = true
	lines := header
	for n := range 40 {
		lines += fmt.Sprintf("member-%d,5ec2e7a0-0000-4000-8000-%012x,,,\n", n, n)
	}
	lines += "nonsense,nothing,,,\n"
	command := []string{"import", "-", "--dry-run", "--no-verify"}

	screen, written := terminal(t)
	var results bytes.Buffer
	status := run(t.Context(), process{
		args: command, env: func(name string) string { return b.env[name] }, stdin: &slow{strings.NewReader(lines)}, stdout: &results, stderr: screen,
	})
	shown := written()
	if status != exitFindings || !strings.Contains(shown, "\r") || !strings.Contains(shown, "read") {
		t.Errorf("it exits with %d and shows %q", status, shown)
	}
	if want := "line 42, member nonsense: contact_id is not a UUID\n41 read: 40 would be linked, 0 unchanged, 1 rejected\n"; results.String() != want {
		t.Errorf("the results are %q, want %q", &results, want)
	}

	elsewhere := b.feed(lines, command...).exits(exitFindings)
	if strings.ContainsAny(elsewhere.stdout+elsewhere.stderr, "\r\x1b") {
		t.Errorf("without a terminal it shows %q", elsewhere.stderr)
	}
}

// An audit and a pruning tell how far they are, too.
func TestProgressOfLongLooks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"audit", "--rate", "1000"}, "compared"},
		{[]string{"prune", "--unseen", "1h", "--cookie-max-age", "1h", "--dry-run"}, "looked at"},
	} {
		t.Run(test.args[0], func(t *testing.T) {
			t.Parallel()
			b := newSite(t)
			b.member("7")
			b.visitor("aaaabbbbccccddddeeeeffff00001111", time.Hour)
			screen, written := terminal(t)
			var results bytes.Buffer
			status := run(t.Context(), process{
				args: test.args, env: func(name string) string { return b.env[name] }, stdin: strings.NewReader(""), stdout: &results, stderr: screen,
			})
			if shown := written(); status != exitDone || !strings.Contains(shown, test.want) || strings.Contains(results.String(), "\r") {
				t.Errorf("it exits with %d, shows %q, and tells %q", status, shown, &results)
			}
		})
	}
}

// slow is a file that comes line by line, so that there is something to show.
type slow struct{ from *strings.Reader }

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(10 * time.Millisecond)
	return s.from.Read(p[:min(len(p), 100)])
}
