//go:build race

package modelcheck

// tiny: there is nothing here that could race, only much to count.
const tiny = true
