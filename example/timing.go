//go:build !short_times

package main

import "github.com/maicontact/maicontact"

// timing is what the library takes by itself.
var timing maicontact.Timing
