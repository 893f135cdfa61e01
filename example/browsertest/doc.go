// Package browsertest proves in a real Chromium what the chat does to a page,
// and what it leaves alone.
package browsertest
