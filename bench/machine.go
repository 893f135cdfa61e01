package main

import (
	"runtime"
	"strings"
)

// yardstickThere is what yardstick took, in nanoseconds, on the machine that the
// targets in nanoseconds were set on.
const yardstickThere = 1826

// yardstick tells how slow this machine is: a cookie found, checked and decoded
// by securecookie over raw bytes, and a ready script of 600 bytes written, as it
// was done where the targets were set. It is little but hashing, copying and
// small allocations, as our own paths are, and no code of ours.
func yardstick() (side, error) {
	bench, err := rawCookie(strings.Repeat("x", 180), reply{"text/javascript; charset=utf-8", []byte(strings.Repeat("s", 600))})
	return side{"securecookie over raw bytes", bench}, err
}

// slowness measures the yardstick once: how many times longer it takes here.
func slowness(yardstick side) (float64, error) {
	c, err := yardstick.once()
	if c.cpu > 0 {
		c.ns = c.cpu
	}
	return c.ns / yardstickThere, err
}

// machineRow says how slow this machine is, for information: where a target is
// in nanoseconds the yardstick is measured again in each round, beside ours,
// since a machine that others share does not keep its pace.
func machineRow() row {
	return row{
		name: "machine",
		figures: func(n size) ([]figure, error) {
			y, err := yardstick()
			if err != nil || n == smoke {
				return nil, err
			}
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			var each []float64
			for range 5 {
				slow, err := slowness(y)
				if err != nil {
					return nil, err
				}
				each = append(each, slow)
			}
			return []figure{{name: "slowness", value: quartilesOf(each).median, unit: "times"}}, nil
		},
	}
}
