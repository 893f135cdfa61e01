// Package doctor finds out what is wrong with a site's settings, with MaiAgent as
// the site reaches it, and with the contact management table. It changes nothing.
//
// A [Check] passes, warns, fails, or is skipped because another has failed, so that one
// cause is reported once. Its message is one line, which names the setting and what to
// do. No result holds the value of a secret setting, a contact id, or anything
// personal.
package doctor
