package identity

import (
	"strings"
	"testing"

	"github.com/maicontact/maicontact/contacts"
)

func TestIsSourceID(t *testing.T) {
	t.Parallel()
	ours := SourceID(contacts.Scope{Namespace: "shop", InboxID: "inbox"}.Member("7"), 3)
	if !IsSourceID(ours) {
		t.Errorf("%q is not taken for ours", ours)
	}
	for _, other := range []string{"", "mc", "7", strings.ToUpper(ours), ours[1:], ours + "0", "mc" + strings.Repeat("g", 40)} {
		if IsSourceID(other) {
			t.Errorf("%q is taken for ours", other)
		}
	}
}
