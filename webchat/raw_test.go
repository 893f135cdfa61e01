package webchat_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestRaw(t *testing.T) {
	t.Parallel()
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		t.Fatal(err)
	}
	status, body, err := client.Raw(t.Context(), http.MethodPost, "contacts/", nil,
		map[string]any{"name": "Ann", "sourceId": "s", "inboxes": []map[string]string{{"id": webchattest.DefaultInboxID}}})
	if status != http.StatusCreated || !strings.Contains(string(body), `"name":"Ann"`) || err != nil {
		t.Errorf("a creation gives %d, %s, %v", status, body, err)
	}
	status, body, err = client.Raw(t.Context(), http.MethodGet, "contacts/", url.Values{"query": {"s"}}, nil)
	if status != http.StatusOK || !strings.Contains(string(body), `"count":1`) || err != nil {
		t.Errorf("a list gives %d, %s, %v", status, body, err)
	}
	// Whatever it is, it is told; a redirect, too.
	if status, _, err := client.Raw(t.Context(), http.MethodGet, "contacts", nil, nil); status != http.StatusMovedPermanently || err != nil {
		t.Errorf("without the slash: %d, %v", status, err)
	}
	if status, _, err := client.Raw(t.Context(), http.MethodGet, "nothing/", nil, nil); status != http.StatusNotFound || err != nil {
		t.Errorf("where nothing is: %d, %v", status, err)
	}
	if _, _, err := client.Raw(t.Context(), http.MethodPost, "contacts/", nil, func() {}); !errors.Is(err, webchat.ErrInvalid) {
		t.Errorf("a body that is no JSON: %v", err)
	}
	sim.Inject(webchattest.Fault{Kind: webchattest.CutBefore})
	_, _, err = client.Raw(t.Context(), http.MethodDelete, "contacts/11111111-2222-4333-8444-555555555555/", nil, nil)
	api, ok := errors.AsType[*webchat.Error](err)
	if !ok || !api.Unknown || strings.Contains(err.Error(), "5555") || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("a cut connection: %v", err)
	}
}
