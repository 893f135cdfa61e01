package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
)

// canaries must never appear in anything that is printed or logged.
var canaries = []string{testKey, testID, strings.ToUpper(testID), testSource, canaryMail, canaryPhone, canaryName, "canary"}

func checkNoCanary(t *testing.T, where, text string) {
	t.Helper()
	for _, canary := range canaries {
		if at := strings.Index(text, canary); at >= 0 {
			t.Errorf("%s shows %q: %s", where, canary, text[max(0, at-100):min(len(text), at+100)])
			return
		}
	}
}

// everyVerb prints v in every way that fmt, slog and errors offer.
func everyVerb(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	// For %p and %w with a value that has no address or is no error, and for
	// verbs that make no sense for the text of an error, fmt shows the inside
	// as a mistake, without asking the type. Vet refuses all of them.
	verbs := "abcdefghijklmnoqrstuvxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if _, ok := v.(fmt.Formatter); !ok {
		verbs = "vsqxX"
	}
	for _, verb := range verbs {
		for _, flags := range []string{"", "+", "#", "-40", "010.3", " "} {
			fmt.Fprintf(&out, "%"+flags+string(verb)+"\n", v)
		}
	}
	fmt.Fprintln(&out, v, []any{v}, map[string]any{"v": v}, struct{ V any }{v})
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v, slog.Group("g", "v", v))
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v, slog.Group("g", "v", v))
	return out.String()
}

