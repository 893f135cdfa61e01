package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/operate"
)

// A dry run remembers which member of the file has which contact, and nothing else
// of it, however long the lines are. MAICONTACT_DRY_ROWS makes it longer.
func TestDryRunMemory(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/status"); err != nil || hasRaceDetector() {
		t.Skip("the memory of a process is not told here, or is not what it is without the race detector")
	}
	const most = 64 << 10 // KiB
	rows := fromEnvironment("MAICONTACT_DRY_ROWS", 8000)
	b := newImportBed(t)
	var lines strings.Builder
	lines.WriteString(header)
	long := strings.Repeat("x", 100_000_000/rows) // all that is in the file must not be kept
	for n := range rows {
		fmt.Fprintf(&lines, "member-%d,5ec2e7a0-0000-4000-8000-%012x,,,\"{\"\"note\"\":\"\"%s\"\"}\"\n", n, n, long)
	}
	command := b.process("import", b.write("csv", lines.String()), "--dry-run", "--no-verify")
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	told := maxMemory(t.Context(), command.Process.Pid)
	if err := command.Wait(); err != nil {
		t.Fatalf("%v: %.1000s", err, &out)
	}
	used, err := strconv.Atoi(strings.TrimSuffix(<-told, " kB"))
	if err != nil || !strings.Contains(out.String(), fmt.Sprintf("%d read: %d would be linked, 0 unchanged, 0 rejected", rows, rows)) {
		t.Fatalf("%v: %.1000s", err, &out)
	}
	t.Logf("%d rows, %d KiB at most", rows, used)
	if used > most {
		t.Errorf("it took %d KiB, at most %d", used, most)
	}
	if table := b.table(); len(table) != 0 {
		t.Errorf("a dry run has made %d rows", len(table))
	}
}

// Pruning makes no more calls in a second than it may, whatever a visitor takes.
func TestPruneRate(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	const visitors, rate = 20, 40
	for n := range visitors {
		b.visitor(fmt.Sprint("visitor-", n), 20*day)
	}
	b.sim.ResetRequests()
	b.run("prune", "--unseen", "168h", "--delete", "--rate", strconv.Itoa(rate)).exits(exitDone).says(fmt.Sprintf("%d contacts deleted, 0 left", visitors))
	calls := b.sim.Requests()
	if len(calls) < 2*visitors {
		t.Fatalf("%d calls", len(calls))
	}
	// As many as may be under way may begin at once, and the clocks are not one.
	const atOnce, tolerance = operate.DefaultCalls, 100 * time.Millisecond
	for i, first := range calls {
		for j := i; j < len(calls); j++ {
			if took := calls[j].Time.Sub(first.Time) + tolerance; float64(j-i+1-atOnce) > rate*took.Seconds()+1 {
				t.Fatalf("%d calls in %v", j-i+1, took)
			}
		}
	}
	t.Logf("%d calls in %v", len(calls), calls[len(calls)-1].Time.Sub(calls[0].Time).Round(time.Millisecond))
}

func hasRaceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
