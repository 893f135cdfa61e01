// Package modeltest holds a model test of the whole: random interleavings of
// what people, operators, crashes and MaiAgent's failures can do to several
// replicas of a site on one contact table. It drives the real middleware, with
// real gorilla cookies, against a simulated MaiAgent, in the time of a
// testing/synctest bubble, so that leases and late writes take no real time.
//
// What must hold, whatever happens to the processes, to MaiAgent and to the store
// (whose Puts come late, are lost, or happen and nobody can tell):
//
//   - Owner: a contact id is only handed to the member whose source id the
//     contact has at MaiAgent, or to the browser that its visitor key is of.
//   - One: nobody, member or visitor, has two live contacts at any moment, of
//     all generations together.
//   - Access: when a member's request is answered with the id of a live contact,
//     that contact has, at that moment, the query metadata of a version of the
//     account that was current at some time while the request was under way; also
//     when an older write, whose sender had given up or died, lands after a newer
//     one. Without revisions, a change there and back may be missed for 2 seconds.
//   - Ended: an id that its row has given up (an erasure, a reissue, a deletion at
//     MaiAgent that was noticed, a login of the visitor) is handed out no more, at
//     any replica, to a request that begins 2 seconds later. The one excuse is a
//     member without permissions while the store gives the replica no answer.
//   - Erased: a complete tombstone, and an erasure that says deleted, leave no
//     live contact.
//   - Rest: with no faults any more, every change settles, nothing is due,
//     MaiAgent is called no more, and each member who is not erased and has a
//     live contact has the newest profile that the library was told of. After
//     one more change each has exactly one live contact, with that profile, and
//     every replica hands out its id. So it is with each visitor.
package modeltest