func TestNothingPrintsSecrets(t *testing.T) {
	t.Parallel()
	metadata, err := RawQueryMetadata([]byte(`{"note":"canary"}`))
	if err != nil {
		t.Fatal(err)
	}
	draft := testDraft()
	draft.Profile.QueryMetadata = metadata
	config := Config{BaseURL: "https://canary:canary@example.com/", APIKey: testKey}
	client := newTestClient(t, "http://localhost")
	contact := Contact{ID: testID, SourceID: testSource, InboxIDs: []string{"canary"}, Profile: draft.Profile}
	failure := &Error{Operation: opCreate, Status: 400, Fields: map[string][]string{"email": {canaryMail}, "canary": {"canary"}},
		Err: newCause(t.Context(), &url.Error{Op: "Get", URL: "https://x/" + testID, Err: errors.New("canary")})}
	for name, v := range map[string]any{
		"ContactID": ContactID(testID), "ContactIDs": []ContactID{testID}, "QueryMetadata": metadata,
		"Profile": draft.Profile, "*Profile": &draft.Profile, "Draft": draft, "*Draft": &draft, "Drafts": []Draft{draft},
		"Contact": contact, "*Contact": &contact, "Config": config, "*Config": &config,
		"*Client": client, "Client": *client, "Client inside": struct{ client *Client }{client},
		"Client inside by value": struct{ client Client }{*client},
		"*Error":                 failure, "Error": *failure, "wrapped": fmt.Errorf("x: %w", failure), "joined": errors.Join(failure),
		"Call": Call{Operation: opCreate, Err: failure}, "Contacts": map[string]Contact{"x": contact},
		"Configs": struct{ List []Config }{[]Config{config}}, "errors": []error{failure},
	} {
		checkNoCanary(t, name, everyVerb(t, v))
	}
	for name, v := range map[string]any{
		"ContactID": ContactID(testID), "*Error": failure, "Error": *failure, "Config": config, "*Config": &config, "*Client": client,
		"Draft": draft, "*Draft": &draft, "Contact": contact, "*Contact": &contact,
		"Drafts": []Draft{draft}, "in a map": map[string]any{"x": contact, "y": []any{draft, config}}, "in a struct": struct{ C Contact }{contact},
	} {
		written, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		checkNoCanary(t, "JSON of "+name, string(written))
	}
	if got := fmt.Sprintf("%s|%v|%x|%d|%q", ContactID(testID), ContactID(testID), ContactID(testID), ContactID(""), ContactID(testID)); got != strings.Repeat(contactIDText+"|", 4)+contactIDText {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprintf("%+v", Config{APIKey: testKey}); got != "webchat.Config{BaseURL: https://api.maiagent.ai/api/, APIKey: [redacted], Timeout: 0s, MaxAttempts: 0}" {
		t.Errorf("got %s", got)
	}
}

// TestNoCallLeaks sends every operation to servers and transports that repeat
// back all they know, and reads the log, the hook and the whole error chain.
func TestNoCallLeaks(t *testing.T) {
	t.Parallel()
	echo := func(status int, contentType, format string) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			all, _ := json.Marshal(fmt.Sprint(r.URL, r.Header, canaries))
			if r.Body != nil {
				body, _ := io.ReadAll(r.Body)
				all, _ = json.Marshal(fmt.Sprint(r.URL, r.Header, canaries, string(body)))
			}
			return &http.Response{
				StatusCode: status, Status: "999 " + canaryMail,
				Header: http.Header{"Content-Type": {contentType}, "Location": {"https://evil.example/" + testID}, "Retry-After": {canaryMail}},
				Body:   io.NopCloser(strings.NewReader(fmt.Sprintf(format, all))), Request: r,
			}, nil
		})
	}
	fails := func(wrap func(error) error) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			return nil, wrap(&url.Error{Op: canaryName, URL: r.URL.String() + canaryMail, Err: fmt.Errorf("%s %v", r.URL, r.Header)})
		})
	}
	transports := map[string]http.RoundTripper{
		"400":            echo(400, "application/json", `{"email":[%[1]s],%[1]s:"x","sourceId":%[1]s}`),
		"401":            echo(401, "application/json", `{"detail":%s}`),
		"404":            echo(404, "application/json", `[%s]`),
		"500":            echo(500, "text/html", `<h1>%s`),
		"302":            echo(302, "text/html", `<h1>%s`),
		"200 HTML":       echo(200, "text/html", `<h1>%s`),
		"200 odd type":   echo(200, "application/"+"canary", `%s`),
		"200 text":       echo(200, "application/json", `%s`),
		"200 id":         echo(200, "application/json", `{"id":%[1]s,"next":%[1]s,"results":[]}`),
		"200 next":       echo(200, "application/json", `{"next":"https://`+testID+`/","results":[],"x":%s}`),
		"200 mismatch":   echo(200, "application/json", `{"id":"`+otherID+`","sourceId":%s,"results":[{"sourceId":"`+testSource+`","id":"`+canaryMail+`"}]}`),
		"transport":      fails(func(err error) error { return err }),
		"wrapped":        fails(func(err error) error { return fmt.Errorf("canary %w", err) }),
		"joined timeout": fails(func(err error) error { return errors.Join(err, context.DeadlineExceeded) }),
	}
	for name, transport := range transports {
		canRead := operation{opInbox, func(ctx context.Context, c *Client) error { return c.CanRead(ctx, testInbox) }}
		for _, op := range append([]operation{canRead}, operations...) {
			t.Run(name+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var out bytes.Buffer
					client := newTestClient(t, "http://localhost", func(c *Config) {
						c.HTTPClient = &http.Client{Transport: transport}
						c.Logger = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
						c.OnCall = func(_ context.Context, call Call) { fmt.Fprintf(&out, "%v %+v %#v\n", call, call, call) }
					})
					err := op.call(t.Context(), client)
					for chain := []error{err}; len(chain) > 0 && chain[0] != nil; chain = chain[1:] {
						fmt.Fprintln(&out, chain[0].Error())
						out.WriteString(everyVerb(t, chain[0]))
						switch wrapper := chain[0].(type) {
						case interface{ Unwrap() error }:
							chain = append(chain, wrapper.Unwrap())
						case interface{ Unwrap() []error }:
							chain = append(chain, wrapper.Unwrap()...)
						}
					}
					if out.Len() == 0 {
						t.Fatal("nothing was logged")
					}
					checkNoCanary(t, "the call", out.String())
				})
			})
		}
	}
}
