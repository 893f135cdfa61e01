package webchat

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestCreateSendsTheDraft(t *testing.T) {
	t.Parallel()
	server := serve(t, answerJSON(http.StatusCreated, `{
		"id": "`+strings.ToUpper(testID)+`", "name": "Ada", "inboxes": [{"id": "`+testInbox+`", "name": "Site"}],
		"sourceId": "`+testSource+`", "avatar": null, "phoneNumber": "+1", "email": null, "mcpCredentials": [],
		"queryMetadata": {"knowledgeBases": []}, "createdAt": "1728390996000", "updatedAt": "2024-10-08T12:36:37Z"}`))
	client := newTestClient(t, server.URL+"/api/v1")
	metadata, err := Permissions{KnowledgeBases: []KnowledgeBase{}}.QueryMetadata()
	if err != nil {
		t.Fatal(err)
	}
	draft := Draft{InboxID: testInbox, SourceID: testSource, Profile: Profile{Name: " Ada ", Email: "a@b.c", QueryMetadata: metadata}}
	got, err := client.Create(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 10, 8, 12, 36, 36, 0, time.UTC)
	want := Contact{
		ID: testID, SourceID: testSource, InboxIDs: []string{testInbox}, Created: at, Updated: at.Add(time.Second),
		Profile:    Profile{Name: "Ada", Phone: "+1", QueryMetadata: QueryMetadata{object: `{"knowledgeBases":[]}`}},
		AccessTold: true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("contact differs: %#v", []any{got.ID == want.ID, got.InboxIDs, got.Created, got.Updated, got.Profile == want.Profile})
	}
	wantSeen := []seen{{
		Method: http.MethodPost, Path: "/api/v1/contacts/", Authorization: "Api-Key " + testKey, ContentType: "application/json",
		Body: map[string]any{
			"name": "Ada", "email": "a@b.c", "sourceId": testSource, "inboxes": []any{map[string]any{"id": testInbox}},
			"queryMetadata": map[string]any{"knowledge_bases": []any{}},
		},
	}}
	if seen := server.requests(); !reflect.DeepEqual(seen, wantSeen) {
		t.Errorf("sent %v\nwant %v", seen, wantSeen)
	}
}

func TestReplaceSendsTheWholeContact(t *testing.T) {
	t.Parallel()
	for _, reply := range []http.HandlerFunc{
		answerJSON(http.StatusOK, `{"id":"`+testID+`"}`),
		answerJSON(http.StatusOK, `{"message":"updated"}`),
		answer(http.StatusOK, "text/plain", "updated"),
		answer(http.StatusNoContent, "", ""),
	} {
		server := serve(t, reply)
		if _, err := newTestClient(t, server.URL).Replace(t.Context(), testID, Draft{InboxID: testInbox, SourceID: testSource}); err != nil {
			t.Fatal(err)
		}
		want := []seen{{
			Method: http.MethodPut, Path: "/api/contacts/" + testID + "/", Authorization: "Api-Key " + testKey, ContentType: "application/json",
			Body: map[string]any{
				"name": AnonymousName, "email": nil, "phoneNumber": nil, "avatar": nil, "queryMetadata": nil, "sourceId": testSource,
				"inboxes": []any{map[string]any{"id": testInbox}},
			},
		}}
		if got := server.requests(); !reflect.DeepEqual(got, want) {
			t.Errorf("sent %v\nwant %v", got, want)
		}
	}
}

func TestGetAndDelete(t *testing.T) {
	t.Parallel()
	server := serve(t, answerJSON(http.StatusOK, `{"id":"`+testID+`"}`), answer(http.StatusNoContent, "", ""), answerJSON(http.StatusNotFound, `{"detail":"Not found."}`))
	client := newTestClient(t, server.URL)
	contact, err := client.Get(t.Context(), ContactID(strings.ToUpper(testID)))
	if err != nil || !reflect.DeepEqual(contact, Contact{ID: testID}) {
		t.Errorf("Get: %v, %v", contact.ID.Reveal(), err)
	}
	if err := client.Delete(t.Context(), testID); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if err := client.Delete(t.Context(), testID); err != nil {
		t.Errorf("Delete of a contact that is gone: %v", err)
	}
	if _, err := client.Get(t.Context(), testID); !errors.Is(err, ErrNotFound) {
		t.Errorf("Get of a contact that is gone: %v", err)
	}
	for i, s := range server.requests() {
		s.Authorization = strings.TrimSuffix(s.Authorization, testKey)
		want := seen{Method: []string{"GET", "DELETE", "DELETE", "GET"}[i], Path: "/api/contacts/" + testID + "/", Authorization: "Api-Key "}
		if !reflect.DeepEqual(s, want) {
			t.Errorf("request %d: %v, want %v", i, s, want)
		}
	}
}

