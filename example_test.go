package maicontact_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/gorilla/sessions"
	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// whoIs stands for the site's own way to know its members.
func whoIs(r *http.Request) (*maicontact.Member, error) {
	id := r.Header.Get("Test-User")
	if id == "" {
		return nil, nil // a visitor
	}
	return &maicontact.Member{ID: id, Profile: webchat.Profile{Name: "Alice Chen"}}, nil
}

// The main path: wrap the server, mount the script route, run the reconciler. The
// README has a whole program, which also ends gracefully.
func ExampleNew() {
	store, err := maicontact.NewCookieStore([]byte(os.Getenv("SESSION_KEY"))) // 32 random bytes
	if err != nil {
		log.Fatal(err)
	}
	mc, err := maicontact.New(maicontact.Config{
		API:       webchat.Config{APIKey: os.Getenv("MAIAGENT_API_KEY")},
		InboxID:   os.Getenv("MAIAGENT_INBOX_ID"),
		Widget:    webchat.Widget{WebChatID: os.Getenv("MAIAGENT_WEBCHAT_ID")},
		Namespace: "shop-production",
		Identify:  whoIs,
		Sessions:  store,
		Store:     maicontact.NewMemoryStore(),
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/webchat.js", mc.Script())
	go mc.Run(context.Background())
	log.Fatal(http.ListenAndServe(":8080", mc.Handler(mux)))
}

// A test of one's own site against the simulated MaiAgent.
func Example_test() {
	maiagent := webchattest.NewServer(webchattest.Options{})
	defer maiagent.Close()
	mc, err := maicontact.New(maicontact.Config{
		API:       webchat.Config{BaseURL: maiagent.BaseURL(), APIKey: webchattest.DefaultAPIKey},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID, ChatURL: maiagent.ChatURL()},
		Namespace: "shop-test",
		Identify:  whoIs,
		Sessions:  sessions.NewCookieStore([]byte("a test key of thirty-two bytes.."), []byte("another key of thirty-two bytes.")),
		Store:     maicontact.NewMemoryStore(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "/webchat.js", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Test-User", "4711")
	w := httptest.NewRecorder()
	mc.Handler(mc.Script()).ServeHTTP(w, r)

	contact := maiagent.Contacts()[0]
	fmt.Println(contact.Name)
	fmt.Println(strings.Contains(w.Body.String(), contact.ID))
	// Output:
	// Alice Chen
	// true
}

// The contact as one leg of a page that fetches several things at once.
func ExampleContactInto() {
	page := func(w http.ResponseWriter, r *http.Request) {
		var id webchat.ContactID
		var products []string
		g, ctx := errgroup.WithContext(r.Context())
		g.Go(maicontact.ContactInto(ctx, &id))
		g.Go(func() (err error) {
			products, err = loadProducts(ctx)
			return err
		})
		if err := g.Wait(); err != nil {
			http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, len(products), "products; chat:", id != "")
	}
	// Without the middleware the leg says what is missing.
	w := httptest.NewRecorder()
	page(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Code)
	// Output: 500
}

func loadProducts(context.Context) ([]string, error) { return []string{"tea", "cups"}, nil }

// The reason for no chat can be told apart.
func ExampleReason() {
	err := fmt.Errorf("%w: MaiAgent answered 503", maicontact.Unavailable)
	fmt.Println(errors.Is(err, maicontact.Unavailable), errors.Is(err, maicontact.Erased))
	fmt.Println(maicontact.Unavailable.MayPass(), maicontact.Erased.MayPass())
	// Output:
	// true false
	// true false
}

// The script as an inline element of the page, with the nonce of its policy.
func ExampleSnippet() {
	page := func(w http.ResponseWriter, r *http.Request) {
		snippet, err := maicontact.Snippet(r.Context(), "cmFuZG9t")
		if err != nil {
			http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
			return
		}
		io.WriteString(w, "<!doctype html><title>shop</title><p>tea</p>"+string(snippet))
	}
	http.HandleFunc("GET /tea", page)
}

// newShop makes a small site's middleware on a simulated MaiAgent.
func newShop(maiagent *webchattest.Server) (*maicontact.Middleware, error) {
	return maicontact.New(maicontact.Config{
		API:       webchat.Config{BaseURL: maiagent.BaseURL(), APIKey: webchattest.DefaultAPIKey},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID, ChatURL: maiagent.ChatURL()},
		Namespace: "shop-test",
		Identify:  whoIs,
		Sessions:  sessions.NewCookieStore([]byte("a test key of thirty-two bytes.."), []byte("another key of thirty-two bytes.")),
		Store:     maicontact.NewMemoryStore(),
	})
}

// The form for single-page applications: a script that is the same for
// everybody and may be cached, and JSON that is not.
func ExampleMiddleware_StaticScript() {
	maiagent := webchattest.NewServer(webchattest.Options{})
	defer maiagent.Close()
	mc, err := newShop(maiagent)
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /webchat-static.js", mc.StaticScript()) // <script src="/webchat-static.js" defer></script>
	mux.Handle("/webchat.json", mc.JSON())
	site := mc.Handler(mux)

	for _, path := range []string{"/webchat-static.js", "/webchat.json"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Test-User", "4711")
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		fmt.Println(path, w.Code, w.Header().Get("Cache-Control"))
	}
	// Output:
	// /webchat-static.js 200 public, max-age=300
	// /webchat.json 200 private, no-store
}

// Another site asks for the JSON form, and learns nothing.
func ExampleMiddleware_JSON() {
	maiagent := webchattest.NewServer(webchattest.Options{})
	defer maiagent.Close()
	mc, err := newShop(maiagent)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "/webchat.json", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Test-User", "4711")
	w := httptest.NewRecorder()
	mc.JSON().ServeHTTP(w, r)
	fmt.Print(w.Code, " ", w.Body)
	// Output: 403 {"reason":"cross-site"}
}

// A logout handler: our entry and what the chat stored in this site's storage
// go with the reply.
func ExampleLogout() {
	maiagent := webchattest.NewServer(webchattest.Options{})
	defer maiagent.Close()
	mc, err := newShop(maiagent)
	if err != nil {
		fmt.Println(err)
		return
	}
	logout := mc.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// … the site's own session ends here …
		if err := maicontact.Logout(r.Context(), maicontact.ClearWholeSiteStorage); err != nil {
			http.Error(w, "the logout failed", http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}))
	w := httptest.NewRecorder()
	logout.ServeHTTP(w, httptest.NewRequest("POST", "/logout", nil))
	fmt.Println(w.Code, w.Header().Get("Clear-Site-Data"))
	// Output: 303 "storage"
}

// The inline form for a policy that allows scripts by hash.
func ExampleSnippetWithHash() {
	maiagent := webchattest.NewServer(webchattest.Options{})
	defer maiagent.Close()
	mc, err := newShop(maiagent)
	if err != nil {
		fmt.Println(err)
		return
	}
	page := mc.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		snippet, source, err := maicontact.SnippetWithHash(r.Context())
		if err != nil {
			http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Security-Policy", "script-src 'self' "+maiagent.ChatURL()+" "+source)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!doctype html><title>shop</title><p>tea</p>"+string(snippet))
	}))
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest("GET", "/tea", nil))
	policy := w.Header().Get("Content-Security-Policy")
	fmt.Println(policy[strings.Index(policy, "'sha256-"):][:8], w.Header().Get("Cache-Control"))
	// Output: 'sha256- private, no-store
}

