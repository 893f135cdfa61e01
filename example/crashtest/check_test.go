package crashtest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
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

// visitors counts those who were given a contact.
func (l *ledger) visitors() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for person := range l.given {
		if isVisitor(person) {
			n++
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

// faults compares what the simulation has with the accounts and the table, and
// with what was given to whom: each member has one live contact with the newest
// profile, was never given another id, and nobody else was given that one. So
// has each visitor, unless they have logged in since.
func (l *ledger) faults(live []webchattest.Contact, accounts []account, rows []contacts.Row) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := slices.Clone(l.wrong)
	fault := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	persons := bySourceID(rows)
	own := make(map[contacts.Person][]webchattest.Contact)
	for _, c := range live {
		p, known := persons[c.SourceID]
		if own[p] = append(own[p], c); !known {
			fault("a contact is nobody's: %s", c.SourceID)
		}
	}
	members := make(map[string]contacts.Person)
	for _, row := range rows {
		if n := len(own[row.Person]); row.IsVisitor() && (n > 1 || n == 0 && row.Life == contacts.Live) {
			fault("a visitor has %d live contacts", n)
		}
		if !row.IsVisitor() {
			members[row.ID] = row.Person
		}
	}
	for _, a := range accounts {
		mine := own[members[a.id]]
		if len(mine) != 1 {
			fault("%s has %d live contacts", a.email, len(mine))
			continue
		}
		c := mine[0]
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
		if n := len(l.given[person]); n > 1 && isVisitor(person) {
			fault("%s was given %d contacts", person, n)
		}
		for id := range l.given[person] {
			if other, taken := owners[id]; taken {
				fault("%s was given the contact of %s", person, other)
			}
			owners[id] = person
		}
	}
	return list
}

// visitorPrefix begins the names of visitors in the ledger, each of whom has one
// cookie for as long as the name is used.
const visitorPrefix = "visitor "

func isVisitor(person string) bool { return strings.HasPrefix(person, visitorPrefix) }

// bySourceID tells whose the source ids are, some generations ahead.
func bySourceID(rows []contacts.Row) map[string]contacts.Person {
	persons := make(map[string]contacts.Person)
	for _, row := range rows {
		for generation := range row.Generation + 3 {
			persons[identity.SourceID(row.Person, generation+1)] = row.Person
		}
	}
	return persons
}

// A check that finds nothing proves nothing.
func TestFaults(t *testing.T) {
	t.Parallel()
	ana := account{id: "a", email: "ana@example.com", name: "Ana", phone: "1", plan: "basic", revision: 1}
	bob := account{id: "b", email: "bob@example.com", name: "Bob", plan: "vip", revision: 7}
	accounts := []account{ana, bob}
	scope := contacts.Scope{Namespace: namespace, InboxID: webchattest.DefaultInboxID}
	a, b, visitor := scope.Member("a"), scope.Member("b"), scope.Visitor("x")
	rows := []contacts.Row{{Person: a, Generation: 1}, {Person: b, Generation: 2}, {Person: visitor, Generation: 1}}
	contact := func(id string, owner contacts.Person, generation int, a account) webchattest.Contact {
		c := webchattest.Contact{ID: id, SourceID: identity.SourceID(owner, generation), Name: a.name, Email: a.email, Phone: a.phone}
		if a.plan == "vip" {
			c.QueryMetadata = []byte(`{"x":"` + reserveBase + `"}`)
		}
		return c
	}
	guest := scope.Visitor("y") // has logged in since
	rows = append(rows, contacts.Row{Person: guest, Generation: 1, Life: contacts.Retired})
	one, two, three := contact("1", a, 1, ana), contact("2", b, 2, bob), contact("3", visitor, 1, account{})
	nobody := contact("5", scope.Member("c"), 1, ana)
	stale, other := one, two
	stale.Name = "Anna"
	other.QueryMetadata = nil
	given := map[string][]string{ana.email: {"1"}, bob.email: {"2"}, "visitor 1": {"3"}}
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
		"right":                    {[]webchattest.Contact{one, two, three}, given, nil},
		"a guest's":                {[]webchattest.Contact{one, two, three, contact("4", guest, 1, account{})}, given, nil},
		"no visitor's":             {[]webchattest.Contact{one, two}, given, []string{"a visitor has 0 live contacts"}},
		"none":                     {[]webchattest.Contact{two, three}, given, []string{"ana@example.com has 0 live contacts"}},
		"two":                      {[]webchattest.Contact{one, two, contact("4", a, 1, ana), three}, given, []string{"ana@example.com has 2 live contacts"}},
		"two generations":          {[]webchattest.Contact{one, two, contact("4", b, 1, bob), three}, given, []string{"bob@example.com has 2 live contacts"}},
		"stale name":               {[]webchattest.Contact{stale, two, three}, given, []string{`the contact of ana@example.com is ["ana@example.com" "Anna" "1" "basic"], not ["ana@example.com" "Ana" "1" "basic"]`}},
		"other plan":               {[]webchattest.Contact{one, other, three}, given, []string{`the contact of bob@example.com is ["bob@example.com" "Bob" "" "basic"], not ["bob@example.com" "Bob" "" "vip"]`}},
		"two ids":                  {[]webchattest.Contact{one, two, three}, with(ana.email, "1", "9"), []string{`ana@example.com has the contact 1, and was given ["1" "9"]`}},
		"never asked":              {[]webchattest.Contact{one, two, three}, with(ana.email), []string{`ana@example.com has the contact 1, and was given []`}},
		"another's":                {[]webchattest.Contact{one, two, three}, with("visitor 1", "1"), []string{"visitor 1 was given the contact of ana@example.com"}},
		"nobody's":                 {[]webchattest.Contact{one, two, nobody, three}, given, []string{"a contact is nobody's: " + nobody.SourceID}},
		"a visitor's two":          {[]webchattest.Contact{one, two, three, contact("4", visitor, 1, account{})}, given, []string{"a visitor has 2 live contacts"}},
		"a visitor's generations":  {[]webchattest.Contact{one, two, three, contact("4", visitor, 2, account{})}, given, []string{"a visitor has 2 live contacts"}},
		"two given to one visitor": {[]webchattest.Contact{one, two, three}, with("visitor 1", "3", "9"), []string{"visitor 1 was given 2 contacts"}},
	} {
		var l ledger
		for person, ids := range test.given {
			for _, id := range ids {
				l.note(person, id)
			}
		}
		if got := l.faults(test.contacts, accounts, rows); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	var l ledger
	l.complain("%d", 1)
	if got := l.faults(nil, nil, nil); !slices.Equal(got, []string{"1"}) {
		t.Errorf("complaints: %q", got)
	}
}
