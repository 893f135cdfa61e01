package databasetest

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// A thousand changes of one member at once are joined: the newest is what is
// left, and a few writes are all it takes. How long it took is only told.
func TestUpdatesAreJoined(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		sim := webchattest.NewServer(webchattest.Options{})
		t.Cleanup(sim.Close)
		store, err := sqlstore.Open(t.Context(), d.pool(t), d.dialect)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		member := maicontact.Member{ID: "1", Profile: webchat.Profile{Name: "Alice"}, Revision: 1}
		mc, err := maicontact.New(maicontact.Config{
			Visitors: maicontact.Visitors{Start: maicontact.OnLoad},
			API:      webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey}, InboxID: webchattest.DefaultInboxID,
			Widget: webchat.Widget{WebChatID: webchattest.DefaultWebChatID}, Namespace: "shop", Store: store,
			Identify: func(*http.Request) (*maicontact.Member, error) { return &member, nil },
			Sessions: sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")),
			Logger:   slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		mc.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, _ := maicontact.ContactID(r.Context())
			_, _ = io.WriteString(w, id.Reveal())
		})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Body.String() == "" {
			t.Fatal("no contact")
		}
		start := time.Now()
		var group sync.WaitGroup
		for i := range 1000 {
			group.Go(func() {
				changed := maicontact.Member{ID: "1", Profile: webchat.Profile{Name: fmt.Sprint("Alice ", i)}, Revision: int64(i + 2)}
				if err := mc.UpdateMember(t.Context(), changed); err != nil && !errors.Is(err, contacts.ErrOlderRevision) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		t.Logf("a thousand changes at once took %v", time.Since(start).Round(time.Millisecond))
		row, _, err := store.Get(t.Context(), contacts.Scope{Namespace: "shop", InboxID: webchattest.DefaultInboxID}.Member("1"))
		want := contacts.StampOf(webchat.Profile{Name: "Alice 999"})
		if err != nil || row.Desired != want || row.Revision != 1001 {
			t.Errorf("revision %d is left, %v", row.Revision, err)
		}
	})
}
