package main

// isTime reports whether a limit of that kind is in nanoseconds, and so depends
// on the machine.
func (q quantity) isTime() bool { return q == nanoseconds || q == moreNS }

// value is what a limit is held against. Times are those that the machine of the
// targets would have taken.
func (m measured) value(q quantity) float64 {
	switch q {
	case ratio, belowRival:
		return m.ratio.median
	case nanoseconds:
		return m.scaled
	case bytesEach:
		return m.mine.bytes
	case allocsEach:
		return m.mine.allocs
	case moreNS:
		return m.scaledExtra
	case moreAllocs:
		return m.mine.allocs - m.theirs.allocs
	}
	panic("no such quantity: " + string(q))
}

// keeps reports whether a limit is kept. A small part of an allocation per call
// is not the call's own: the preparation of few calls, what the runtime does, and
// what a pool makes anew after the collector has emptied it.
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

// fails reports whether a limit on a count is broken: allocations, or bytes. A
// ratio of times never fails, however far over its target: on a machine that
// others use, or whose disk is slow, it says nothing of the code.
func (m measured) fails(l limit) bool {
	switch l.of {
	case allocsEach, moreAllocs, bytesEach:
		return !m.keeps(l)
	default:
		return false
	}
}

// isJudged reports whether the figure has a bound at all.
func (f figure) isJudged() bool { return f.zero || f.most != 0 || f.least != 0 }

func (f figure) isMet() bool {
	return (!f.zero || f.value == 0) && (f.most == 0 || f.value <= f.most) && (f.least == 0 || f.value >= f.least)
}

func (f figure) fails() bool { return f.firm && !f.isMet() }
