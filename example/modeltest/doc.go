// Package modeltest holds a model test of the whole: random interleavings of
// what people, operators, crashes and MaiAgent's failures can do to several
// replicas of a site on one contact table. It drives the real middleware, with
// real gorilla cookies, against a simulated MaiAgent, in the time of a
// testing/synctest bubble, so that leases and late writes take no real time.
//
// What must hold, whatever happens:
//
//   - Owner: a contact id is only handed to the member whose source id the
//     contact has at MaiAgent, or to the browser that its visitor key is of.
//   - One: a member never has two live contacts, of all generations together.
//   - Access: when a member's request is answered with the id of a live contact,
//     that contact has, at that moment, the query metadata of a version of the
//     account that was current at some time while the request was under way.
//     The one excuse is a late write: an older write whose sender had given up,
//     or died, landed after the newer one was confirmed. Then MaiAgent must have
//     confirmed the newer one before.
//   - Erased: an erasure that says Deleted leaves no live contact. Once the
//     recheck time and the in-process memory have passed, no id is handed out,
//     until the member is restored.
//   - Rest: with no faults any more, every change settles, nothing is due,
//     MaiAgent is called no more, and each member who is not erased and has a
//     live contact has the newest profile that the library was told of. After
//     one more change each has exactly one live contact, with that profile, and
//     every replica hands out its id.
package modeltest
