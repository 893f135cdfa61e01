//go:build short_times

package main

import (
	"time"

	"github.com/maicontact/maicontact"
)

// timing is for tests that kill processes, and wait for the leases of the dead.
var timing = maicontact.Timing{Lease: 6 * time.Second, WriteDoubt: 4 * time.Second, SearchLag: 2500 * time.Millisecond}
