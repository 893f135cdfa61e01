// Package sitetest proves in a real Chromium that the example shop's chat is
// safe: behind a shared cache, beside other sites, from sign-up to logout.
package sitetest
