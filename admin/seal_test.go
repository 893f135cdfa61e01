package admin

import (
	"strings"
	"testing"

	"github.com/maicontact/maicontact/contacts"
)

func TestSeal(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef0123456789abcdef")
	s, err := newSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := newSealer([]byte("0123456789abcdef0123456789abcdeF"))
	scope := contacts.Scope{Namespace: "shop", InboxID: "inbox"}
	length := len(s.seal(scope.Member("a")))
	for _, p := range []contacts.Person{
		scope.Member("a"), scope.Visitor("a"), scope.Member("ann@example.org"), scope.Member(strings.Repeat("x", 128)), scope.Member(strings.Repeat("x", 500)), {Namespace: "shop", InboxID: "inbox", Kind: contacts.KindMember},
	} {
		name := s.seal(p)
		if got, err := s.open(scope, name); err != nil || got != p {
			t.Errorf("%+v is opened as %+v, %v", p, got, err)
		}
		if len(name) != length || len(p.ID) > 3 && strings.Contains(name, p.ID) || name == s.seal(p) {
			t.Errorf("%+v is sealed as %s", p, name)
		}
		changed := []byte(name)
		changed[len(changed)/2] ^= 1
		for what, err := range map[string]error{
			"changed": second(s.open(scope, string(changed))), "cut": second(s.open(scope, name[:len(name)-4])), "nothing": second(s.open(scope, "")),
			"no base64": second(s.open(scope, "%")), "other key": second(other.open(scope, name)),
			"other namespace": second(s.open(contacts.Scope{Namespace: "shop2", InboxID: "inbox"}, name)),
			"other inbox":     second(s.open(contacts.Scope{Namespace: "shop", InboxID: "inbox2"}, name)),
		} {
			if err == nil {
				t.Errorf("%s: it is opened", what)
			}
		}
	}
}

func second(_ contacts.Person, err error) error { return err }
