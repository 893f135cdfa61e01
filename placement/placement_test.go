package placement_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/placement"
	"github.com/maicontact/maicontact/webchat"
)

const tag = `<script src="/webchat.js" defer referrerpolicy="same-origin"></script>`

func newPlacement(t testing.TB, c placement.Config) func(http.Handler) http.Handler {
	t.Helper()
	place, err := placement.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return place
}

// outcome is the whole of a reply.
type outcome struct {
	status int
	header http.Header
	body   string
}

func (o outcome) equal(other outcome) bool {
	return o.status == other.status && o.body == other.body &&
		maps.EqualFunc(o.header, other.header, func(a, b []string) bool { return strings.Join(a, "|") == strings.Join(b, "|") })
}

// ask serves one request over real HTTP and returns the reply.
func ask(t *testing.T, handler http.Handler, method string, http2 bool) outcome {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = http2
	if http2 {
		server.StartTLS()
	} else {
		server.Start()
	}
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	client.Transport.(*http.Transport).DisableCompression = true
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if (response.ProtoMajor == 2) != http2 {
		t.Errorf("served over %s", response.Proto)
	}
	response.Header.Del("Date")
	return outcome{response.StatusCode, response.Header, string(body)}
}

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// reply answers with a status, a header and a body.
func reply(status int, h http.Header, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), h)
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

const (
	bare = "<!doctype html><body><p>tea</p></body></html>"
	full = "<!doctype html><body><p>tea</p>" + tag + "</body></html>"
)

// What is left alone is the same with the middleware and without, whole.
func TestLeftAlone(t *testing.T) {
	t.Parallel()
	page := "text/html; charset=utf-8"
	tests := []struct {
		name    string
		method  string
		handler http.Handler
	}{
		{"head", "HEAD", reply(200, header("Content-Type", page, "Content-Length", "45", "Etag", `"a"`), "")},
		{"post", "POST", reply(200, header("Content-Type", page), bare)},
		{"not found", "GET", reply(404, header("Content-Type", page), bare)},
		{"created", "GET", reply(201, header("Content-Type", page), bare)},
		{"failed", "GET", reply(500, header("Content-Type", page), bare)},
		{"redirect", "GET", reply(303, header("Content-Type", page, "Location", "/x"), bare)},
		{"no content", "GET", reply(204, header("X-A", "1"), "")},
		{"not modified", "GET", reply(304, header("Etag", `"a"`), "")},
		{"a part", "GET", reply(206, header("Content-Type", page, "Content-Range", "bytes 0-44/100"), bare)},
		{"compressed", "GET", reply(200, header("Content-Type", page, "Content-Encoding", "gzip"), bare)},
		{"no-transform", "GET", reply(200, header("Content-Type", page, "Cache-Control", "max-age=1", "Cache-Control", "public, No-Transform", "Etag", `"a"`), bare)},
		{"attachment", "GET", reply(200, header("Content-Type", page, "Content-Disposition", `ATTACHMENT; filename="a.html"`), bare)},
		{"json", "GET", reply(200, header("Content-Type", "application/json"), bare)},
		{"xhtml", "GET", reply(200, header("Content-Type", "application/xhtml+xml"), bare)},
		{"two types", "GET", reply(200, http.Header{"Content-Type": {page, page}}, bare)},
		{"odd type", "GET", reply(200, header("Content-Type", "text/html; charset"), bare)},
		{"UTF-16", "GET", reply(200, header("Content-Type", "text/html; charset=UTF-16LE"), bare)},
		{"sniffing off", "GET", reply(200, http.Header{"Content-Type": nil}, bare)},
		{"sniffed text", "GET", reply(200, nil, "tea "+bare)},
		{"sniffed image", "GET", reply(200, nil, "GIF89a"+bare)},
		{"nothing", "GET", reply(200, header("Content-Type", page, "Etag", `"a"`, "Content-Length", "0"), "")},
		{"nothing at all", "GET", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})},
		{"a fragment", "GET", reply(200, header("Content-Type", page, "Etag", `"a"`, "Content-Length", "13", "Accept-Ranges", "bytes"), "<li>tea</li>\n")},
		{"tagged", "GET", reply(200, header("Content-Type", page, "Etag", `"a"`, "Content-Length", strconv.Itoa(len(full)), "Accept-Ranges", "bytes", "Digest", "x"), full)},
		{"a file that is no page", "GET", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "placement_test.go") })},
	}
	place := newPlacement(t, placement.Config{})
	for _, tt := range tests {
		for _, http2 := range []bool{false, true} {
			t.Run(tt.name+map[bool]string{true: " over HTTP/2"}[http2], func(t *testing.T) {
				t.Parallel()
				got, want := ask(t, place(tt.handler), tt.method, http2), ask(t, tt.handler, tt.method, http2)
				if !got.equal(want) {
					t.Errorf("got  %v\nwant %v", got, want)
				}
			})
		}
	}
}