func TestBadArgumentsAreNotSent(t *testing.T) {
	t.Parallel()
	server := serve(t, answerJSON(http.StatusOK, `{}`))
	client := newTestClient(t, server.URL)
	create := func(inbox, source string) func() error {
		return func() error {
			_, err := client.Create(t.Context(), Draft{InboxID: inbox, SourceID: source})
			return err
		}
	}
	for name, call := range map[string]func() error{
		"get":                     func() error { _, err := client.Get(t.Context(), "../../keys"); return err },
		"get nothing":             func() error { _, err := client.Get(t.Context(), ""); return err },
		"replace":                 func() error { _, err := client.Replace(t.Context(), "x", testDraft()); return err },
		"replace without source":  func() error { _, err := client.Replace(t.Context(), testID, Draft{InboxID: testInbox}); return err },
		"delete nothing":          func() error { return client.Delete(t.Context(), "") },
		"create without inbox":    create("", testSource),
		"create without source":   create(testInbox, ""),
		"create, inbox list":      create(testInbox+","+otherID, testSource),
		"create, source with NUL": create(testInbox, "a\x00"),
		"create, source not text": create(testInbox, "a\xff"),
		"create, source padded":   create(testInbox, " a"),
		"find nothing":            func() error { _, err := client.FindBySourceID(t.Context(), testInbox, "", nil); return err },
	} {
		var e *Error
		if err := call(); !errors.As(err, &e) || !errors.Is(err, ErrInvalid) || e.Status != 0 || e.Retryable || e.Unknown {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := len(server.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestRepliesThatDoNotMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		ok         bool
	}{
		{"nothing but the id", `{"id":"` + testID + `"}`, true},
		{"nulls", `{"id":"` + testID + `","sourceId":null,"source_id":null,"inboxes":null,"inbox":null}`, true},
		{"all the same", `{"id":"` + testID + `","source_id":"` + testSource + `","inbox":{"id":"` + strings.ToUpper(testInbox) + `"}}`, true},
		{"one of several inboxes", `{"id":"` + testID + `","inboxes":[{"id":"` + otherID + `"},{"id":"` + testInbox + `"}]}`, true},
		{"bare inbox id", `{"id":"` + testID + `","inbox":"` + testInbox + `"}`, true},
		{"another source id", `{"id":"` + testID + `","sourceId":"` + testSource + `0"}`, false},
		{"other case", `{"id":"` + testID + `","sourceId":"` + strings.ToUpper(testSource) + `"}`, false},
		{"another inbox", `{"id":"` + testID + `","inboxes":[{"id":"` + otherID + `"}]}`, false},
		{"another single inbox", `{"id":"` + testID + `","inbox":"` + otherID + `"}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			contact, err := newTestClient(t, serve(t, answerJSON(http.StatusCreated, tt.body)).URL).Create(t.Context(), testDraft())
			if tt.ok {
				if err != nil || contact.ID != testID {
					t.Errorf("got %v", err)
				}
				return
			}
			e, ok := err.(*Error)
			if !ok || !errors.Is(err, ErrMismatch) || !e.Unknown || e.Retryable || e.Status != http.StatusCreated || contact.ID.IsZero() {
				t.Errorf("got %v", err)
			}
		})
	}
	_, err := newTestClient(t, serve(t, answerJSON(http.StatusOK, `{"id":"`+otherID+`"}`)).URL).Get(t.Context(), testID)
	if !errors.Is(err, ErrMismatch) {
		t.Errorf("Get with another contact: %v", err)
	}
}

// A service that has no PUT is written to with PATCH, whole all the same, and that is
// remembered until it is PATCH that it does not have.
func TestReplaceWithoutPUT(t *testing.T) {
	t.Parallel()
	var lacks atomic.Value
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == lacks.Load() {
			answerJSON(http.StatusMethodNotAllowed, `{"detail":"Method not allowed."}`)(w, r)
			return
		}
		answerJSON(http.StatusOK, `{"id":"`+testID+`"}`)(w, r)
	})
	client := newTestClient(t, server.URL, func(c *Config) { c.MaxAttempts = 1 })
	for _, lacking := range []string{http.MethodPut, http.MethodPut, http.MethodPatch, http.MethodPatch} {
		lacks.Store(lacking)
		if _, err := client.Replace(t.Context(), testID, testDraft()); err != nil {
			t.Errorf("without %s: %v", lacking, err)
		}
	}
	var methods []string
	for _, r := range server.requests() {
		methods = append(methods, r.Method)
		if phone, told := r.Body["phoneNumber"]; !told || phone != canaryPhone || len(r.Body) != 7 {
			t.Errorf("%s sends %d fields", r.Method, len(r.Body))
		}
	}
	if got := strings.Join(methods, " "); got != "PUT PATCH PATCH PATCH PUT PUT" {
		t.Errorf("sent %s", got)
	}
}

// A PATCH in the place of a PUT is tried no oftener than the attempts allow.
func TestReplaceWithoutPUTEnds(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			answerJSON(http.StatusMethodNotAllowed, `{}`)(w, r)
			return
		}
		answerJSON(http.StatusTooManyRequests, `{}`)(w, r)
	})
	client := newTestClient(t, server.URL, func(c *Config) { c.MaxAttempts = 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if _, err := client.Replace(ctx, testID, testDraft()); !errors.Is(err, ErrTooManyRequests) {
		t.Errorf("got %v", err)
	}
	if n := len(server.requests()); n != 2 {
		t.Errorf("%d requests were sent", n)
	}
}
