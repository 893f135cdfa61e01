package reply

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whichever way a handler leaves, what was planned is in the reply's header, and
// the reply is private.
func TestCommitBeforeTheFirstByte(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page")
	if err := os.WriteFile(file, []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	ways := map[string]struct {
		leave  func(t *testing.T, w http.ResponseWriter, r *http.Request)
		status int
		body   string
	}{
		"plain return": {func(*testing.T, http.ResponseWriter, *http.Request) {}, 200, ""},
		"write":        {func(_ *testing.T, w http.ResponseWriter, _ *http.Request) { w.Write([]byte("a")); w.Write([]byte("b")) }, 200, "ab"},
		"write string": {func(_ *testing.T, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ab") }, 200, "ab"},
		"status":       {func(_ *testing.T, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, 404, ""},
		"early hints":  {func(_ *testing.T, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(201) }, 201, ""},
		"redirect": {func(_ *testing.T, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/", http.StatusSeeOther)
		}, 303, ""},
		"flush": {func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			io.WriteString(w, "a")
		}, 200, "a"},
		"copy": {func(_ *testing.T, w http.ResponseWriter, _ *http.Request) { io.Copy(w, strings.NewReader("copied")) }, 200, "copied"},
		"file": {func(_ *testing.T, w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) }, 200, "from a file"},
		"wrapped again": {func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			io.WriteString(struct{ http.ResponseWriter }{w}, "a")
		}, 200, "a"},
		"controller": {func(t *testing.T, w http.ResponseWriter, _ *http.Request) {
			c := http.NewResponseController(w)
			if err := errors.Join(c.SetWriteDeadline(time.Now().Add(time.Minute)), c.SetReadDeadline(time.Now().Add(time.Minute)), c.Flush()); err != nil {
				t.Error(err)
			}
			io.WriteString(w, "a")
		}, 200, "a"},
	}
	for _, http2 := range []bool{false, true} {
		for name, way := range ways {
			t.Run(fmt.Sprintf("http2=%v/%s", http2, name), func(t *testing.T) {
				server := httptest.NewUnstartedServer(wrap(func(x *exchange, w http.ResponseWriter, r *http.Request) {
					x.writer.Plan(withCookie)
					way.leave(t, w, r)
				}))
				server.EnableHTTP2 = http2
				if http2 {
					server.StartTLS()
				} else {
					server.Start()
				}
				defer server.Close()
				client := server.Client()
				client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				response, err := client.Get(server.URL)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				if err != nil || response.StatusCode != way.status || way.body != "" && string(body) != way.body {
					t.Errorf("status %d, body %q, error %v", response.StatusCode, body, err)
				}
				if cookies := response.Cookies(); len(cookies) != 1 {
					t.Errorf("cookies %v", cookies)
				}
				if got := response.Header.Get("Cache-Control"); got != "private, no-store" {
					t.Errorf("Cache-Control %q", got)
				}
				if (response.ProtoMajor == 2) != http2 {
					t.Errorf("served over %s", response.Proto)
				}
			})
		}
	}
}

// A handler may stream: what it has flushed arrives before it ends.
func TestStreaming(t *testing.T) {
	goOn := make(chan struct{})
	server := httptest.NewServer(wrap(func(x *exchange, w http.ResponseWriter, _ *http.Request) {
		x.writer.Plan(withCookie)
		fmt.Fprintln(w, "first")
		http.NewResponseController(w).Flush()
		<-goOn
		fmt.Fprintln(w, "second")
	}))
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	if !lines.Scan() || lines.Text() != "first" || len(response.Cookies()) != 1 {
		t.Fatalf("first line %q, cookies %v", lines.Text(), response.Cookies())
	}
	close(goOn)
	if !lines.Scan() || lines.Text() != "second" {
		t.Errorf("second line %q", lines.Text())
	}
}

// A hijacked connection works, with the header planned before it.
func TestHijack(t *testing.T) {
	server := httptest.NewServer(wrap(func(x *exchange, w http.ResponseWriter, _ *http.Request) {
		x.writer.Plan(withCookie)
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(buffered, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n")
		for _, c := range w.Header()["Set-Cookie"] {
			fmt.Fprintf(buffered, "Set-Cookie: %s\r\n", c)
		}
		fmt.Fprint(buffered, "\r\n")
		buffered.Flush()
		line, _ := buffered.ReadString('\n')
		fmt.Fprint(buffered, "echo ", line)
		buffered.Flush()
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello\n")
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != 101 || len(response.Cookies()) != 1 {
		t.Fatalf("response %v, error %v", response, err)
	}
	if line, _ := reader.ReadString('\n'); line != "echo hello\n" {
		t.Errorf("line %q", line)
	}
}

// Over HTTP/2 a connection cannot be hijacked, and the handler is told so.
func TestHijackOverHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(wrap(func(_ *exchange, w http.ResponseWriter, _ *http.Request) {
		if _, _, err := w.(http.Hijacker).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("error %v", err)
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusTeapot || response.ProtoMajor != 2 {
		t.Errorf("status %d over %s", response.StatusCode, response.Proto)
	}
}

// bare is a ResponseWriter that can do nothing else.
type bare struct{ header http.Header }

func (w bare) Header() http.Header         { return w.header }
func (w bare) Write(p []byte) (int, error) { return len(p), nil }
func (w bare) WriteHeader(int)             {}

// A request of which nothing is decided costs nothing.
func TestNothingIsAllocated(t *testing.T) {
	inner, x, page := bare{http.Header{}}, &exchange{}, []byte("page")
	var w http.ResponseWriter = inner
	if n := testing.AllocsPerRun(100, func() {
		x.writer = Writer{}
		x.writer.Init(w, x)
		_, _ = x.writer.Write(page)
		x.writer.Commit()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if len(inner.header) != 0 {
		t.Errorf("header %v", inner.header)
	}
}

// A route's header is not looked at again; the planned write is done all the same.
func TestPrepared(t *testing.T) {
	recorder := httptest.NewRecorder()
	x := &exchange{}
	w := &x.writer
	w.Init(recorder, x)
	w.MarkPrivate()
	w.Plan(func(h http.Header) error { h.Add("Set-Cookie", "a=b"); return nil })
	w.ClearSiteData("cache")
	NewRouteHeader("application/json").Set(recorder.Header())
	w.Prepared()
	if _, err := w.Write([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	want := routeLines()
	want.Set("Content-Type", "application/json")
	want.Set("Set-Cookie", "a=b")
	want.Set("Clear-Site-Data", `"cache"`)
	wantHeader(t, "prepared", recorder.Header(), want)
	if len(x.reports) > 0 {
		t.Error(x.reports)
	}
}
