//go:build !race

package modeltest

// slowness says how much slower a run is without the race detector: not at all.
const slowness = 1
