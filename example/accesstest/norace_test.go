//go:build !race

package accesstest

const tiny = false
