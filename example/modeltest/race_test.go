//go:build race

package modeltest

// slowness says how much slower a run is with the race detector.
const slowness = 20
