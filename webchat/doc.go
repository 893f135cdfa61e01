// Package webchat talks to MaiAgent for a web site: [Client] makes, reads,
// replaces, deletes and finds contacts, and [Widget] writes the configuration
// object that the chat embed reads in the browser.
//
// A contact id is a bearer secret: whoever has it can chat as that person. It
// is therefore a type of its own, [ContactID], that never prints. The same is
// true of the API key in [Config]. Errors and log lines carry the operation,
// the status and the names of refused fields, never a value, an address or a
// reply.
//
// Creating a contact is sent once and never repeated by the client, because
// the service has no idempotency key. When an [Error] says Unknown, look with
// [Client.FindBySourceID] before creating again.
package webchat
