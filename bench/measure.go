package main

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
)

// cpuMetric is reported by a side whose CPU time is to count: all its work is
// done by this process. Where both sides of a comparison report it, it counts
// instead of the time that passes.
const cpuMetric = "cpu-ns/op"

// cost is what one call of a side takes; cpu is 0 where it is not reported.
type cost struct{ ns, cpu, bytes, allocs float64 }

// measured is a comparison after all its rounds. What is taken from two sides is
// taken inside each round, and all of it are medians.
type measured struct {
	comparison
	ratio        quartiles
	mine, theirs cost
	extra        float64 // ours - rival, in ns

	// For limits in ns: how many times slower this machine was, and what is left
	// of ours and of extra when each round is divided by its slowness.
	slowness, scaled, scaledExtra float64
}

// once runs a side by itself.
func (s side) once() (cost, error) {
	r := testing.Benchmark(s.bench)
	if r.N == 0 {
		return cost{}, fmt.Errorf("%s: the benchmark failed", s.name)
	}
	return cost{
		ns:     float64(r.T.Nanoseconds()) / float64(r.N),
		cpu:    r.Extra[cpuMetric],
		bytes:  float64(r.MemBytes) / float64(r.N),
		allocs: float64(r.MemAllocs) / float64(r.N),
	}, nil
}

// measure runs both sides in turns, in this process and on one core; who begins
// changes with each round.
func (c comparison) measure(rounds int) (measured, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	inNS := slices.ContainsFunc(c.limits, func(l limit) bool { return l.of.isTime() })
	y, err := yardstick()
	if err != nil {
		return measured{}, err
	}
	var ratios, extras, slow, scaled, scaledExtras []float64
	var mine, theirs []cost
	for round := range rounds {
		var pair [2]cost
		for turn := range 2 {
			i := (round + turn) % 2
			if pair[i], err = [2]side{c.ours, c.rival}[i].once(); err != nil {
				return measured{}, err
			}
		}
		if pair[0].cpu > 0 && pair[1].cpu > 0 {
			pair[0].ns, pair[1].ns = pair[0].cpu, pair[1].cpu
		}
		extra := pair[0].ns - pair[1].ns
		ratios, extras = append(ratios, pair[0].ns/pair[1].ns), append(extras, extra)
		mine, theirs = append(mine, pair[0]), append(theirs, pair[1])
		if inNS {
			s, err := slowness(y)
			if err != nil {
				return measured{}, err
			}
			slow, scaled, scaledExtras = append(slow, s), append(scaled, pair[0].ns/s), append(scaledExtras, extra/s)
		}
	}
	m := measured{
		comparison: c, ratio: quartilesOf(ratios), extra: quartilesOf(extras).median,
		mine: medianCost(mine), theirs: medianCost(theirs),
	}
	if inNS {
		m.slowness, m.scaled, m.scaledExtra = quartilesOf(slow).median, quartilesOf(scaled).median, quartilesOf(scaledExtras).median
	}
	return m, nil
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
		cpu:    median(func(c cost) float64 { return c.cpu }),
		bytes:  median(func(c cost) float64 { return c.bytes }),
		allocs: median(func(c cost) float64 { return c.allocs }),
	}
}
