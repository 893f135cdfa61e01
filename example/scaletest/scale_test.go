package scaletest

import (
	"flag"
	"fmt"
	"strings"
	"testing"
)

var scale = flag.Bool("scale", false, "measure with a million members")

// slack is by how much a target may be missed before the test fails: machines
// that do other things at the same time are noisy. A missing index shows as
// twenty times and more.
const slack = 2

// No operation grows with the table beyond its target.
func TestScale(t *testing.T) {
	if underRace {
		t.Skip("the race detector makes times meaningless")
	}
	members, rounds := 200_000, 5
	if *scale {
		members, rounds = 1_000_000, 9
	}
	for _, k := range []kind{sqlite, postgreSQL} {
		t.Run(k.name, func(t *testing.T) {
			small, large := newTable(t, k, 10_000, dueRows), newTable(t, k, members, dueRows)
			checkPlans(t, large)
			analyze(t, small)
			analyze(t, large)
			checkPlans(t, large)

			var report strings.Builder
			fmt.Fprintf(&report, "%-34s %9s %9s %7s\n", "microseconds, "+k.name, "10,000", fmt.Sprint(members), "growth (quartiles), target")
			for _, o := range operations {
				r := compare(t, o, small, large, rounds)
				for range 2 {
					if *scale || r.growth() <= slack*k.target() {
						break
					}
					r = compare(t, o, small, large, rounds) // an index that is missing stays so
				}
				fmt.Fprintf(&report, "%-34s %s, at most %.2f\n", o.name, r, k.target())
				if r.growth() > slack*k.target() {
					t.Errorf("%s grows %.2f times from 10,000 to %d members, want at most %.2f", o.name, r.growth(), members, k.target())
				}
			}
			r := compare(t, control, small, large, 3)
			fmt.Fprintf(&report, "%-34s %s, at least %d\n", control.name, r, leastControl)
			if r.growth() < leastControl {
				t.Errorf("without an index the growth is %.2f, want at least %d: the test sees nothing", r.growth(), leastControl)
			}
			small.report(t)
			large.report(t)
			t.Log("\n" + report.String())
		})
	}
}
