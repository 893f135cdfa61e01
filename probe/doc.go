// Package probe finds out how a MaiAgent behaves where its documentation leaves it open.
// It works on an inbox that the caller names, with scratch contacts under source ids of
// their own. It deletes them again, and checks that they are gone.
//
// The library does not need the answers: it copes with each of them. They tell what to
// expect of a MaiAgent and whether a new release behaves differently, and with them the
// simulation of package webchattest can behave as the real one does.
package probe
