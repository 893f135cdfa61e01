package maicontact

import (
	"fmt"
	"testing"
	"time"

	"github.com/maicontact/maicontact/internal/session"
	"github.com/maicontact/maicontact/webchat"
)

// Every combination of what decide looks at. Whatever they are, an entry is only
// ever used for its owner, in its scope, with the profile that the owner should
// have, and while it is believed.
func TestDecideExhaustively(t *testing.T) {
	const id = webchat.ContactID("0b5e7a52-6c1d-4b39-9d0f-3a7f5e0c9a11")
	const scope, owner, profile = "scopekey", "the owner's digest", "profile"
	now := time.Now()
	yes := []bool{false, true}
	// How the request came.
	type how struct{ committed, lazy, opening, kept bool }
	hows := []how{{}, {committed: true}, {lazy: true}, {lazy: true, committed: true}, {opening: true}, {opening: true, kept: true}, {opening: true, committed: true}}
	n := 0
	for _, member := range yes {
		for _, found := range yes {
			for _, whose := range []string{owner, "somebody else's", ""} {
				for _, visitor := range []string{"", scope + "RANDOM", "otherscpRANDOM", scope} {
					for _, former := range []string{"", scope + "FORMER"} {
						for _, contact := range []webchat.ContactID{"", id} {
							for _, stamp := range []string{profile, "another"} {
								for _, trusted := range []belief{notBelieved, believedIfSilent, believed} {
									for _, age := range []time.Duration{0, 25 * time.Hour, 31 * 24 * time.Hour, -time.Hour} {
										for _, unseen := range []Reason{"", Bot} {
											for _, elsewhere := range yes {
												for _, how := range hows {
													committed := how.committed
													e := session.Entry{Owner: whose, Visitor: visitor, Former: former, Contact: contact, Profile: stamp, Issued: now.Add(-age)}
													if !found {
														e = session.Entry{}
													}
													f := facts{
														member: member, owner: owner, profile: profile, scope: scope, entry: e, found: found, now: now,
														unseen: unseen, elsewhere: elsewhere, committed: committed, renew: 24 * time.Hour, life: 30 * 24 * time.Hour,
														trusted: trusted, lazy: how.lazy, opening: how.opening, kept: how.kept,
													}
													n++
													checkDecision(t, f, decide(&f), trusted, age)
													if t.Failed() {
														return
													}
												}
											}
										}
									}
								}
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d combinations", n)
}

func checkDecision(t *testing.T, f facts, d decision, trusted belief, age time.Duration) {
	t.Helper()
	e := f.entry
	ours := len(e.Visitor) > len(f.scope) && e.Visitor[:len(f.scope)] == f.scope && age >= 0 && age < 30*24*time.Hour
	must := func(holds bool, what string) {
		t.Helper()
		if !holds {
			t.Errorf("%s: %+v for member %v, entry %s %q %v %s, found %v, trusted %d, age %v, unseen %q, elsewhere %v, committed %v",
				what, d, f.member, e.Owner, e.Visitor, e.Contact != "", e.Profile, f.found, trusted, age, f.unseen, f.elsewhere, f.committed)
		}
	}
	if d.action == serve {
		must(f.found && e.Contact != "" && e.Profile == f.profile && trusted == believed, "served without ground")
		if f.member {
			must(e.Owner == f.owner && e.Visitor == "", "served somebody else's")
		} else {
			must(ours, "served what is no visitor's of this scope")
			must(age < 24*time.Hour, "served a visitor who is to be renewed")
		}
	}
	if d.stale {
		must(f.member && e.Owner == f.owner && e.Visitor == "" && e.Profile == f.profile && trusted == believedIfSilent, "stale without ground")
	}
	if d.action == refuse {
		must(d.reason != "", "refused without a reason")
	}
	if d.action == greet || d.action == keep {
		must(d.action == greet == !f.opening, "a contact is made before the cookie comes back, or is not made on load")
		must(!f.lazy && !f.kept, "a new visitor who has not opened the chat, or keeps no cookie")
		must(!f.member && !(f.found && ours), "a new visitor in the place of a known person")
		must(f.unseen == "" && !f.elsewhere && !f.committed, "a new visitor whose cookie would not stay, or whom nobody sees")
	}
	if f.member && d.action != refuse && f.found {
		must(d.replace == (e.Owner != f.owner || e.Visitor != ""), "another's entry stays")
		want := e.Former
		if e.Visitor != "" {
			want = e.Visitor
		}
		must(d.former == want, "a visitor who has logged in is not retired")
	}
	if !f.member {
		must(d.former == "" && !d.stale && !d.replace, "a visitor is treated as a member")
		if f.found && ours {
			if f.lazy && e.Contact == "" {
				must(d.action == refuse, "a contact is made for a visitor who has not opened the chat")
				return
			}
			must(d.action == serve || d.action == ask, "a known visitor is turned away")
			must(d.renew == (age >= 24*time.Hour), "renewed at the wrong time")
		}
	}
	if f.member && f.unseen == "" {
		must(d.action == serve || d.action == ask, "a member is turned away: "+fmt.Sprint(d.action))
	}
}