// What is changed has the tag and a header that fits.
func TestChanged(t *testing.T) {
	t.Parallel()
	page := "text/html; charset=utf-8"
	length := strconv.Itoa(len(bare))
	changed := strconv.Itoa(len(full))
	const elsewhere = `<base href="https://files.example/">`
	whole := strings.Replace(full, `src="`, `src="https://shop.example:8443`, 1)
	big := strings.Repeat("<p>tea</p>", 10_000)
	tests := []struct {
		name    string
		config  placement.Config
		handler http.Handler
		want    outcome
	}{
		{"plain", placement.Config{}, reply(200, header("Content-Type", page), bare),
			outcome{200, header("Content-Type", page, "Content-Length", changed), full}},
		{"whole header", placement.Config{},
			reply(200, header("Content-Type", "TEXT/HTML", "Content-Length", length, "Etag", `"a"`, "Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT",
				"Accept-Ranges", "bytes", "Content-Md5", "x", "Digest", "x", "Content-Digest", "x", "Repr-Digest", "x", "Cache-Control", "public", "Content-Disposition", "inline"), bare),
			outcome{200, header("Content-Type", "TEXT/HTML", "Content-Length", changed, "Etag", `W/"a"`, "Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT",
				"Cache-Control", "public", "Content-Disposition", "inline"), full}},
		{"weak tag", placement.Config{}, reply(200, header("Content-Type", page, "Etag", `W/"a"`), bare),
			outcome{200, header("Content-Type", page, "Content-Length", changed, "Etag", `W/"a"`), full}},
		{"sniffed", placement.Config{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, bare) }),
			outcome{200, header("Content-Type", page, "Content-Length", changed), full}},
		{"nonce", placement.Config{ScriptPath: "/chat&a.js", Nonce: func(*http.Request) string { return `a+/="` }},
			reply(200, header("Content-Type", page, "Etag", `"a"`, "Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT", "Content-Length", length), bare),
			outcome{200, header("Content-Type", page, "Content-Length", strconv.Itoa(len(bare)+len(`<script src="/chat&amp;a.js" defer referrerpolicy="same-origin" nonce="a+/=&#34;"></script>`))),
				strings.Replace(bare, "</body>", `<script src="/chat&amp;a.js" defer referrerpolicy="same-origin" nonce="a+/=&#34;"></script></body>`, 1)}},
		{"base of another host", placement.Config{}, reply(200, header("Content-Type", page, "Content-Length", strconv.Itoa(len(elsewhere+bare)), "Etag", `"a"`), elsewhere+bare),
			outcome{200, header("Content-Type", page, "Content-Length", strconv.Itoa(len(elsewhere+bare)), "Etag", `"a"`), elsewhere + bare}},
		{"origin", placement.Config{Origin: "https://shop.example:8443"}, reply(200, header("Content-Type", page), elsewhere+bare),
			outcome{200, header("Content-Type", page, "Content-Length", strconv.Itoa(len(elsewhere+whole))), elsewhere + whole}},
		{"origin, tagged", placement.Config{Origin: "https://shop.example:8443"}, reply(200, header("Content-Type", page), elsewhere+whole),
			outcome{200, header("Content-Type", page, "Content-Length", strconv.Itoa(len(elsewhere+whole))), elsewhere + whole}},
		{"no nonce", placement.Config{Nonce: func(*http.Request) string { return "" }}, reply(200, header("Content-Type", page, "Etag", `"a"`), bare),
			outcome{200, header("Content-Type", page, "Content-Length", changed, "Etag", `W/"a"`), full}},
		{"skipped", placement.Config{Skip: func(r *http.Request) bool { return r.URL.Path == "/" }}, reply(200, header("Content-Type", page), bare),
			outcome{200, header("Content-Type", page, "Content-Length", length), bare}},
		{"large", placement.Config{}, reply(200, header("Content-Type", page, "Etag", `"a"`, "Accept-Ranges", "bytes", "Content-Length", strconv.Itoa(len(big+bare))), big+bare),
			outcome{200, header("Content-Type", page, "Etag", `W/"a"`), big + full}},
		{"large, not a page after all", placement.Config{}, reply(200, header("Content-Type", page, "Content-Length", strconv.Itoa(len(big))), big),
			outcome{200, header("Content-Type", page), big}},
		{"late header", placement.Config{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", page)
			io.WriteString(w, "<html>")
			http.Error(w, "oops</body>", http.StatusInternalServerError)
		}), outcome{200, header("Content-Type", page, "Content-Length", strconv.Itoa(len("<html>oops</body>\n"+tag))), "<html>oops" + tag + "</body>\n"}},
	}
	for _, tt := range tests {
		for _, http2 := range []bool{false, true} {
			t.Run(tt.name+map[bool]string{true: " over HTTP/2"}[http2], func(t *testing.T) {
				t.Parallel()
				if got := ask(t, newPlacement(t, tt.config)(tt.handler), "GET", http2); !got.equal(tt.want) {
					t.Errorf("got  %.2000v\nwant %.2000v", got, tt.want)
				}
			})
		}
	}
}

