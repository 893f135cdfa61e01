package crashtest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// account is a row of the shop's table: what the shop has promised to keep.
type account struct {
	id, email, name, phone, plan string
	revision                     int64
}

// ledger remembers which contact ids were given to whom.
type ledger struct {
	mu    sync.Mutex
	given map[string]map[string]int // person -> contact id -> how often
	wrong []string
}

func (l *ledger) note(person, contactID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.given == nil {
		l.given = make(map[string]map[string]int)
	}
	if l.given[person] == nil {
		l.given[person] = make(map[string]int)
	}
	l.given[person][contactID]++
}

// answers counts the contact ids that were given to anybody.
func (l *ledger) answers() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, ids := range l.given {
		for _, times := range ids {
			n += times
		}
	}
	return n
}

func (l *ledger) complain(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

// reserveBase is the knowledge base that only contacts of the plan vip may be
// told of.
const reserveBase = "5b0d7c6e-1f5a-4f3c-9a53-0c2d6a1e7f02"

func planOf(c webchattest.Contact) string {
	if bytes.Contains(c.QueryMetadata, []byte(reserveBase)) {
		return "vip"
	}
	return "basic"
}

// faults compares what the simulation has with the accounts, and with what
// was given to whom: each member has one live contact with the newest profile,
// was never given another id, and nobody else was given that one.
func (l *ledger) faults(contacts []webchattest.Contact, accounts []account) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := slices.Clone(l.wrong)
	fault := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	ofAccount := make(map[string]bool)
	for _, a := range accounts {
		var own []webchattest.Contact
		for _, c := range contacts {
			if strings.Contains(c.SourceID, ":member:"+a.id+":") {
				own = append(own, c)
				ofAccount[c.ID] = true
			}
		}
		if len(own) != 1 {
			fault("%s has %d live contacts", a.email, len(own))
			continue
		}
		c := own[0]
		has, want := []string{c.Email, c.Name, c.Phone, planOf(c)}, []string{a.email, a.name, a.phone, a.plan}
		if !slices.Equal(has, want) {
			fault("the contact of %s is %q, not %q", a.email, has, want)
		}
		given := slices.Sorted(maps.Keys(l.given[a.email]))
		if !slices.Equal(given, []string{c.ID}) {
			fault("%s has the contact %s, and was given %q", a.email, c.ID, given)
		}
	}
	owners := make(map[string]string)
	for _, person := range slices.Sorted(maps.Keys(l.given)) {
		for id := range l.given[person] {
			if other, taken := owners[id]; taken {
				fault("%s was given the contact of %s", person, other)
			}
			owners[id] = person
		}
	}
	for _, c := range contacts {
		if !ofAccount[c.ID] && !strings.Contains(c.SourceID, ":visitor:") {
			fault("a contact is nobody's: %s", c.SourceID)
		}
	}
	return list
}

// A check that finds nothing proves nothing.
func TestFaults(t *testing.T) {
	t.Parallel()
	ana := account{id: "a", email: "ana@example.com", name: "Ana", phone: "1", plan: "basic", revision: 1}
	bob := account{id: "b", email: "bob@example.com", name: "Bob", plan: "vip", revision: 7}
	accounts := []account{ana, bob}
	contact := func(id, owner string, a account) webchattest.Contact {
		c := webchattest.Contact{ID: id, SourceID: "crash:" + owner + ":g1", Name: a.name, Email: a.email, Phone: a.phone}
		if a.plan == "vip" {
			c.QueryMetadata = []byte(`{"x":"` + reserveBase + `"}`)
		}
		return c
	}
	one, two := contact("1", "member:a", ana), contact("2", "member:b", bob)
	stale, other := one, two
	stale.Name = "Anna"
	other.QueryMetadata = nil
	given := map[string][]string{ana.email: {"1"}, bob.email: {"2"}, "visitor": {"3"}}
	with := func(person string, ids ...string) map[string][]string {
		changed := maps.Clone(given)
		changed[person] = ids
		return changed
	}
	for name, test := range map[string]struct {
		contacts []webchattest.Contact
		given    map[string][]string
		want     []string
	}{
		"right":       {[]webchattest.Contact{one, two, contact("3", "visitor:x", account{})}, given, nil},
		"none":        {[]webchattest.Contact{two}, given, []string{"ana@example.com has 0 live contacts"}},
		"two":         {[]webchattest.Contact{one, two, contact("4", "member:a", ana)}, given, []string{"ana@example.com has 2 live contacts"}},
		"stale name":  {[]webchattest.Contact{stale, two}, given, []string{`the contact of ana@example.com is ["ana@example.com" "Anna" "1" "basic"], not ["ana@example.com" "Ana" "1" "basic"]`}},
		"other plan":  {[]webchattest.Contact{one, other}, given, []string{`the contact of bob@example.com is ["bob@example.com" "Bob" "" "basic"], not ["bob@example.com" "Bob" "" "vip"]`}},
		"two ids":     {[]webchattest.Contact{one, two}, with(ana.email, "1", "9"), []string{`ana@example.com has the contact 1, and was given ["1" "9"]`}},
		"never asked": {[]webchattest.Contact{one, two}, with(ana.email), []string{`ana@example.com has the contact 1, and was given []`}},
		"another's":   {[]webchattest.Contact{one, two}, with("visitor", "1"), []string{"visitor was given the contact of ana@example.com"}},
		"nobody's":    {[]webchattest.Contact{one, two, contact("5", "member:c", ana)}, given, []string{"a contact is nobody's: crash:member:c:g1"}},
	} {
		var l ledger
		for person, ids := range test.given {
			for _, id := range ids {
				l.note(person, id)
			}
		}
		if got := l.faults(test.contacts, accounts); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	var l ledger
	l.complain("%d", 1)
	if got := l.faults(nil, nil); !slices.Equal(got, []string{"1"}) {
		t.Errorf("complaints: %q", got)
	}
}
