package webchattest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"testing"
	"time"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	s := newSimulation(t, Options{clock: func() time.Time { return now }})
	id := create(t, s, "Alice").ID
	do(s, "GET", "/api/contacts/?query=a&query=b", "")
	do(s, "PATCH", "/api/v1/contacts/"+id+"/", `{"name":"B"}`)
	do(s, "PUT", "/api/contacts/"+id+"/", `{}`)
	do(s, "GET", "/api/contacts/"+id+"/", "")
	do(s, "DELETE", "/api/contacts/"+id+"/", "")
	do(s, "GET", "/api/inboxes/", "")
	do(s, "GET", "/api/other/", "")
	do(s, "POST", "/api/contacts", `{}`)
	do(s, "POST", "/web-chats/"+DefaultWebChatID+"/session", `{"contactId":"`+id+`"}`)
	do(s, "GET", "/js/embed.min.js", "") // not recorded

	sent := http.Header{"Authorization": {"Api-Key [redacted]"}, "Content-Type": {"application/json"}}
	read := http.Header{"Authorization": {"Api-Key [redacted]"}}
	none := url.Values{}
	item := "/api/contacts/" + id + "/"
	want := []Request{
		{CreateContact, "POST", "/api/contacts/", none, sent, []byte(`{"name":"Alice","inboxes":` + defaultForm + `}`), 201, id, now, ""},
		{ListContacts, "GET", "/api/contacts/", url.Values{"query": {"a", "b"}}, read, nil, 200, "", now, ""},
		{PatchContact, "PATCH", "/api/v1/contacts/" + id + "/", none, sent, []byte(`{"name":"B"}`), 200, id, now, ""},
		{ReplaceContact, "PUT", item, none, sent, []byte(`{}`), 400, id, now, ""},
		{GetContact, "GET", item, none, read, nil, 200, id, now, ""},
		{DeleteContact, "DELETE", item, none, read, nil, 204, id, now, ""},
		{ListInboxes, "GET", "/api/inboxes/", none, read, nil, 200, "", now, ""},
		{"", "GET", "/api/other/", none, read, nil, 404, "", now, ""},
		{CreateContact, "POST", "/api/contacts", none, sent, []byte(`{}`), 500, "", now, ""},
		{ChatSession, "POST", "/web-chats/" + DefaultWebChatID + "/session", none, sent, []byte(`{"contactId":"` + id + `"}`), 404, "", now, ""},
	}
	got := s.Requests()
	for i := range got {
		if len(got[i].Body) == 0 {
			got[i].Body = nil
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d requests, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("request %d:\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}

	for operation, n := range map[string]int{CreateContact: 2, GetContact: 1, ListContacts: 1, "": 10, "none": 0} {
		if got := s.Count(operation); got != n {
			t.Errorf("Count(%q) = %d, want %d", operation, got, n)
		}
	}
	got[0].Header.Set("Content-Type", "changed")
	got[1].Query["query"][0] = "changed"
	if again := s.Requests(); again[0].Header.Get("Content-Type") == "changed" || again[1].Query.Get("query") == "changed" {
		t.Error("a copy shares memory")
	}
	s.ResetRequests()
	if len(s.Requests()) != 0 || s.Count("") != 0 || s.Count(CreateContact) != 0 {
		t.Error("requests are left after the reset")
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"Api-Key secret": "Api-Key [redacted]", "Bearer a b": "Bearer [redacted]", "secret": "[redacted]",
	} {
		header := http.Header{"Authorization": {sent}}
		if got := redact(header).Get("Authorization"); got != want || header.Get("Authorization") != sent {
			t.Errorf("%q became %q", sent, got)
		}
	}
}

func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	var rec recorder
	s := &Simulation{}
	const extra = 2*maxRequests + 500
	r := httptest.NewRequest("GET", "/", nil)
	for i := range maxRequests + extra {
		rec.begin(r, GetContact, "", []byte{byte(i)}, time.Unix(int64(i), 0))
		if len(rec.requests) >= 2*maxRequests {
			t.Fatalf("%d requests are kept", len(rec.requests))
		}
	}
	s.recorder.requests = rec.requests
	got := s.Requests()
	if len(got) != maxRequests || got[0].Time.Unix() != extra || got[maxRequests-1].Time.Unix() != maxRequests+extra-1 || rec.counts[""] != maxRequests+extra {
		t.Errorf("%d requests, from %d to %d, of %d", len(got), got[0].Time.Unix(), got[len(got)-1].Time.Unix(), rec.counts[""])
	}
}
