//go:build race

package maicontact_test

// raced is true where the race detector makes everything slow: the tests that
// play the most cases then play a part of them.
const raced = true
