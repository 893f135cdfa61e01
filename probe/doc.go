// Package probe finds out how a MaiAgent behaves in the ways that its documents
// leave open. It works on an inbox that is named for it, with scratch contacts
// under source ids of their own, which it deletes again, and proves that they are
// gone.
//
// The library does not need the answers: it copes with each of them. They tell
// what to expect of a MaiAgent, whether a new release of it behaves in another
// way, and let the simulation of package webchattest behave as the real one does.
package probe