// The tag that the middleware writes, and the ones a page may have, are those
// of the chat script.
func TestTagged(t *testing.T) {
	t.Parallel()
	if placement.DefaultScriptPath != maicontact.DefaultScriptPath {
		t.Errorf("%q and %q", placement.DefaultScriptPath, maicontact.DefaultScriptPath)
	}
	mc, err := maicontact.New(maicontact.Config{
		Visitors: maicontact.Visitors{Start: maicontact.OnLoad},
		API:      webchat.Config{APIKey: "key"}, InboxID: "11111111-1111-4111-8111-111111111111", Widget: webchat.Widget{WebChatID: "chat"}, Namespace: "test",
		Identify: func(*http.Request) (*maicontact.Member, error) { return nil, maicontact.ErrNoChat },
		Sessions: sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")), Store: maicontact.NewMemoryStore(),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler := mc.Handler(newPlacement(t, placement.Config{})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		snippet, err := maicontact.Snippet(r.Context(), "")
		if err != nil {
			t.Error(err)
		}
		io.WriteString(w, "<!doctype html><body>"+string(snippet)+"</body>")
	})))
	if got := ask(t, handler, "GET", false); got.status != 200 || strings.Contains(got.body, tag) || strings.Count(got.body, "</script>") != 1 {
		t.Errorf("a page with the snippet: %v", got)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"webchat.js", "//evil.test/a.js", "https://evil.test/a.js", "/a.js?x", "/a.js#x", `/\evil.test`, "/a b", "/a\n"} {
		if place, err := placement.New(placement.Config{ScriptPath: path}); err == nil || place != nil || !strings.Contains(err.Error(), "ScriptPath") {
			t.Errorf("%q: %v", path, err)
		}
	}
	for _, origin := range []string{"shop.example", "//shop.example", "https://", "https://:443", "https://shop.example/", "https://shop.example/a", "https://shop.example?", "https://shop.example#",
		"https://ann@shop.example", "ftp://shop.example", "HTTPS://shop.example", "https:shop.example", "https://shop.example ", "https://a\"b.example", `https://shop.example\evil.test`, "https://shop.example:x"} {
		if place, err := placement.New(placement.Config{Origin: origin}); err == nil || place != nil || !strings.Contains(err.Error(), "Origin") {
			t.Errorf("%q: %v", origin, err)
		}
	}
	for _, origin := range []string{"", "http://127.0.0.1:8080", "https://shop.example", "http://[::1]:80"} {
		if _, err := placement.New(placement.Config{Origin: origin}); err != nil {
			t.Errorf("%q: %v", origin, err)
		}
	}
}
