// Package contacts is the contact management table: which contact each person
// has at MaiAgent, what MaiAgent should hold of them, and what it is known to
// hold.
//
// A [Row] is a plain value, one line of the table. Everything that can happen
// to it is a pure function from a row and a time to a row. A [Store] only keeps
// rows, by compare-and-swap: read a row, change it, put it, and read it again
// on a conflict.
package contacts
