// Package templates holds what is rendered into pages: the browser's part of
// the chat.
package templates

import (
	_ "embed"
	"regexp"
)

//go:embed loader.js
var source string

// forReaders is what only they need: indentation, and comments at the start of
// a line or behind a statement.
var forReaders = regexp.MustCompile(`(?m)^\s*//.*\n|^\s+|([;{,]) //.*$`)

// Loader is one JavaScript function expression, written for browsers of 2018
// and later. The chat script calls it with one object, and so does the inline
// snippet. With a contact, whose widget configuration is already in
// window.maiagentChatbotConfig:
//
//	((options, load) => load(options))({"embed": "https://chat.example/js/embed.min.js", "again": "/webchat.js", "epoch": "…"},<Loader>);
//
// without one:
//
//	((options, load) => load(options))({"again": "/webchat.js", "epoch": "…", "reason": "unavailable", "retry": true},<Loader>);
//
// and from the static script, which is the same for everybody:
//
//	(<Loader>)({"json": "/webchat.json"});
//
// embed is the address of the vendor's script, again that of the chat script,
// epoch names who is there (absent when that is not known), reason says why
// there is no chat, and retry whether to ask again, from 2 s to 60 s later. json
// is an address that answers with the same names, and with the configuration
// in config; it is then asked in the place of the chat script.
//
// The loader starts the chat at most once on a page, and after the page's load
// event; keeps the page's own onload handler; throws nothing; and passes the
// nonce of the script it runs in on to those it inserts. When an answer names
// another epoch than that of the chat that runs, the page is loaded anew, at
// most three times in a minute. It also asks when a page comes back from the
// back-forward cache, is looked at again after a minute, or hears of another
// epoch from another tab. A page is loaded anew with GET, also when it came of a
// form.
//
// In a frame it leaves the chat to a page above of the same origin that has a
// loader, for the reason "framed". Below a page of another origin, or one it
// cannot see, where browsers withhold cookies, it takes the first answer as it
// is, never asks and never loads the page anew; with json it is not even asked,
// and there is no chat, for the reason "framed".
//
// Chats of one host are told apart by their address without its ending: pages of
// /webchat.js and of /webchat.json belong together. A page has the chat of its
// first loader. One with another address is ignored: status does not tell of it.
//
// A page can call window.maicontact.status() for the state ("waiting",
// "loading", "started", "blocked", "absent", or "changed" when the page is about
// to be loaded anew), the reason, how many times the loader has asked again,
// and the epoch; and window.maicontact.refresh(), after a login or logout
// without a page load, for a promise of the status when the answer has come.
// The promise is never rejected.
//
// It may be written into an HTML script element as it is: it holds nothing that
// ends the element or changes how it is read.
var Loader = forReaders.ReplaceAllString(source, "$1")
