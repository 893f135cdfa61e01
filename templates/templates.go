// Package templates holds what is rendered into pages: the browser's part of
// the chat.
//
// Its sources are bootstrap.js, and loader.js with button.js; what browsers get is
// made of them and committed beside them.
package templates

import _ "embed"

//go:generate go -C minify run .

// Version is that of the options that the scripts are given. Names are added
// under one version; what means something else gets another. Old and new
// scripts meet while a new version of the library rolls out: a loader starts
// nothing by options of a version that is newer than itself.
const Version = 1

// Bootstrap is one JavaScript function expression without a line break, written
// for browsers of 2018 and later. Each answer calls it with one object. With a
// contact, whose widget configuration is already in window.maiagentChatbotConfig:
//
//	(<Bootstrap>)({"v":1,"js":"/webchat.HASH.js","sri":"sha256-…","again":"/webchat.js","epoch":"…"});
//
// without one:
//
//	(<Bootstrap>)({"v":1,"js":"…","sri":"…","again":"/webchat.js","epoch":"…","reason":"unavailable","retry":true});
//
// and in the static script, which is the same for everybody:
//
//	(<Bootstrap>)({"v":1,"js":"…","sri":"…","again":"/webchat.json","json":true});
//
// For a visitor who may open the chat there is also
//
//	"reason":"not opened","open":{"embed":"https://…","color":"…","size":"48","radius":"50%"}
//
// with, where the site has them, "label", "opening" and "failed", the words of the
// button, and "button":false for none. The answer to opening has "opened":true where
// it is a visitor's.
//
// js is the address of the loader and sri its integrity; the query "loader" of
// again gives the loader, too. again is the address of the chat script, epoch
// names who is there (absent when that is not known), reason says why there is
// no chat, and retry whether to ask again, from 2 s to 60 s later. With json,
// again answers with the same names, and with the configuration in config and
// the address of the vendor's script in embed.
//
// It leaves a queue, so that what a page calls on window.maicontact, and what is
// clicked in it, before the loader has come is done then, and fetches the loader
// after the page's load event. A loader that does not come, or is not the one that
// was meant, is fetched once from the other address. It throws nothing.
//
//go:embed bootstrap.min.js
var Bootstrap string

// Loader is the JavaScript program that the bootstrap fetches. It is the same
// for everybody.
//
// It starts the chat at most once on a page, and after the page's load
// event; keeps the page's own onload handler; throws nothing; and passes the
// nonce of the script it was called by on to those it inserts. When an answer names
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
// A page can call window.maicontact.status() for the state ("waiting", "closed",
// "opening", "failed", "loading", "started", "blocked", "absent", or "changed" when
// the page is about to be loaded anew), the reason, how many times the loader has
// asked again, and the epoch; window.maicontact.refresh(), after a login or logout
// without a page load, for a promise of the status when the answer has come; and
// window.maicontact.open(), for one of the status when the chat is open, or cannot be.
// The promises are never rejected.
//
// A visitor opens the chat by a click on its button, or on an element of the page with
// data-maicontact="open". The loader then sends an empty POST to the address of the
// chat script, fetches the vendor's script beside that, opens the chat as soon as it
// is there, and takes its button away when the vendor's chat can be seen.
//
//go:embed loader.min.js
var Loader string
