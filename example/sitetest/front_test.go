package sitetest

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The hosts that the browser knows. The sister is of the same site as the
// shop but of another origin; the evil host is of another site.
const (
	shopHost   = "shop.test"
	sisterHost = "sister.shop.test"
	evilHost   = "evil.test"
	chatHost   = "chat.test"
)

// front is all that the browser reaches: by TLS, on one port, with a host for
// each site. Everything for the shop passes the shared cache.
type front struct {
	server *httptest.Server
	port   string
	cache  *sharedCache
	chat   http.Handler

	mu      sync.Mutex
	request func(*http.Request)       // changes what the shop is asked; nil: nothing
	reply   func(string, http.Header) // changes what it replies to a path; nil: nothing
	page    func([]byte) []byte       // changes the shop's page; nil: nothing
	embed   chan struct{}             // holds the embed up until closed; nil: it does not
	passed  []exchange
}

// exchange is a request that the shop was asked and its reply.
type exchange struct {
	Method, Path, Site, Dest string
	Cookie                   bool
	Status                   int
	body                     string
}

func newFront(t *testing.T, sim *webchattest.Server) *front {
	f := &front{chat: sim.Simulation}
	f.server = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.server.EnableHTTP2 = true
	f.server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up
	_, f.port, _ = net.SplitHostPort(f.server.Listener.Addr().String())
	return f
}

func (f *front) origin(host string) string { return "https://" + host + ":" + f.port }

// leadTo opens the front, with the shop behind it.
func (w *world) leadTo(shop string) {
	target, err := url.Parse(shop)
	if err != nil {
		w.t.Fatal(err)
	}
	w.cache = &sharedCache{next: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			if edit := w.edits().request; edit != nil {
				edit(r.Out)
			}
		},
		ModifyResponse: w.record,
		ErrorLog:       log.New(io.Discard, "", 0),
	}}
	w.server.StartTLS()
	w.t.Cleanup(func() {
		w.release()
		w.server.CloseClientConnections()
		w.server.Close()
	})
}

type edits struct {
	request func(*http.Request)
	reply   func(string, http.Header)
}

func (f *front) edits() edits {
	f.mu.Lock()
	defer f.mu.Unlock()
	return edits{f.request, f.reply}
}

// edit changes what passes between the browser and the shop from now on.
func (f *front) edit(request func(*http.Request), reply func(path string, h http.Header)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.request, f.reply = request, reply
}

func (f *front) record(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		return err
	}
	f.mu.Lock()
	if f.page != nil && r.Request.URL.Path == "/" {
		body = f.page(body)
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		r.ContentLength = int64(len(body))
	}
	f.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	if edit := f.edits().reply; edit != nil {
		edit(r.Request.URL.Path, r.Header)
	}
	asked := r.Request.Header
	f.mu.Lock()
	defer f.mu.Unlock()
	f.passed = append(f.passed, exchange{
		r.Request.Method, r.Request.URL.Path, asked.Get("Sec-Fetch-Site"), asked.Get("Sec-Fetch-Dest"),
		asked.Get("Cookie") != "", r.StatusCode, string(body),
	})
	return nil
}

// since returns what has passed after the first n exchanges.
func (f *front) since(n int) []exchange {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]exchange(nil), f.passed[n:]...)
}

// hold makes the embed wait for release.
func (f *front) hold() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.embed = make(chan struct{})
}

func (f *front) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.embed != nil {
		close(f.embed)
		f.embed = nil
	}
}

func (f *front) held() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.embed
}

func (f *front) serve(w http.ResponseWriter, r *http.Request) {
	host, _, _ := net.SplitHostPort(r.Host)
	switch host {
	case shopHost:
		f.cache.ServeHTTP(w, r)
	case chatHost:
		if held := f.held(); held != nil && strings.HasPrefix(r.URL.Path, "/js/") {
			select {
			case <-held:
			case <-r.Context().Done():
				return
			}
		}
		f.chat.ServeHTTP(w, r)
	case evilHost, sisterHost:
		f.serveHostile(w, r)
	default:
		http.NotFound(w, r)
	}
}

//go:embed testdata/hostile.js
var hostileScript string

// serveHostile is a site that wants to know who is logged in at the shop.
func (f *front) serveHostile(w http.ResponseWriter, r *http.Request) {
	shop := f.origin(shopHost)
	switch r.URL.Path {
	case "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// Referer and all, as a site that hides nothing.
		w.Header().Set("Referrer-Policy", "unsafe-url")
		fmt.Fprintf(w, "<!doctype html><title>hostile</title><body><script>const SHOP = %q;\n%s</script>", shop, hostileScript)
	case "/worker.js", "/service.js":
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, "try { importScripts(%q); } finally { if (self.postMessage) postMessage(JSON.stringify(self.maiagentChatbotConfig) || ''); }", shop+"/webchat.js")
	case "/style.css":
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprintf(w, "@import %q; body { background: url(%[1]q); }", shop+"/webchat.js")
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
