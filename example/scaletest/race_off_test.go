//go:build !race

package scaletest

const underRace = false
