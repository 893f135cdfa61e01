// Package doctor finds out what is wrong with a site's settings, with MaiAgent as
// the site reaches it, and with the contact management table. It changes nothing.
//
// A [Check] passes, warns, fails, or is skipped because another has failed, so
// that one cause is told once. What it says is one line, which names the setting
// and what to do. No result holds a value of a setting that is secret, a contact
// id, or anything of a person.
package doctor
