// Package webchattest is a simulated MaiAgent: its contacts API and a stand-in
// for its chat embed, in one [http.Handler]. It is for tests that shall not
// need a network, an account or luck, and for running a site offline.
//
// It depends on the standard library only, and knows nothing of package
// webchat: it judges what a client sends instead of sharing its mistakes.
// Where the vendor's documents disagree or say nothing, it takes the reading
// that is harder on the client. A client that gets along with it may still
// meet something new at the real service; one that does not is wrong.
//
// # Writing a test
//
// Start a server, point the code under test at it, and look at what is there
// afterwards:
//
//	maiagent := webchattest.NewServer(webchattest.Options{})
//	defer maiagent.Close()
//
//	site := newSite(maiagent.BaseURL(), webchattest.DefaultAPIKey, webchattest.DefaultInboxID)
//	site.login("alice")
//
//	if got := maiagent.Count(webchattest.CreateContact); got != 1 {
//		t.Errorf("contacts were created %d times, want once", got)
//	}
//	if got := maiagent.Contacts(); len(got) != 1 || got[0].Name != "Alice Chen" {
//		t.Errorf("contacts = %v", got)
//	}
//
// [Simulation.Contacts] is the truth on the other side, whatever the client
// was told. [Simulation.Requests] is what was asked, in order, with bodies and
// with the API key taken out. [Simulation.Delete] removes a contact behind the
// client's back, as a person in the console may.
//
// A test that uses testing/synctest cannot use the network. It takes a
// [Simulation] from [New] and reaches it by [InProcess]. Delays of faults then
// follow the time of the bubble. A connection that is cut shows
// as a panic with [http.ErrAbortHandler], as it does below net/http.
//
// # Breaking it
//
// [Simulation.Inject] makes things go wrong. The cases that matter most are
// those in which a request has worked and the client cannot know:
//
//	maiagent.Inject(webchattest.Fault{
//		Operation: webchattest.CreateContact,
//		Kind:      webchattest.CommitThenCut,
//		Times:     1,
//	})
//	site.login("alice")
//	if got := len(maiagent.Contacts()); got != 1 {
//		t.Errorf("there are %d contacts, want one: was the lost reply taken for a failure?", got)
//	}
//
// The kinds that do nothing but refuse are [Refuse], [HTML], [TooMany],
// [Redirect], [CutBefore] and [Hang]. Those that do what was asked and spoil the
// reply are [CommitThenCut], [CommitThenHTML], [CommitThenHang], [Truncated],
// [WrongJSON] and [Endless]. [LateLanding] does it when nobody waits any more.
// [Slow] only waits. A search that does not show new
// contacts yet is no fault but Options.SearchLag.
//
// # Another MaiAgent
//
// The vendor's documents contradict each other. Options.Switches, and
// [Simulation.Switch] later, make the Simulation behave in the other ways that
// they do not exclude, alone and combined:
//
//	maiagent.Switch(func(s *webchattest.Switches) { s.PutKeepsOmitted, s.HideAccess = true, true })
//
// Whatever replies show then, [Simulation.AccessOf] is what an answer to a
// contact would be given from. [Simulation.Move] is a
// person in the console.
//
// # What it does
//
// The API is served below /api/ and /api/v1/. It wants the header
// "Authorization: Api-Key <key>" and addresses that end in a slash: without it
// a GET is redirected, and a write answered with 500 and a page of HTML. Bodies
// are JSON with keys in camelCase or snake_case; replies are in camelCase, also
// inside of query metadata, whatever was sent. Times are strings of 13 digits.
// Fields that are wrong are answered with 400 and lists of messages. White
// space around a text is cut off.
//
// Creating and replacing need a name and an inbox; replacing clears what is
// left out, patching leaves it alone, and null clears. A source id is unique
// within an inbox, also against contacts that are deleted, which keep theirs.
// Deleting is soft: the contact is gone for GET (404) and for the list. The list
// is searched fuzzily, newest first, and is cut into pages by page and pageSize
// or by limit and offset.
//
// The limits of 255 characters for sourceId and phoneNumber and of 254 for
// email are ours, for want of documented ones; those for name (255) and avatar
// (511) are the vendor's. Broadcasts, the API's own schema, and the older forms of
// a write (one inbox instead of a list, query metadata as a text) are not simulated.
//
// # The chat embed
//
// GET /js/embed.min.js is a stand-in for the vendor's embed: it draws a bubble
// that opens a panel, names the contact it is talking as, and answers with a
// canned text. It starts the way the vendor's does, by taking the slot
// document.body.onload when it is executed. GET /web-chats/{webChatId} is the
// stand-alone page, and POST /web-chats/{webChatId}/session tells the embed the
// name of a contact whose id it knows. The head of embed.js tells which
// attributes a test in a browser can look for. A page with a Content Security
// Policy has to name the chat host in script-src and connect-src; styles need
// no permission.
package webchattest
