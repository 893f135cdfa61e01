package main

import (
	"fmt"
	"math"
	"strconv"
)

// rounded writes a number with three figures, without an exponent.
func rounded(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	three, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64) // 9.996 is 10.0
	behind := 2 - int(math.Floor(math.Log10(math.Abs(three))))
	return strconv.FormatFloat(three, 'f', max(0, behind), 64)
}

// number is rounded, but a count stays whole.
func number(v float64) string {
	if v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return rounded(v)
}

// duration writes nanoseconds in a unit that is easy to read.
func duration(ns float64) string {
	switch size := math.Abs(ns); {
	case size < 999.5:
		return rounded(ns) + " ns"
	case size < 999_500:
		return rounded(ns/1e3) + " µs"
	default:
		return rounded(ns/1e6) + " ms"
	}
}

// extraDuration has a sign.
func extraDuration(ns float64) string {
	if ns < 0 {
		return duration(ns)
	}
	return "+" + duration(ns)
}

// target says in words what the limit asks for.
func (l limit) target() string {
	switch l.of {
	case belowRival:
		return "ratio < " + number(l.most)
	case nanoseconds:
		return "≤ " + duration(l.most)
	case moreNS:
		return "≤ " + extraDuration(l.most)
	case moreAllocs:
		return "≤ +" + number(l.most) + " allocs"
	case bytesEach, allocsEach:
		return "≤ " + number(l.most) + " " + string(l.of)
	default:
		return string(l.of) + " ≤ " + number(l.most)
	}
}

// said is the value that the limit is held against. A time stands beside the one
// that was measured, and what it was divided by.
func (m measured) said(l limit) string {
	switch v := m.value(l.of); l.of {
	case nanoseconds:
		return fmt.Sprintf("%s = %s / %s", duration(v), duration(m.mine.ns), rounded(m.slowness))
	case moreNS:
		return fmt.Sprintf("%s = %s / %s", extraDuration(v), extraDuration(m.extra), rounded(m.slowness))
	case moreAllocs:
		return fmt.Sprintf("%+.1f allocs", v)
	case bytesEach:
		return rounded(v) + " B"
	case allocsEach:
		return fmt.Sprintf("%.1f allocs", v)
	default:
		return "ratio " + rounded(v)
	}
}

// target says in words what the figure should be; "" where it is only stated.
func (f figure) target() string {
	switch {
	case f.zero:
		return "0"
	case f.most != 0:
		return "≤ " + number(f.most)
	case f.least != 0:
		return "≥ " + number(f.least)
	default:
		return ""
	}
}
