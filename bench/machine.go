package main

import (
	"errors"
	"runtime"
	"strings"
	"testing"
)

// rawThere is what the floor of the session took on the machine that the
// targets in nanoseconds were set on.
const rawThere = 1826

// machineRow says how slow this machine is, so that the targets in nanoseconds
// can be read. They are judged as they stand.
func machineRow() row {
	return row{
		name:   "machine",
		target: "stated; targets in ns are for a machine of 1",
		figures: func(n size) ([]figure, error) {
			raw, err := rawCookie(strings.Repeat("x", 180))
			if err != nil || n == smoke {
				return nil, err
			}
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			var each []float64
			for range 5 {
				r := testing.Benchmark(raw)
				if r.N == 0 {
					return nil, errors.New("the benchmark failed")
				}
				ns := r.Extra[cpuMetric]
				if ns == 0 {
					ns = float64(r.NsPerOp())
				}
				each = append(each, ns)
			}
			return []figure{{name: "slowness", value: quartilesOf(each).median / rawThere, unit: "times"}}, nil
		},
	}
}
