package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// recorder is a tracing transport that keeps all it sees.
type recorder struct {
	base http.RoundTripper
	mu   sync.Mutex
	saw  bytes.Buffer
	urls []string
}

func (rec *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	r = r.Clone(r.Context())
	r.Header.Set("Traceparent", "00-trace")
	r.Header.Set("Authorization", "stolen")
	resp, err := rec.base.RoundTrip(r)
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.urls = append(rec.urls, r.Method+" "+r.URL.String()+" "+r.URL.Path)
	fmt.Fprintln(&rec.saw, r.Method, r.URL, r.URL.Path, r.URL.RawQuery, r.Host, r.Header, string(body), r.ContentLength, err)
	for chain := err; chain != nil; chain = errors.Unwrap(chain) {
		fmt.Fprintf(&rec.saw, "%+v %#v\n", chain, chain)
	}
	if err != nil {
		return nil, err
	}
	told, _ := io.ReadAll(resp.Body)
	fmt.Fprintln(&rec.saw, resp.Status, resp.Header, string(told), resp.Request.URL)
	resp.Body = &spanBody{ReadCloser: resp.Body, rec: rec}
	return resp, nil
}

type spanBody struct {
	io.ReadCloser
	rec *recorder
}

func (b *spanBody) Close() error {
	b.rec.mu.Lock()
	defer b.rec.mu.Unlock()
	b.rec.urls = append(b.rec.urls, "end")
	return b.ReadCloser.Close()
}

func traced(rec *recorder, base http.RoundTripper) *http.Client {
	return &http.Client{Transport: Tracing(func(rt http.RoundTripper) http.RoundTripper {
		rec.base = rt
		return rec
	}, base)}
}

func TestTracingShowsTheTemplate(t *testing.T) {
	t.Parallel()
	var trace, real []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		trace = append(trace, r.Header.Get("Traceparent"))
		real = append(real, r.Method+" "+r.URL.RequestURI())
		switch {
		case r.Method == http.MethodGet && r.URL.Path == "/api/contacts/"+testID+"/":
			http.Redirect(w, r, "/moved/"+testID+"/?query="+testSource, http.StatusFound)
		case r.URL.RawQuery != "" && r.URL.Path == "/api/contacts/":
			answerJSON(200, `{"results":[{"id":"`+testID+`","sourceId":"`+testSource+`"}]}`, "X-Id", testID)(w, r)
		default:
			answerJSON(200, `{"id":"`+testID+`","sourceId":"`+testSource+`","name":"canary"}`, "X-Id", testID)(w, r)
		}
	})
	rec := &recorder{}
	client := newTestClient(t, server.URL, func(c *Config) { c.HTTPClient = traced(rec, nil) })
	for _, op := range operations {
		if err := op.call(t.Context(), client); err != nil {
			t.Errorf("%s: %v", op.name, err)
		}
	}
	client.CloseIdleConnections()
	base, item := server.URL+"/api/contacts/", server.URL+"/api/contacts/{contactId}/"
	want := []string{
		"POST " + base + " /api/contacts/", "end",
		"GET " + item + " /api/contacts/{contactId}/",
		"end", "GET " + server.URL + "/moved/{id}/ /moved/{id}/", "end",
		"PUT " + item + " /api/contacts/{contactId}/", "end",
		"DELETE " + item + " /api/contacts/{contactId}/", "end",
		"GET " + base + " /api/contacts/", "end",
	}
	if !reflect.DeepEqual(rec.urls, want) {
		t.Errorf("the tracer saw %q\nwant %q", rec.urls, want)
	}
	checkNoCanary(t, "the tracer", rec.saw.String())
	wantReal := []string{
		"POST /api/contacts/", "GET /api/contacts/" + testID + "/", "GET /moved/" + testID + "/?query=" + testSource,
		"PUT /api/contacts/" + testID + "/", "DELETE /api/contacts/" + testID + "/",
		"GET /api/contacts/?inboxes=" + testInbox + "&limit=100&pageSize=100&query=" + strings.ReplaceAll(testSource, ":", "%3A"),
	}
	if !reflect.DeepEqual(real, wantReal) {
		t.Errorf("sent %q\nwant %q", real, wantReal)
	}
	for i, r := range server.requests() {
		if r.Authorization != "Api-Key "+testKey || trace[i] != "00-trace" {
			t.Errorf("request %d: key %v, trace %q", i, r.Authorization == "Api-Key "+testKey, trace[i])
		}
		if (r.Method == http.MethodPost || r.Method == http.MethodPut) && r.Body["name"] != canaryName {
			t.Errorf("request %d lost its body", i)
		}
	}
}

