package webchat

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestNewClientRefusesBadConfig(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config Config
		want   string // part of the error; "" is none
	}{
		{"only a key", Config{APIKey: testKey}, ""},
		{"no key", Config{}, "API key is required"},
		{"key with a line break", Config{APIKey: testKey + "\n"}, "white space"},
		{"key with a space", Config{APIKey: "Api-Key " + testKey}, "white space"},
		{"key with a control byte", Config{APIKey: testKey + "\x01"}, "white space"},
		{"key that is not ASCII", Config{APIKey: "ключ"}, "white space"},
		{"bad base URL", Config{APIKey: testKey, BaseURL: "http://api.maiagent.ai"}, "https"},
		{"insecure on purpose", Config{APIKey: testKey, BaseURL: "http://api.maiagent.ai", InsecureHTTP: true}, ""},
		{"negative timeout", Config{APIKey: testKey, Timeout: -1}, "timeout"},
		{"negative attempts", Config{APIKey: testKey, MaxAttempts: -1}, "attempts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, err := NewClient(tt.config)
			if tt.want == "" {
				if err != nil || client == nil {
					t.Errorf("got %v, %v", client, err)
				}
				return
			}
			if client != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, %v; want an error with %q", client, err, tt.want)
			}
			if strings.Contains(err.Error(), testKey) {
				t.Errorf("error repeats the key: %v", err)
			}
		})
	}
}

func TestClientLeavesTheUsersHTTPClientAlone(t *testing.T) {
	t.Parallel()
	theirs := &http.Client{Timeout: time.Minute}
	newTestClient(t, "http://localhost", func(c *Config) { c.HTTPClient = theirs })
	if theirs.CheckRedirect != nil || theirs.Transport != nil || theirs.Timeout != time.Minute {
		t.Errorf("the client was changed: %+v", theirs)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	var stolen atomic.Int32
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stolen.Add(1)
		answerJSON(http.StatusOK, `{"id":"`+testID+`"}`)(w, r)
	}))
	t.Cleanup(thief.Close)
	redirect := func(status int, to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) }
	}
	good := answerJSON(http.StatusOK, `{"id":"`+testID+`"}`)
	get := func(c *Client) error { _, err := c.Get(t.Context(), testID); return err }
	create := func(c *Client) error { _, err := c.Create(t.Context(), testDraft()); return err }
	replace := func(c *Client) error { _, err := c.Replace(t.Context(), testID, testDraft()); return err }
	remove := func(c *Client) error { return c.Delete(t.Context(), testID) }
	tests := []struct {
		name     string
		call     func(*Client) error
		reply    http.HandlerFunc
		refuse   bool // the user's own CheckRedirect refuses
		status   int  // of the error; 0 is success
		requests int
	}{
		{"read, same host", get, redirect(301, "/elsewhere/"), false, 0, 2},
		{"read, same host, refused by the user", get, redirect(301, "/elsewhere/"), true, 301, 1},
		{"read, another host", get, redirect(302, thief.URL), false, 302, 1},
		{"create", create, redirect(307, "/elsewhere/"), false, 307, 1},
		{"create, 303", create, redirect(303, "/elsewhere/"), false, 303, 1},
		{"create, another host", create, redirect(308, thief.URL), false, 308, 1},
		{"replace", replace, redirect(301, "/elsewhere/"), false, 301, 1},
		{"delete", remove, redirect(301, thief.URL), false, 301, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, tt.reply, good)
			client := newTestClient(t, server.URL, func(c *Config) {
				c.HTTPClient = &http.Client{}
				if tt.refuse {
					c.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				}
			})
			err := tt.call(client)
			if (err == nil) != (tt.status == 0) {
				t.Fatalf("got %v, want status %d", err, tt.status)
			}
			if err != nil {
				e := err.(*Error)
				if e.Status != tt.status || e.Unknown || e.Retryable || !strings.Contains(e.Error(), "redirect") {
					t.Errorf("got %v (unknown %v, retryable %v)", e, e.Unknown, e.Retryable)
				}
			}
			if n := len(server.requests()); n != tt.requests {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
		})
	}
	if n := stolen.Load(); n != 0 {
		t.Errorf("another host was asked %d times", n)
	}
}

func TestRedirectLoopEnds(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	})
	_, err := newTestClient(t, server.URL).Get(t.Context(), testID)
	if e, ok := err.(*Error); !ok || e.Status != http.StatusFound || len(server.requests()) > 10 {
		t.Errorf("got %v after %d requests", err, len(server.requests()))
	}
}
