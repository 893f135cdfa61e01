//go:build race

package scaletest

// underRace: the race detector makes the SQLite driver, which is Go, ten times
// slower and PostgreSQL not at all.
const underRace = true