func TestTracingHidesErrors(t *testing.T) {
	t.Parallel()
	rec := &recorder{}
	failing := roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("canary %s %v: %w", r.URL, r.Header, context.DeadlineExceeded)
	})
	client := newTestClient(t, "http://localhost", func(c *Config) { c.HTTPClient, c.MaxAttempts = traced(rec, failing), 1 })
	if _, err := client.Get(t.Context(), testID); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if rec.saw.Len() == 0 {
		t.Error("the tracer saw nothing")
	}
	checkNoCanary(t, "the tracer", rec.saw.String())
}

// TestTracersThatDoNotPassOn has tracers that break the rules: nothing is sent
// twice, and nothing they make up is taken for an answer.
func TestTracersThatDoNotPassOn(t *testing.T) {
	t.Parallel()
	made := func(r *http.Request) *http.Response {
		return &http.Response{StatusCode: 404, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}
	}
	tests := []struct {
		name   string
		tracer func(http.RoundTripper, *http.Request) (*http.Response, error)
		sent   int
		ok     bool
	}{
		{"an answer of its own", func(_ http.RoundTripper, r *http.Request) (*http.Response, error) { return made(r), nil }, 0, false},
		{"an error of its own", func(http.RoundTripper, *http.Request) (*http.Response, error) { return nil, errors.New("canary") }, 0, false},
		{"another context", func(rt http.RoundTripper, r *http.Request) (*http.Response, error) {
			return rt.RoundTrip(r.Clone(context.WithoutCancel(context.Background())))
		}, 0, false},
		{"twice", func(rt http.RoundTripper, r *http.Request) (*http.Response, error) {
			resp, err := rt.RoundTrip(r)
			if _, err := rt.RoundTrip(r); err == nil {
				return nil, errors.New("it was sent twice")
			}
			return resp, err
		}, 1, true},
		{"an error afterwards", func(rt http.RoundTripper, r *http.Request) (*http.Response, error) {
			_, err := rt.RoundTrip(r)
			return nil, errors.Join(err, errors.New("canary"))
		}, 1, false},
	}
	for _, tt := range tests {
		sent := 0
		base := roundTripper(func(r *http.Request) (*http.Response, error) {
			sent++
			body, _ := json.Marshal(map[string]string{"id": testID})
			return &http.Response{StatusCode: 201, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
		})
		client := newTestClient(t, "http://localhost", func(c *Config) {
			c.HTTPClient = &http.Client{Transport: Tracing(func(rt http.RoundTripper) http.RoundTripper {
				return roundTripper(func(r *http.Request) (*http.Response, error) { return tt.tracer(rt, r) })
			}, base)}
		})
		_, err := client.Create(t.Context(), testDraft())
		if sent != tt.sent || (err == nil) != tt.ok || errors.Is(err, ErrNotFound) {
			t.Errorf("%s: sent %d, %v", tt.name, sent, err)
		}
		if err != nil {
			checkNoCanary(t, tt.name, err.Error())
		}
	}
}

// A reply may take as long as Config.Timeout allows, also where that is longer than
// its default.
func TestTracingOwnTransport(t *testing.T) {
	made := Tracing(func(rt http.RoundTripper) http.RoundTripper { return rt }, nil).(*tracing)
	if sends := made.base.(*http.Transport); sends.ResponseHeaderTimeout != 0 || sends.TLSHandshakeTimeout == 0 {
		t.Errorf("it waits %v for a reply, and %v for TLS", sends.ResponseHeaderTimeout, sends.TLSHandshakeTimeout)
	}
}
