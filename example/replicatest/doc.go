// Package replicatest holds tests of several servers on one PostgreSQL: what
// happens when all of them are asked at once, when they are told opposite things,
// and when the clock of one is wrong.
package replicatest
