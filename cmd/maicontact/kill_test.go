package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// asCommand in the environment makes the test binary the command itself.
const asCommand = "MAICONTACT_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func (b *bed) process(args ...string) *exec.Cmd {
	command := exec.CommandContext(b.Context(), os.Args[0], args...)
	command.Env = []string{asCommand + "=1"}
	for name, value := range b.env {
		command.Env = append(command.Env, name+"="+value)
	}
	return command
}

// fromEnvironment lets a test be run with more than is usual.
func fromEnvironment(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return usual
}

// An import that is killed ten times is complete in the end: everybody once, with
// their own contact. MAICONTACT_IMPORT_ROWS and MAICONTACT_IMPORT_RATE make it
// longer.
func TestImportIsKilled(t *testing.T) {
	t.Parallel()
	const kills = 10
	rows, rate := fromEnvironment("MAICONTACT_IMPORT_ROWS", 2000), fromEnvironment("MAICONTACT_IMPORT_RATE", 1000)
	b := newImportBed(t)
	var lines strings.Builder
	lines.WriteString(header)
	for n := range rows {
		id := fmt.Sprint("member-", n)
		b.ids[id] = b.contact("legacy-"+id, webchat.Profile{Name: id})
		fmt.Fprintf(&lines, "%s,%s\n", id, b.ids[id].Reveal())
	}
	file := b.write("csv", lines.String())
	pause := time.Duration(rows) * time.Second / time.Duration(rate) / (kills + 1)

	start, killed := time.Now(), 0
	for range kills {
		command := b.process("import", file, "--rate", strconv.Itoa(rate))
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			_ = command.Process.Kill()
			<-ended
			killed++
		case <-ended: // it was done
		}
		timer.Stop()
	}
	command := b.process("import", file, "--rate", strconv.Itoa(rate))
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	most := maxMemory(t.Context(), command.Process.Pid)
	if err := command.Wait(); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	took := time.Since(start)
	if killed < kills/2 || !strings.Contains(out.String(), fmt.Sprintf("%d read: ", rows)) || !strings.Contains(out.String(), "0 rejected") {
		t.Errorf("killed %d times; the last says %s", killed, &out)
	}
	table := b.table()
	if len(table) != rows {
		t.Errorf("%d rows of %d", len(table), rows)
	}
	for _, row := range table {
		if row.ContactID != b.ids[row.ID] {
			t.Fatalf("%s has not their own contact", row.ID)
		}
	}
	t.Logf("%d rows at %d a second, killed %d times: %s, memory of the last %s", rows, rate, killed, took.Round(time.Millisecond), <-most)
}

// maxMemory tells how much memory a process has had, as Linux says, once it has
// ended. It is looked at every now and then.
func maxMemory(ctx context.Context, pid int) <-chan string {
	told := make(chan string, 1)
	go func() {
		most := "unknown"
		for ctx.Err() == nil {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, rest, ok := strings.Cut(string(status), "VmHWM:")
			if err != nil || !ok {
				break
			}
			line, _, _ := strings.Cut(rest, "\n")
			most = strings.TrimSpace(line)
			time.Sleep(20 * time.Millisecond)
		}
		told <- most
	}()
	return told
}
