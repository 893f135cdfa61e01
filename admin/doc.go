// Package admin has pages for those who run a site: how the chat is doing, who waits for
// what, and one person by their business user ID, with the actions that an operator may
// need. It is made of packages [operate] and [doctor], so that an
// application can do the same in pages of its own.
//
// [New] needs to know who may look. Nobody may change anything until
// Config.AuthorizeActions says who may. The pages work without JavaScript, hold no
// contact id, email, phone or key, and name nobody in an address: it has the person of
// a page encrypted.
package admin
