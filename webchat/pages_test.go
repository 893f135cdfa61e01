package webchat_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestContacts(t *testing.T) {
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
			calls := 0
			err = client.Contacts(t.Context(), webchattest.DefaultInboxID, func(read func() error) error {
				calls++
				return read()
			}, func(contact webchat.Contact) error {
				if !want[contact.ID] {
					t.Error("a contact comes twice, or is of another inbox")
				}
				delete(want, contact.ID)
				return nil
			})
			if lists := sim.Count(webchattest.ListContacts); err != nil || calls != lists {
				t.Errorf("%v, after %d calls, which are %d requests", err, calls, lists)
			}
			if len(want) != 0 {
				t.Errorf("%d contacts were not listed", len(want))
			}
			enough := errors.New("enough")
			if err := client.Contacts(t.Context(), webchattest.DefaultInboxID, nil, func(webchat.Contact) error { return enough }); err != enough {
				t.Errorf("it goes on: %v", err)
			}
		})
	}
}
