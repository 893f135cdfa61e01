// Package operate is for those who run a site: it shows, repairs, imports and exports
// what the contact management table and MaiAgent have about people. The command
// maicontact is made of it, and an application can do the same.
//
// An [Operator] works on one scope, an inbox and a namespace, beside any number
// of servers of the site: it changes rows by the same transitions, and calls
// MaiAgent under the same claims, as they do. What it returns never holds a contact
// id, unless a method says that it reveals one. Middleware.Operator returns the one of
// a running site, whose [Operator.Stats] is the state of that process. A [CallLog]
// remembers its last calls.
package operate
