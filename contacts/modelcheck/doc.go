// Package modelcheck checks the transitions of a contacts.Row exhaustively, and
// holds nothing but tests: every order of events of two workers, one person and
// a MaiAgent that loses, delays and repeats, to a bound.
package modelcheck
