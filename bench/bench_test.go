package main

import (
	"flag"
	"io"
	"strings"
	"testing"
)

// benchFor sets how long testing.Benchmark goes on.
func benchFor(t *testing.T, howLong string) {
	t.Helper()
	f := flag.Lookup("test.benchtime")
	before := f.Value.String()
	if err := f.Value.Set(howLong); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(before) })
}

// TestCommand runs one row as the command does.
func TestCommand(t *testing.T) {
	benchFor(t, "1x")
	var out strings.Builder
	if err := run([]string{"-run", "^page$", "-rounds", "1", "-time", "1ms", "-markdown"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\n| page | wrapped ") || !strings.HasSuffix(out.String(), " of 3 judged lines missed their target\n") {
		t.Errorf("the table is\n%s", out.String())
	}
	if err := run([]string{"-run", "("}, &out, io.Discard); err == nil {
		t.Error("a bad regular expression went through")
	}
}

// TestRows prepares each row, which checks that its handlers answer for the
// right person, and takes its figures once. Nothing is timed.
func TestRows(t *testing.T) {
	for _, r := range rows() {
		t.Run(r.name, func(t *testing.T) {
			if r.figures != nil {
				if _, err := r.figures(smoke); err != nil {
					t.Error(err)
				}
			}
			if r.compare == nil {
				return
			}
			_, closeAll, err := r.compare()
			if closeAll != nil {
				defer closeAll()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// BenchmarkRows runs each side by itself, for profiles.
func BenchmarkRows(b *testing.B) {
	for _, r := range rows() {
		if r.compare == nil {
			continue
		}
		b.Run(r.name, func(b *testing.B) {
			pairs, closeAll, err := r.compare()
			if closeAll != nil {
				defer closeAll()
			}
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range pairs {
				for _, s := range []side{c.ours, c.rival} {
					b.Run(join(c.name, s.name), s.bench)
				}
			}
		})
	}
}
