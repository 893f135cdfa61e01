// Package templates holds what is rendered into pages: the browser's part of
// the chat.
package templates

import _ "embed"

// Loader is one JavaScript function expression, written for browsers of 2017
// and later. The chat script calls it with one object, and so does the inline
// snippet. With a contact, whose widget configuration is already in
// window.maiagentChatbotConfig:
//
//	(<Loader>)({"embed": "https://chat.example/js/embed.min.js", "again": "/webchat.js"});
//
// and without one:
//
//	(<Loader>)({"again": "/webchat.js", "reason": "unavailable", "retry": true});
//
// embed is the address of the vendor's script, again that of the chat script,
// reason says why there is no chat, and retry whether to ask again, by loading
// again from 2 s to 60 s later. The loader starts the chat at most once on a
// page, keeps the page's own onload handler, throws nothing, and passes the
// nonce of the script it runs in on to those it inserts. A page can ask
// window.maicontact.status() for the state ("waiting", "loading", "started",
// "blocked" or "absent"), the reason, and how many times the loader has asked
// again.
//
// It may be written into an HTML script element as it is: it holds nothing that
// ends the element or changes how it is read.
//
//go:embed loader.js
var Loader string
