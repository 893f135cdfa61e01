package main

import (
	"math"
	"slices"
	"testing"
)

// row is one path of the library. It has comparisons, or figures, or both.
type row struct {
	name string // stable: -run and the Go benchmarks select by it

	// compare prepares what is timed against each other. It has checked that
	// each handler answers for the right person. closeAll may be nil.
	compare func() (pairs []comparison, closeAll func(), err error)

	// figures measures plain numbers.
	figures func(size) ([]figure, error)
}

// size says how much to measure.
type size int

const (
	smoke size = iota // for tests: does it work at all
	short             // for continuous integration
	full
)

// comparison times ours against a rival, in turns.
type comparison struct {
	name        string // within the row; may be empty
	ours, rival side
	limits      []limit
}

// side is one of the two. bench must use b.Loop or b.RunParallel, so that its
// preparation is not timed. One that reports cpuMetric is judged by CPU time.
type side struct {
	name  string
	bench func(b *testing.B)
}

// limit is a target in numbers.
type limit struct {
	of   quantity
	most float64
}

type quantity string

const (
	ratio       quantity = "ratio"   // ours / rival, in one round
	nanoseconds quantity = "ns"      // ours, on the machine of the targets
	bytesEach   quantity = "B"       // ours, allocated per call
	allocsEach  quantity = "allocs"  // ours
	moreNS      quantity = "+ns"     // ours - rival, in one round, likewise
	moreAllocs  quantity = "+allocs" // ours - rival
	belowRival  quantity = "below"   // ours / rival must be below the limit
)

// figure is a plain number with an optional bound.
type figure struct {
	name  string
	value float64
	unit  string
	most  float64 // 0: no upper bound
	least float64 // 0: no lower bound
	zero  bool    // must be 0
	firm  bool    // a count that no noisy machine excuses: -short fails on it
}

// quartiles of the rounds.
type quartiles struct{ low, median, high float64 }

func quartilesOf(values []float64) quartiles {
	v := slices.Sorted(slices.Values(values))
	at := func(part float64) float64 {
		if len(v) == 0 {
			return math.NaN()
		}
		place := part * float64(len(v)-1)
		i := int(place)
		next := min(i+1, len(v)-1)
		return v[i] + (place-float64(i))*(v[next]-v[i])
	}
	return quartiles{at(0.25), at(0.5), at(0.75)}
}
