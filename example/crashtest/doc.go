// Package crashtest holds tests that run the example as real processes, kill
// them, and look at what is left.
package crashtest
