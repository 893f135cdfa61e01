// Command bench measures what a site pays for maicontact, each path against a
// rival or a floor that runs in the same process, in turns, and prints a table
// with the targets beside.
//
//	go run ./bench              the whole table
//	go run ./bench -short       few short rounds; exits with 1 where allocations or counts are over a target
//	go run ./bench -run script  the rows whose name matches
//	go run ./bench -markdown    the table for a document
//	go run ./bench -load        the share of throughput kept over loopback, and nothing else
//	go run ./bench -example     the example site under load for 30 s a path, and nothing else
//
// Each row is also a Go benchmark, for profiles:
//
//	cd bench && go test -run '^$' -bench Rows/script -cpu 1 -cpuprofile cpu.out
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"testing"
	"time"
)

func main() {
	testing.Init() // for the flag that testing.Benchmark obeys
	do := func() error { return run(os.Args[1:], os.Stdout, os.Stderr) }
	if len(os.Args) == 2 { // -load starts these
		switch os.Args[1] {
		case "serve":
			do = func() error { return serveLoad(os.Stdin, os.Stdout) }
		case "generate":
			do = func() error { return generate(os.Stdin, os.Stdout) }
		}
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// heading says how the table is to be read.
const heading = `%s, %s/%s, %d CPUs, %d rounds of %v a side, in turns; medians.
Times of handlers are CPU time on one core, the collector's included.
Targets in time are for a machine on which reading a cookie with securecookie and
writing the script takes 1.83 µs: a verdict divides what was measured by how many
times longer that took here in the same rounds.

`

func run(args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	isShort := flags.Bool("short", false, "few short rounds; fail where allocations or counts are over a target")
	rounds := flags.Int("rounds", 0, "rounds of each comparison (default 12, with -short 5)")
	each := flags.Duration("time", 0, "time of one side in one round (default 200ms, with -short 30ms)")
	only := flags.String("run", "", "measure only rows whose name matches this regular expression")
	isLoad := flags.Bool("load", false, "measure only the throughput over loopback")
	isExample := flags.Bool("example", false, "measure only the example site under load")
	markdown := flags.Bool("markdown", false, "print the table as Markdown")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	howMuch, defaultRounds, defaultTime := full, 12, 200*time.Millisecond
	if *isShort {
		howMuch, defaultRounds, defaultTime = short, 5, 30*time.Millisecond
	}
	if *rounds <= 0 {
		*rounds = defaultRounds
	}
	if *each <= 0 {
		*each = defaultTime
	}
	if err := flag.Set("test.benchtime", each.String()); err != nil {
		return err
	}

	var t table
	all := rows()
	switch {
	case *isExample:
		all = []row{exampleRow()}
	case *isLoad:
		all, howMuch = []row{throughputRow()}, full // there is no short form of it
	}
	for _, r := range all {
		if !wanted.MatchString(r.name) {
			continue
		}
		_, _ = fmt.Fprintln(progress, r.name)
		if err := t.measure(r, *rounds, howMuch); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	_, _ = fmt.Fprintf(out, heading, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), *rounds, *each)
	if err := t.print(out, *markdown); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "\n%d of %d judged lines missed their target\n", t.missed, t.judged)
	if *isShort && len(t.failed) > 0 {
		return fmt.Errorf("over target: %q", t.failed)
	}
	return nil
}

func (t *table) measure(r row, rounds int, howMuch size) error {
	if r.figures != nil {
		found, err := r.figures(howMuch)
		if err != nil {
			return err
		}
		for _, f := range found {
			t.addFigure(r, f)
		}
	}
	if r.compare == nil {
		return nil
	}
	pairs, closeAll, err := r.compare()
	if closeAll != nil {
		defer closeAll()
	}
	if err != nil {
		return err
	}
	for _, c := range pairs {
		m, err := c.measure(rounds)
		if err != nil {
			return err
		}
		t.addMeasured(r, m)
	}
	return nil
}
