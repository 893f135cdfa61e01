package main

import "testing"

// A member is printed by the business user ID as it is typed, so that what is
// printed can be given to the next command.
func TestMembersArePrintedAsTyped(t *testing.T) {
	t.Parallel()
	const id = "auth0|5f7c陳 %2B"
	b := newSite(t)
	b.member(id)
	b.run("show", id).exits(exitDone).says("member " + id + ": settled")
	for _, command := range []string{"show", "suspend", "resume"} {
		if got := b.run(command, id, "--json").exits(exitDone).lines(); got[0]["id"] != id {
			t.Errorf("%s tells %q", command, got[0]["id"])
		}
	}
	b.member("linked|1")
	if got := b.feed(b.ids["linked|1"].Reveal(), "link", "linked|1", "--json").exits(exitDone).lines(); got[0]["id"] != "linked|1" {
		t.Errorf("link tells %q", got[0]["id"])
	}
	if e, text := b.export(exitDone, id); e.MemberID != id || e.Table.ID != id {
		t.Errorf("it tells %s", text)
	}
	b.sim.Delete(b.ids["linked|1"].Reveal())
	b.run("audit").exits(exitFindings).says("member linked|1: ")
	if got := b.run("audit", "--json").exits(exitFindings).findings(); got["linked|1"] != "gone" {
		t.Errorf("audit tells %v", got)
	}
	if len(b.table()) != 2 {
		t.Errorf("there are %d rows", len(b.table()))
	}
	b.member("two\nlines")
	b.run("show", "two\nlines").exits(exitDone).says(`member "two\nlines": settled`)
}
