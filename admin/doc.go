// Package admin is a page for those who run a site: how the chat is doing, who
// waits for what, one person by their business user ID, and what an operator may
// have to do to them. It is made of packages [operate] and [doctor], so that an
// application can do the same in pages of its own.
//
// [New] wants to be told who may look. Nobody may change anything until
// Config.AuthorizeActions says who may. The pages work without JavaScript, hold no
// contact id, email, phone or key, and name nobody in an address: who a page is
// about stands in it sealed.
package admin
