package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// table collects the lines of the report and prints them as aligned text or as
// Markdown.
type table struct {
	lines  [][]string
	last   string   // the row of the last line: its target stands on its first line only
	failed []string // what -short exits with 1 for
	missed int
}

var tableHead = []string{"path", "ours", "against", "ns", "rival ns", "ratio (quartiles)", "+ns", "B", "allocs", "rival allocs", "verdict", "target"}

func (t *table) addMeasured(r row, m measured) {
	verdict := ""
	for _, l := range m.limits {
		what := fmt.Sprintf("%s %.4g over %.4g", l.of, m.value(l.of), l.most)
		if !m.keeps(l) {
			verdict += ", " + what
		}
		if m.fails(l) {
			t.failed = append(t.failed, strings.TrimSpace(r.name+" "+m.name)+": "+what)
		}
	}
	t.lines = append(t.lines, []string{
		join(r.name, m.name), m.ours.name, m.rival.name,
		fmt.Sprintf("%.0f", m.mine.ns), fmt.Sprintf("%.0f", m.theirs.ns),
		fmt.Sprintf("%.3f (%.3f-%.3f)", m.ratio.median, m.ratio.low, m.ratio.high), fmt.Sprintf("%+.0f", m.extra.median),
		fmt.Sprintf("%.0f", m.mine.bytes), fmt.Sprintf("%.1f", m.mine.allocs), fmt.Sprintf("%.1f", m.theirs.allocs),
		t.verdict(len(m.limits) > 0, verdict), t.target(r),
	})
}

func (t *table) addFigure(r row, f figure) {
	missed := ""
	if !f.isMet() {
		missed = ", " + f.bounds()
	}
	if f.fails() {
		t.failed = append(t.failed, fmt.Sprintf("%s %s: %.4g %s", r.name, f.name, f.value, f.unit))
	}
	t.lines = append(t.lines, []string{
		join(r.name, f.name), strings.TrimSpace(fmt.Sprintf("%.4g %s", f.value, f.unit)), "", "", "", "", "", "", "", "",
		t.verdict(f.zero || f.most != 0 || f.least != 0, missed), t.target(r),
	})
}

func (t *table) target(r row) string {
	if t.last == r.name {
		return ""
	}
	t.last = r.name
	return r.target
}

func (t *table) verdict(judged bool, missed string) string {
	switch {
	case !judged:
		return ""
	case missed == "":
		return "met"
	default:
		t.missed++
		return "missed: " + strings.TrimPrefix(missed, ", ")
	}
}

func join(names ...string) string {
	return strings.Join(slices.DeleteFunc(names, func(s string) bool { return s == "" }), "/")
}

func (t *table) print(w io.Writer, markdown bool) error {
	if !markdown {
		aligned := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, line := range append([][]string{tableHead}, t.lines...) {
			_, _ = fmt.Fprintln(aligned, strings.Join(line, "\t"))
		}
		return aligned.Flush()
	}
	rule := strings.Repeat("|---", len(tableHead)) + "|"
	for i, line := range append([][]string{tableHead}, t.lines...) {
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(line, " | ")); err != nil {
			return err
		}
		if i == 0 {
			if _, err := fmt.Fprintln(w, rule); err != nil {
				return err
			}
		}
	}
	return nil
}
