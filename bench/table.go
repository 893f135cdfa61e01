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
	lines          [][]string
	failed         []string // what -short exits with 1 for
	judged, missed int
}

// tableHead: the times stand with the sides, the allocations of the rival behind
// ours.
var tableHead = []string{"path", "ours", "against", "ratio (quartiles)", "B", "allocs (rival's)", "target", "verdict"}

func (t *table) addMeasured(r row, m measured) {
	var targets, missed, kept []string
	for _, l := range m.limits {
		targets = append(targets, l.target())
		said := m.said(l)
		switch {
		case !m.keeps(l):
			missed = append(missed, said)
		case l.of.isTime():
			kept = append(kept, said)
		}
		if m.fails(l) {
			t.failed = append(t.failed, join(r.name, m.name)+": "+said+", target "+l.target())
		}
	}
	t.lines = append(t.lines, []string{
		join(r.name, m.name),
		m.ours.name + " " + duration(m.mine.ns), m.rival.name + " " + duration(m.theirs.ns),
		fmt.Sprintf("%s (%s-%s)", rounded(m.ratio.median), rounded(m.ratio.low), rounded(m.ratio.high)),
		rounded(m.mine.bytes), fmt.Sprintf("%.0f (%.0f)", m.mine.allocs, m.theirs.allocs),
		strings.Join(targets, ", "), t.verdict(len(m.limits) > 0, missed, kept),
	})
}

func (t *table) addFigure(r row, f figure) {
	said := strings.TrimSpace(number(f.value) + " " + f.unit)
	var missed []string
	if !f.isMet() {
		missed = append(missed, said)
	}
	if f.fails() {
		t.failed = append(t.failed, join(r.name, f.name)+": "+said+", target "+f.target())
	}
	t.lines = append(t.lines, []string{
		join(r.name, f.name), said, "", "", "", "", f.target(), t.verdict(f.isJudged(), missed, nil),
	})
}

// verdict names what missed its target, and of what is in nanoseconds also what
// kept it, since the judged value is not the one that was measured.
func (t *table) verdict(isJudged bool, missed, kept []string) string {
	if !isJudged {
		return "stated"
	}
	t.judged++
	verdict := "met"
	if len(missed) > 0 {
		t.missed++
		verdict = "missed: " + strings.Join(missed, ", ")
	}
	return strings.Join(append([]string{verdict}, kept...), "; ")
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
	rule := "|---|---|---|---|---:|---:|---|---|"
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
