//go:build wall

// Package wall is a wall clock that can be wrong. It is put between the library
// and package time when the server of these tests is built.
package wall

import (
	"sync/atomic"
	"time"
	"unsafe"
)

var seconds atomic.Int64

// Set says how wrong the clock is from now on, in whole seconds.
func Set(by time.Duration) { seconds.Store(int64(by / time.Second)) }

// Now is time.Now by the wrong clock. The monotonic clock is right.
func Now() time.Time {
	now := time.Now()
	// The seconds of a time with a monotonic clock are above 30 bits of
	// nanoseconds.
	*(*uint64)(unsafe.Pointer(&now)) += uint64(seconds.Load()) << 30
	return now
}

// Since is time.Since by the wrong clock.
func Since(t time.Time) time.Duration { return Now().Sub(t) }
