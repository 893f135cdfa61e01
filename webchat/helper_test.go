package webchat

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

const (
	testKey     = "mai_canarykey0123456789"
	testID      = "5b9f3a52-7d0c-4b0e-9a3e-1f2d3c4b5a69"
	otherID     = "6c9f3a52-7d0c-4b0e-9a3e-1f2d3c4b5a70"
	testInbox   = "11111111-2222-4333-8444-555555555555"
	testSource  = "shop:member:canarysource42"
	canaryMail  = "canary.mail@example.com"
	canaryPhone = "+886900111222"
	canaryName  = "Canary Nameson"
)

func testDraft() Draft {
	return Draft{InboxID: testInbox, SourceID: testSource, Profile: Profile{
		Name: canaryName, Email: canaryMail, Phone: canaryPhone, Avatar: "https://example.com/canary.png",
	}}
}

// seen is a request as the server got it.
type seen struct {
	Method, Path, Query, Authorization, ContentType string
	Body                                            map[string]any
}

// fakeServer answers with the replies in turn, the last one for ever, and
// remembers what it was asked.
type fakeServer struct {
	*httptest.Server
	mu   sync.Mutex
	seen []seen
}

func (f *fakeServer) requests() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.seen...)
}

func serve(t testing.TB, replies ...http.HandlerFunc) *fakeServer {
	t.Helper()
	f := &fakeServer{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := seen{
			Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
			Authorization: r.Header.Get("Authorization"), ContentType: r.Header.Get("Content-Type"),
		}
		if body, _ := io.ReadAll(r.Body); len(body) > 0 {
			if err := json.Unmarshal(body, &s.Body); err != nil {
				t.Errorf("request body is not a JSON object: %v", err)
			}
		}
		f.mu.Lock()
		f.seen = append(f.seen, s)
		reply := replies[min(len(f.seen), len(replies))-1]
		f.mu.Unlock()
		reply(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func answer(status int, contentType, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func answerJSON(status int, body string, headers ...string) http.HandlerFunc {
	return answer(status, "application/json", body, headers...)
}

// cutConnection reads the request and closes the connection without a reply.
func cutConnection(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }

func newTestClient(t testing.TB, url string, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{BaseURL: url, APIKey: testKey}
	for _, f := range change {
		f(&config)
	}
	client, err := NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// roundTripper is a transport made of a function, for tests in a synctest
// bubble, where time stands still unless everybody waits.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func inMemory(handler http.Handler) *http.Client {
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result(), nil
	})}
}
