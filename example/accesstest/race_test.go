//go:build race

package accesstest

// tiny is true where the race detector makes everything slow.
const tiny = true
