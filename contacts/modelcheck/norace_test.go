//go:build !race

package modelcheck

const tiny = false