// A page that says why there is no chat.
func ExampleContactOrReason() {
	maiagent := webchattest.NewServer(webchattest.Options{})
	defer maiagent.Close()
	mc, err := newShop(maiagent)
	if err != nil {
		fmt.Println(err)
		return
	}
	page := mc.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, reason := maicontact.ContactOrReason(r.Context()); id == "" {
			fmt.Println("no chat:", string(reason))
		}
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("User-Agent", "Examplebot/1.0")
	page.ServeHTTP(httptest.NewRecorder(), r)
	// Output: no chat: bot
}

// A contact id has leaked: the old contact goes, and the member gets another
// one when they come again.
func ExampleMiddleware_Reissue() {
	maiagent := webchattest.NewServer(webchattest.Options{})
	defer maiagent.Close()
	mc, err := newShop(maiagent)
	if err != nil {
		fmt.Println(err)
		return
	}
	visit := func() string {
		r := httptest.NewRequest("GET", "/webchat.js", nil)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Test-User", "4711")
		mc.Script().ServeHTTP(httptest.NewRecorder(), r)
		return maiagent.Contacts()[0].ID
	}
	leaked := visit()

	done, err := mc.Reissue(context.Background(), "4711")
	switch {
	case errors.Is(err, maicontact.ErrErased):
		fmt.Println("the member was erased, and stays so")
	case errors.Is(err, maicontact.ErrNotFound):
		fmt.Println("the member has no contact")
	case err != nil:
		fmt.Println(err)
	case !done:
		fmt.Println("not deleted yet; Run finishes it")
	}
	fmt.Println("another contact:", visit() != leaked)
	// Output: another contact: true
}
