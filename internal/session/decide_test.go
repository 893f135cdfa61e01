package session

import (
	"cmp"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

var errBot = errors.New("a bot")

// Every combination of what Decide looks at. Whatever they are, an entry is only
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
								for _, trusted := range []Belief{NotBelieved, BelievedIfStoreFails, Believed} {
									for _, age := range []time.Duration{0, 25 * time.Hour, 31 * 24 * time.Hour, -time.Hour} {
										for _, unseen := range []error{nil, errBot} {
											for _, elsewhere := range yes {
												for _, how := range hows {
													committed := how.committed
													e := Entry{Owner: whose, Visitor: visitor, Former: former, Contact: contact, Profile: stamp, Issued: now.Add(-age)}
													f := Facts{
														Member: member, Owner: owner, Profile: profile, KeyPrefix: scope, Entry: e, Found: found, Now: now,
														Unseen: unseen, CookieBlocked: elsewhere, Committed: committed, MaxAge: 30 * 24 * time.Hour,
														Trusted: trusted, Lazy: how.lazy, Opening: how.opening, CookieGiven: how.kept,
													}
													n++
													checkDecision(t, f, Decide(&f), trusted, age)
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

func checkDecision(t *testing.T, f Facts, d Decision, trusted Belief, age time.Duration) {
	t.Helper()
	e := f.Entry
	ours := f.Found && len(e.Visitor) > len(f.KeyPrefix) && e.Visitor[:len(f.KeyPrefix)] == f.KeyPrefix && age >= 0 && age < 30*24*time.Hour
	must := func(holds bool, what string) {
		t.Helper()
		if !holds {
			t.Errorf("%s: %+v for member %v, entry %s %q %v %s, found %v, trusted %d, age %v, unseen %v, elsewhere %v, committed %v",
				what, d, f.Member, e.Owner, e.Visitor, e.Contact != "", e.Profile, f.Found, trusted, age, f.Unseen, f.CookieBlocked, f.Committed)
		}
	}
	own := f.Found && e.Owner == f.Owner && e.Visitor == ""
	if f.Member {
		current := own && e.Contact != "" && e.Profile == f.Profile
		must((d.Action == Serve) == (current && trusted == Believed), "an entry that is believed is not served, or another is")
		must(d.Stale == (current && trusted == BelievedIfStoreFails && f.Unseen == nil), "an entry does not serve while the store is silent, or another does")
	}
	if d.Action == Serve {
		must(f.Found && e.Contact != "" && e.Profile == f.Profile && trusted == Believed, "served without ground")
		if !f.Member {
			must(ours, "served what is no visitor's of this scope")
			must(age < 24*time.Hour, "served a visitor who is to be renewed")
		}
	}
	if d.Action == Refuse {
		must(d.Err != nil, "refused without a reason")
	}
	if d.Action == Greet || d.Action == CookieFirst {
		must(d.Action == Greet == !f.Opening, "a contact is made before the cookie comes back, or is not made on load")
		must(!f.Lazy && !f.CookieGiven, "a new visitor who has not opened the chat, or keeps no cookie")
		must(!f.Member && !ours, "a new visitor in the place of a known person")
		must(f.Unseen == nil && !f.CookieBlocked && !f.Committed, "a new visitor whose cookie would not stay, or whom nobody sees")
	}
	if f.Member && d.Action != Refuse {
		must(d.Replace == (f.Found && !own), "another's entry stays, or none is replaced")
		want := ""
		if f.Found {
			want = cmp.Or(e.Visitor, e.Former)
		}
		must(d.Former == want, "a visitor who has logged in is not retired")
	}
	if !f.Member {
		must(d.Former == "" && !d.Stale && !d.Replace, "a visitor is treated as a member")
		if ours {
			if f.Lazy && e.Contact == "" {
				must(d.Action == Refuse, "a contact is made for a visitor who has not opened the chat")
				return
			}
			must(d.Action == Serve || d.Action == Ask, "a known visitor is turned away")
			must(d.Renew == (age >= 24*time.Hour), "renewed at the wrong time")
		}
	}
	if f.Member && f.Unseen == nil {
		must(d.Action == Serve || d.Action == Ask, "a member is turned away: "+fmt.Sprint(d.Action))
	}
}
