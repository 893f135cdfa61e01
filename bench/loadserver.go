package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// loadOrigin is what browsers show for it: a loopback host is a developer's, who
// gets hints that cost something.
const loadOrigin = "https://shop.example"

// loadServer is the site that is loaded: the same bytes with and without the
// library, at paths of one server.
type loadServer struct {
	handler http.Handler
	close   func()
}

func newLoadServer() (*loadServer, error) {
	sim := webchattest.NewServer(webchattest.Options{})
	own := sessions.NewCookieStore([]byte("fedcba9876543210fedcba9876543210"))
	alice := crowdMember(1, 1)
	c, err := crowdConfig(sim, 1)
	if err != nil {
		sim.Close()
		return nil, err
	}
	rows := &countedStore{Store: everybody{}}
	c.Store, c.Site.ScriptPath, c.Site.Origin = rows, "/script", loadOrigin
	c.Identify = func(*http.Request) (*maicontact.Member, error) { return alice, nil }
	m, err := maicontact.New(c)
	if err != nil {
		sim.Close()
		return nil, err
	}
	stop := runBeside(m)
	closeAll := func() {
		_ = stop() // what had not ended is nothing that is measured
		sim.Close()
	}
	if err := inTheKnow(m.Script(), rows, crowdRequest(1)); err != nil {
		closeAll()
		return nil, err
	}
	page := fixed("text/html; charset=utf-8", strings.Repeat("<p>A celadon teapot.</p>\n", 24))
	w := newSink()
	w.whole = true
	m.Script().ServeHTTP(w, crowdRequest(1))
	if err := w.mustHold(crowdContact(1)); err != nil {
		closeAll()
		return nil, err
	}
	script := fixed("text/javascript; charset=utf-8", string(w.body))
	mux := http.NewServeMux()
	mux.Handle("GET /bare/page", page)
	mux.Handle("GET /page", m.Handler(page))
	mux.Handle("GET /bare/script", script)
	mux.Handle("GET /script", m.Script())
	mux.HandleFunc("GET /gorilla/script", func(w http.ResponseWriter, r *http.Request) {
		session, err := own.Get(r, "site")
		if name, _ := session.Values["entry"].(string); err != nil || name == "" {
			http.Error(w, "no session", http.StatusForbidden)
			return
		}
		script.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /gorilla/login", func(w http.ResponseWriter, r *http.Request) {
		session, _ := own.Get(r, "site")
		session.Values["entry"] = strings.Repeat("e", 120)
		if err := session.Save(r, w); err != nil {
			http.Error(w, "no session", http.StatusInternalServerError)
		}
	})
	return &loadServer{mux, closeAll}, nil
}

// fixed writes a ready reply with four headers.
func fixed(contentType, body string) http.Handler {
	length := strconv.Itoa(len(body))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Content-Length", length)
		h.Set("Cache-Control", "private, no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		_, _ = io.WriteString(w, body)
	})
}

// serveLoad serves until in ends, and prints where.
func serveLoad(in io.Reader, out io.Writer) error {
	s, err := newLoadServer()
	if err != nil {
		return err
	}
	defer s.close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s.handler}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = server.Shutdown(context.Background())
	}()
	if _, err := fmt.Fprintln(out, "http://"+listener.Addr().String()); err != nil {
		return err
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
