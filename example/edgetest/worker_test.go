package edgetest

import (
	"io"
	"net/http"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/internal/chromium"
)

// The site's own service worker stores what it sees and gives it back, as many
// do for files. It ignores Cache-Control, as the Cache interface does.
const storesAll = `
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (e) => e.waitUntil(clients.claim()));
self.addEventListener('fetch', (e) => {
	if (e.request.method !== 'GET' || e.request.mode === 'navigate') return;
	e.respondWith(caches.open('files').then(async (cache) => {
		const hit = await cache.match(e.request);
		if (hit) return hit;
		const response = await fetch(e.request);
		try { await cache.put(e.request, response.clone()); } catch (e) {}
		return response;
	}));
});`

func TestServiceWorkerGivesNobodyAnothersContact(t *testing.T) {
	t.Parallel()
	for form, html := range map[string]string{"script": tagged, "static": static} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.page("/", html)
			s.page("/plain", `<!doctype html>`)
			s.mux.HandleFunc("/worker.js", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/javascript")
				io.WriteString(w, storesAll)
			})
			tab := browser.Tab(t)
			tab.Open(s.url + "/plain")
			tab.Do(`navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)`)
			tab.Wait(`navigator.serviceWorker.controller`)
			for _, user := range []string{"alice", "bob"} {
				login(tab, user)
				tab.Open(s.url + "/")
				settled(tab, "started")
				if got := s.chatter(tab); got != user {
					t.Errorf("%s chats as %q", user, got)
				}
			}
		})
	}
}

// Vary: * is how a reply says that no Cache may store it.
func TestPersonalRepliesAreNotStored(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.page("/plain", `<!doctype html>`)
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		snippet, err := maicontact.Snippet(r.Context(), "")
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, string(snippet))
	})
	tab := browser.Tab(t)
	tab.Open(s.url + "/plain")
	login(tab, "alice")
	for path, want := range map[string]string{
		"/webchat.js": "refused", "/webchat.json": "refused", "/page": "refused", "/webchat-static.js": "stored",
	} {
		got := chromium.Eval[string](tab, `fetch('`+path+`').then(async (r) => (await caches.open('files')).put('`+path+`', r)).then(() => 'stored', () => 'refused')`)
		if got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}
