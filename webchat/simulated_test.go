package webchat_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// TestAgainstOtherMaiAgents has the client meet each behaviour that it has to
// cope with or to report.
func TestAgainstOtherMaiAgents(t *testing.T) {
	t.Parallel()
	maiagent := webchattest.NewServer(webchattest.Options{Switches: webchattest.Switches{OtherKeys: []string{"theirs"}}})
	t.Cleanup(maiagent.Close)
	connect := func(key string) *webchat.Client {
		client, err := webchat.NewClient(webchat.Config{BaseURL: maiagent.BaseURL(), APIKey: key})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.CloseIdleConnections)
		return client
	}
	client, theirs := connect(webchattest.DefaultAPIKey), connect("theirs")
	switches := func(w webchattest.Switches) { maiagent.Switch(func(now *webchattest.Switches) { *now = w }) }
	draft := func(source string, access webchat.QueryMetadata) webchat.Draft {
		return webchat.Draft{InboxID: webchattest.DefaultInboxID, SourceID: source, Profile: webchat.Profile{Name: "Ada", QueryMetadata: access}}
	}

	if err := client.CanRead(t.Context(), webchattest.DefaultInboxID); err != nil {
		t.Errorf("an inbox that was never used: %v", err)
	}
	made, err := client.Create(t.Context(), draft("a", webchat.NoAccess()))
	if err != nil {
		t.Fatal(err)
	}
	if same, added := webchat.NoAccess().SeenIn(made.Profile.QueryMetadata); !same || added != nil || !made.AccessTold {
		t.Errorf("access is not seen: %v %q", same, added)
	}
	if err := client.CanRead(t.Context(), webchattest.DefaultInboxID); err != nil {
		t.Errorf("an inbox in use: %v", err)
	}
	if err := theirs.CanRead(t.Context(), webchattest.DefaultInboxID); !errors.Is(err, webchat.ErrUnproven) {
		t.Errorf("with another organisation's key: %v", err)
	}
	if _, err := theirs.Create(t.Context(), draft("b", webchat.NoAccess())); errors.Is(err, webchat.ErrExists) || setting(err) != "InboxID" {
		t.Errorf("made with another organisation's key: %v", err)
	}

	none := draft("a", webchat.QueryMetadata{})
	switches(webchattest.Switches{RefuseNull: []string{"queryMetadata"}, AddsKeys: true})
	_, err = client.Replace(t.Context(), made.ID, none)
	if e, ok := errors.AsType[*webchat.Error](err); !ok || !slices.Equal(e.RefusedFields(), []webchat.Field{webchat.FieldQueryMetadata}) {
		t.Errorf("null refused: %v", err)
	}
	none.None = webchat.NoneEmpty
	told, err := client.Replace(t.Context(), made.ID, none)
	if same, added := none.Profile.QueryMetadata.SeenIn(told.Profile.QueryMetadata); err != nil || !same || !slices.Equal(added, []string{"updated_at", "version"}) {
		t.Errorf("none as an object: %v %v %q", err, same, added)
	}

	switches(webchattest.Switches{UndashedIDs: true, RefusePageSize: true, HideAccess: true, WordSearch: true})
	if again, err := client.Create(t.Context(), draft("c", webchat.NoAccess())); err != nil || again.AccessTold {
		t.Errorf("inbox ids in another form: %v", err)
	}
	if found, err := client.FindBySourceID(t.Context(), webchattest.DefaultInboxID, "c", nil); err != nil || len(found) != 1 {
		t.Errorf("found %d: %v", len(found), err)
	}

	switches(webchattest.Switches{FoldCase: true})
	if _, err := client.Create(t.Context(), draft("D", webchat.NoAccess())); !errors.Is(err, webchat.ErrMismatch) {
		t.Errorf("source ids in lower case: %v", err)
	}
}

func setting(err error) string {
	if e, ok := errors.AsType[*webchat.Error](err); ok {
		return e.Setting()
	}
	return ""
}
