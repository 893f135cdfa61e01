// Package scaletest measures what grows with the number of members: the time
// that the contact management table takes, and bytes on disk, in memory and on
// the wire. docs/scale.md says what follows from it.
//
//	go test ./example/scaletest -v            # 10,000 and 200,000 members
//	go test ./example/scaletest -v -scale     # 10,000 and 1,000,000 members
//
// Times are compared within one run, round by round, because a machine is not
// as fast at one time as at another; a test fails only far from its target.
package scaletest
