package webchat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestConversations(t *testing.T) {
	t.Parallel()
	sim := webchattest.NewServer(webchattest.Options{PageSize: 3})
	t.Cleanup(sim.Close)
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.Create(t.Context(), webchat.Draft{InboxID: webchattest.DefaultInboxID, SourceID: "s"})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 7 {
		if !sim.AddConversation(made.ID.Reveal(), json.RawMessage(fmt.Sprintf(`{"id":"c%d","title":"Hello"}`, n))) {
			t.Fatal("there is no such contact")
		}
	}
	var got []string
	err = client.Conversations(t.Context(), made.ID, func(conversation json.RawMessage) error {
		var object struct{ ID, Title string }
		if err := json.Unmarshal(conversation, &object); err != nil || object.Title != "Hello" {
			t.Errorf("a conversation is %s, %v", conversation, err)
		}
		got = append(got, object.ID)
		return nil
	})
	if err != nil || fmt.Sprint(got) != "[c0 c1 c2 c3 c4 c5 c6]" {
		t.Errorf("the conversations are %v, %v", got, err)
	}
	enough := errors.New("enough")
	if err := client.Conversations(t.Context(), made.ID, func(json.RawMessage) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("it goes on: %v", err)
	}
	sim.Delete(made.ID.Reveal())
	if err := client.Conversations(t.Context(), made.ID, func(json.RawMessage) error { return nil }); !errors.Is(err, webchat.ErrNotFound) {
		t.Errorf("those of a deleted contact: %v", err)
	}
	if sim.AddConversation(made.ID.Reveal(), nil) {
		t.Error("a deleted contact talks")
	}
}
