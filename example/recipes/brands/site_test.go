package brands_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/maicontact/maicontact/example/recipes/brands"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestSite(t *testing.T) {
	const otherInbox, otherChat = "33333333-3333-4333-8333-333333333333", "44444444-4444-4444-8444-444444444444"
	books, sim := shop.Config(t, webchattest.Options{OtherInboxIDs: []string{otherInbox}})
	music := books
	music.InboxID, music.Widget = otherInbox, webchat.Widget{WebChatID: otherChat, ChatURL: sim.ChatURL()}
	site, err := brands.New(books, music, func(w http.ResponseWriter) {
		http.SetCookie(w, &http.Cookie{Name: "user", Path: "/", MaxAge: -1}) // #nosec G124 -- a test over http
	})
	if err != nil {
		t.Fatal(err)
	}
	b := shop.NewClient(t, shop.Serve(t, site))
	b.SetCookie("user", "alice")
	for range 2 {
		for _, path := range []string{"/books/webchat.js", "/music/webchat.js"} {
			if name := b.Name(sim, path); name != "alice" {
				t.Errorf("%s is for %q", path, name)
			}
		}
	}
	inboxes := []string{}
	for _, c := range sim.Contacts() {
		inboxes = append(inboxes, c.InboxIDs...)
	}
	slices.Sort(inboxes)
	if want := []string{webchattest.DefaultInboxID, otherInbox}; !slices.Equal(inboxes, want) {
		t.Errorf("the contacts are in %q, want %q", inboxes, want)
	}
	b.Post("/logout")
	for _, path := range []string{"/books/webchat.js", "/music/webchat.js"} {
		if name := b.Name(sim, path); name != "Anonymous" {
			t.Errorf("after the logout %s is for %q", path, name)
		}
	}
}
