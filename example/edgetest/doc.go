// Package edgetest tries in a real Chromium what odd pages and odd sites do to
// the chat, with the middleware itself behind them.
package edgetest
