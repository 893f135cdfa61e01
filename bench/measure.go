package main

import (
	"fmt"
	"runtime"
	"testing"
)

// cpuMetric is reported by a side whose CPU time is to count: all its work is
// done by this process. Where both sides of a comparison report it, it counts
// instead of the time that passes.
const cpuMetric = "cpu-ns/op"

// cost is what one call of a side takes.
type cost struct{ ns, bytes, allocs float64 }

// measured is a comparison after all its rounds.
type measured struct {
	comparison
	ratio, extra quartiles // taken inside each round
	mine, theirs cost      // medians
}

// measure runs both sides in turns, in this process; who begins changes with
// each round.
func (c comparison) measure(rounds, procs int) (measured, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(1, procs)))
	var ratios, extras []float64
	var mine, theirs []cost
	for round := range rounds {
		var pair [2]cost
		var cpu [2]float64
		for turn := range 2 {
			i := (round + turn) % 2
			s := [2]side{c.ours, c.rival}[i]
			r := testing.Benchmark(s.bench)
			if r.N == 0 {
				return measured{}, fmt.Errorf("%s: the benchmark failed", s.name)
			}
			pair[i] = cost{
				ns:     float64(r.T.Nanoseconds()) / float64(r.N),
				bytes:  float64(r.MemBytes) / float64(r.N),
				allocs: float64(r.MemAllocs) / float64(r.N),
			}
			cpu[i] = r.Extra[cpuMetric]
		}
		if procs <= 1 && cpu[0] > 0 && cpu[1] > 0 {
			pair[0].ns, pair[1].ns = cpu[0], cpu[1]
		}
		ratios = append(ratios, pair[0].ns/pair[1].ns)
		extras = append(extras, pair[0].ns-pair[1].ns)
		mine, theirs = append(mine, pair[0]), append(theirs, pair[1])
	}
	return measured{
		comparison: c, ratio: quartilesOf(ratios), extra: quartilesOf(extras),
		mine: medianCost(mine), theirs: medianCost(theirs),
	}, nil
}

func medianCost(costs []cost) cost {
	median := func(of func(cost) float64) float64 {
		var values []float64
		for _, c := range costs {
			values = append(values, of(c))
		}
		return quartilesOf(values).median
	}
	return cost{
		ns:     median(func(c cost) float64 { return c.ns }),
		bytes:  median(func(c cost) float64 { return c.bytes }),
		allocs: median(func(c cost) float64 { return c.allocs }),
	}
}

// value is what a limit is held against.
func (m measured) value(q quantity) float64 {
	switch q {
	case ratio, belowRival:
		return m.ratio.median
	case nanoseconds:
		return m.mine.ns
	case bytesEach:
		return m.mine.bytes
	case allocsEach:
		return m.mine.allocs
	case moreNS:
		return m.extra.median
	case moreAllocs:
		return m.mine.allocs - m.theirs.allocs
	}
	panic("no such quantity: " + string(q))
}

// keeps reports whether a limit is kept. A small part of an allocation per call
// is not the call's own: the preparation of few calls, and what the runtime does.
func (m measured) keeps(l limit) bool {
	switch v := m.value(l.of); l.of {
	case belowRival:
		return v < l.most
	case allocsEach, moreAllocs:
		return v < l.most+0.5
	case bytesEach:
		return v <= l.most*1.02
	default:
		return v <= l.most
	}
}

// fails reports whether a limit is broken so clearly that a noisy machine is no
// excuse: allocations over it, or a ratio over twice it.
func (m measured) fails(l limit) bool {
	switch l.of {
	case allocsEach, moreAllocs, bytesEach:
		return !m.keeps(l)
	case ratio, belowRival:
		return m.value(l.of) > 2*l.most
	default:
		return false
	}
}

func (f figure) isMet() bool {
	return (!f.zero || f.value == 0) && (f.most == 0 || f.value <= f.most) && (f.least == 0 || f.value >= f.least)
}

// bounds says in words what the figure should be.
func (f figure) bounds() string {
	switch {
	case f.zero:
		return "should be 0"
	case f.least != 0 && f.value < f.least:
		return fmt.Sprintf("should be at least %.4g", f.least)
	default:
		return fmt.Sprintf("should be at most %.4g", f.most)
	}
}

func (f figure) fails() bool {
	if f.firm {
		return !f.isMet()
	}
	return f.most != 0 && f.value > 2*f.most || f.least != 0 && f.value < f.least/2
}
