package webchat_test

import (
	"errors"
	"testing"

	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestInboxes(t *testing.T) {
	t.Parallel()
	const other = "33333333-3333-4333-8333-333333333333"
	sim := webchattest.NewServer(webchattest.Options{OtherInboxIDs: []string{other}, PageSize: 1})
	t.Cleanup(sim.Close)
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		t.Fatal(err)
	}
	all, err := client.Inboxes(t.Context())
	if err != nil || len(all) != 2 || all[0] != (webchat.Inbox{ID: webchattest.DefaultInboxID, WebChatID: webchattest.DefaultWebChatID}) || all[1].ID != other {
		t.Errorf("the inboxes are %v, %v", all, err)
	}
	sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ListInboxes, Status: 403})
	if all, err := client.Inboxes(t.Context()); all != nil || !errors.Is(err, webchat.ErrUnauthorized) {
		t.Errorf("a list that is refused is %v, %v", all, err)
	}
}
