package storetest

import (
	"strings"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// oddIDs are ids that a database might take for one another.
func oddIDs() []string {
	long := strings.Repeat("x", 4096)
	return []string{
		"", " ", "1", " 1", "1 ", "01", "１", "1\n", "1\x00", "\x00", "1\x00 ",
		"bob", "Bob", "BOB", "BOB ", "bob ", "ann", "an\u0144", "ann\u0301", "аnn", // the last begins with a Cyrillic letter
		"'", `"`, "`", `\`, "%", "%25", "%2525", "_", "a_b", "a%b", "a-b", "a.b", "aXb", "~", "~0", "?1", "$1", ":x", "@x", "--", "; DROP TABLE x",
		"😀", "👩‍👩‍👧‍👦", "\u202e1", "\ufeff1", "\xff", "\xfe", "\xe6\xb8", "\xed\xa0\x80",
		"a:b", "a/b", "a|b", "a,b", "member:1", "null", "NULL", "true", "1e1", "10", "0x10",
		"ss", "ß", "SS", "i", "I", "İ", "ı",
		long, long + "x", "y" + long[1:], long[:128], long[:127] + "X", long[:129], strings.Repeat("測", 1365),
		"b", "B", "ab", "a", "A", "-", "a-", "z", "Z", "é", "aé", "a ",
		"00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-00000000000A", "00000000-0000-4000-8000-00000000000a",
	}
}

func idCases() []check {
	return []check{
		{"odd ids are apart", func(f *fixture) {
			for i, id := range oddIDs() {
				for _, p := range []contacts.Person{f.scope.Member(id), f.scope.Visitor(id)} {
					if old, twice := f.model.rows[p]; twice {
						f.Errorf("%.20q has the name of revision %d", id, old.Revision)
					}
					f.missing(p)
					row := contacts.New(p, f.now())
					row.Due, row.Revision = row.Created, int64(i)
					f.put(row)
				}
			}
			f.check()
		}},
		{"keys compare by bytes", func(f *fixture) {
			// Without the encoding, and in every part of the key.
			bob := contacts.Person{Namespace: f.scope.Namespace, InboxID: f.scope.InboxID, Kind: contacts.KindMember, ID: "bob"}
			row := contacts.New(bob, f.now())
			row.ContactID = newID()
			row = f.put(row)
			for _, id := range []string{"Bob", "BOB", "BOB ", "bob ", " bob", "bo", "bob1"} {
				other := bob
				other.ID = id
				f.missing(other)
			}
			for _, change := range []func(*contacts.Person){
				func(p *contacts.Person) { p.Namespace = strings.ToUpper(p.Namespace) },
				func(p *contacts.Person) { p.Namespace += " " },
				func(p *contacts.Person) { p.InboxID = strings.ToUpper(p.InboxID) },
				func(p *contacts.Person) { p.InboxID += " " },
				func(p *contacts.Person) { p.Kind = "Member" },
				func(p *contacts.Person) { p.Kind = "member " },
			} {
				other := bob
				change(&other)
				f.missing(other)
			}
			f.nobodyHas(webchat.ContactID(strings.ToUpper(row.ContactID.Reveal())))
			f.nobodyHas(row.ContactID + " ")
		}},
		{"near ids are persons of their own", func(f *fixture) {
			for _, id := range []string{"bob", "Bob", "BOB", "BOB ", "bob "} {
				row := contacts.New(f.scope.Member("1"), f.now())
				row.ID, row.Reason, row.ContactID = id, id, newID()
				f.put(row)
			}
			f.check()
		}},
	}
}
