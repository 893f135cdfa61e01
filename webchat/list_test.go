package webchat_test

import (
	"fmt"
	"testing"

	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestListing(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]webchattest.Switches{
		"pages": {}, "offsets": {OffsetPages: true}, "no large pages": {RefusePageSize: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const other = "33333333-3333-4333-8333-333333333333"
			sim := webchattest.NewServer(webchattest.Options{OtherInboxIDs: []string{other}, PageSize: 10, Switches: switches})
			t.Cleanup(sim.Close)
			client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
			if err != nil {
				t.Fatal(err)
			}
			want := map[webchat.ContactID]bool{}
			for n := range 123 {
				inbox := webchattest.DefaultInboxID
				if n%3 == 0 {
					inbox = other
				}
				made, err := client.Create(t.Context(), webchat.Draft{InboxID: inbox, SourceID: fmt.Sprint("s", n)})
				if err != nil {
					t.Fatal(err)
				}
				if n%3 != 0 {
					want[made.ID] = true
				}
			}
			listing := client.Contacts(webchattest.DefaultInboxID)
			for more := true; more; {
				var found []webchat.Contact
				if found, more, err = listing.Next(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, contact := range found {
					if !want[contact.ID] {
						t.Error("a contact comes twice, or is of another inbox")
					}
					delete(want, contact.ID)
				}
			}
			if len(want) != 0 {
				t.Errorf("%d contacts were not listed", len(want))
			}
			if found, more, err := listing.Next(t.Context()); len(found) != 0 || more || err != nil {
				t.Errorf("after the end there are %d, %v, %v", len(found), more, err)
			}
			if text := fmt.Sprintf("%v %+v %#v %s", listing, listing, listing, listing); text != "[listing] [listing] [listing] [listing]" {
				t.Errorf("it prints %q", text)
			}
		})
	}
}
