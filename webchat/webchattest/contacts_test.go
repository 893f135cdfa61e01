package webchattest

import (
	"encoding/json"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestContactLife(t *testing.T) {
	t.Parallel()
	clock := fixedClock()
	s := newSimulation(t, Options{clock: clock})
	w := do(s, http.MethodPost, "/api/contacts/", `{
		"name": "  Zoë 陳 <b>  ", "inboxes": [{"id": "`+DefaultInboxID+`"}], "avatar": "https://example.com/a.png",
		"phone_number": "+886 2 1234 5678", "email": "zoe@example.com", "source_id": "member:1",
		"query_metadata": {"knowledge_bases": [{"knowledge_base_id": "k", "has_user_selected_all": "False"}], "n": 12345678901234567890},
		"unknown": true, "id": "mine", "createdAt": "1"}`)
	if w.Code != 201 || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var made map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	id, _ := made["id"].(string)
	if _, ok := parseUUID(id); !ok {
		t.Errorf("id = %q", id)
	}
	inbox := `{"id":"` + DefaultInboxID + `","name":"Simulated inbox"}`
	want := `{"id":"` + id + `","inboxes":[` + inbox + `],"inbox":` + inbox + `,"name":"Zoë 陳 <b>",` +
		`"avatar":"https://example.com/a.png","phoneNumber":"+886 2 1234 5678","email":"zoe@example.com",` +
		`"sourceId":"member:1","queryMetadata":{"knowledgeBases":[{"hasUserSelectedAll":"False","knowledgeBaseId":"k"}],"n":12345678901234567890},` +
		`"mcpCredentials":[],"createdAt":"1795348802000","updatedAt":"1795348802000"}`
	if w.Body.String() != want {
		t.Errorf("created:\n%s\nwant:\n%s", w.Body, want)
	}
	if got := do(s, http.MethodGet, "/api/contacts/"+id+"/", ""); got.Code != 200 || got.Body.String() != want {
		t.Errorf("read: %d %s", got.Code, got.Body)
	}
	kept, _ := s.Contact(id)
	if string(kept.QueryMetadata) != `{"knowledge_bases": [{"knowledge_base_id": "k", "has_user_selected_all": "False"}], "n": 12345678901234567890}` {
		t.Errorf("metadata is not kept as sent: %s", kept.QueryMetadata)
	}

	// Patching leaves the rest alone; null clears.
	w = do(s, http.MethodPatch, "/api/contacts/"+id+"/", `{"name":"Zoe","avatar":null}`)
	got, _ := s.Contact(id)
	wantContact := kept
	wantContact.Name, wantContact.Avatar, wantContact.Updated = "Zoe", "", got.Updated
	if w.Code != 200 || !reflect.DeepEqual(got, wantContact) || !got.Updated.After(got.Created) {
		t.Errorf("patched: %d %+v", w.Code, got)
	}

	// Replacing clears what is left out.
	w = do(s, http.MethodPut, "/api/contacts/"+id+"/", `{"name":"Z","inboxes":`+defaultForm+`}`)
	got, _ = s.Contact(id)
	wantContact = Contact{ID: id, InboxIDs: []string{DefaultInboxID}, Name: "Z", Created: kept.Created, Updated: got.Updated}
	if w.Code != 200 || !reflect.DeepEqual(got, wantContact) {
		t.Errorf("replaced: %d %+v", w.Code, got)
	}
	if body := decode[map[string]any](t, w); body["sourceId"] != nil || body["queryMetadata"] != nil || body["email"] != nil {
		t.Errorf("what is cleared is not null: %s", w.Body)
	}

	// Deleting is soft.
	w = do(s, http.MethodDelete, "/api/contacts/"+id+"/", "")
	if w.Code != 204 || w.Body.Len() != 0 {
		t.Errorf("deleted: %d %s", w.Code, w.Body)
	}
	for _, request := range []struct{ method, body string }{
		{"GET", ""}, {"PUT", `{"name":"Z","inboxes":` + defaultForm + `}`}, {"PATCH", `{}`}, {"DELETE", ""},
	} {
		w := do(s, request.method, "/api/contacts/"+id+"/", request.body)
		if w.Code != 404 || w.Body.String() != `{"detail":"Not found."}` {
			t.Errorf("%s of a deleted contact: %d %s", request.method, w.Code, w.Body)
		}
	}
	if c, ok := s.Contact(id); !ok || !c.Deleted || len(s.Contacts()) != 0 || len(s.All()) != 1 || s.Delete(id) {
		t.Error("a deleted contact is not kept as one")
	}
}

func TestCopies(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	id := create(t, s, "Alice", `"queryMetadata":{"a":1}`).ID
	c := s.Contacts()[0]
	c.InboxIDs[0], c.QueryMetadata[0] = "", 'x'
	if c, _ := s.Contact(id); c.InboxIDs[0] != DefaultInboxID || string(c.QueryMetadata) != `{"a":1}` {
		t.Errorf("a copy shares memory: %+v", c)
	}
}

func TestSourceIDConflict(t *testing.T) {
	t.Parallel()
	const field = `{"sourceId":["Contact with this source id already exists in this inbox."]}`
	const detail = `{"detail":"Contact with this source id already exists in this inbox."}`
	for _, test := range []struct {
		status      int
		wantStatus  int
		body        string
		contentType string
	}{
		{0, 400, field, typeJSON},
		{400, 400, field, typeJSON},
		{409, 409, detail, typeJSON},
		{500, 500, string(htmlReply(500).body), typeHTML},
	} {
		s := newSimulation(t, Options{ConflictStatus: test.status, OtherInboxIDs: []string{otherInbox}})
		alice := create(t, s, "Alice", `"sourceId":"a"`)
		bob := create(t, s, "Bob", `"sourceId":"b"`)
		create(t, s, "Case differs", `"sourceId":"A"`)
		create(t, s, "None", `"sourceId":""`)
		create(t, s, "None", `"sourceId":null`)

		take := `{"name":"X","inboxes":` + defaultForm + `,"sourceId":"a"}`
		clash := func(when, method, path, body string) {
			t.Helper()
			w := do(s, method, path, body)
			if w.Code != test.wantStatus || w.Body.String() != test.body || w.Header().Get("Content-Type") != test.contentType {
				t.Errorf("status %d, %s: %d %s", test.status, when, w.Code, w.Body)
			}
		}
		fine := func(when, method, path, body string, status int) {
			t.Helper()
			if w := do(s, method, path, body); w.Code != status {
				t.Errorf("status %d, %s: %d %s", test.status, when, w.Code, w.Body)
			}
		}
		clash("create", "POST", "/api/contacts/", take)
		clash("replace", "PUT", "/api/contacts/"+bob.ID+"/", take)
		clash("patch", "PATCH", "/api/contacts/"+bob.ID+"/", `{"sourceId":" a "}`)
		fine("its own", "PUT", "/api/contacts/"+alice.ID+"/", take, 200)
		fine("other inbox", "POST", "/api/contacts/", `{"name":"X","inboxes":[{"id":"`+otherInbox+`"}],"sourceId":"a"}`, 201)
		clash("into the inbox of another", "PATCH", "/api/contacts/"+s.Contacts()[5].ID+"/",
			`{"inboxes":[{"id":"`+otherInbox+`"},{"id":"`+DefaultInboxID+`"}]}`)

		s.Delete(alice.ID)
		clash("held by a deleted contact", "POST", "/api/contacts/", take)
		fine("given up", "PATCH", "/api/contacts/"+bob.ID+"/", `{"sourceId":null}`, 200)
		fine("taken over", "POST", "/api/contacts/", `{"name":"X","inboxes":`+defaultForm+`,"sourceId":"b"}`, 201)
	}

	s := newSimulation(t, Options{AllowDuplicateSourceIDs: true})
	create(t, s, "Alice", `"sourceId":"a"`)
	create(t, s, "Alice", `"sourceId":"a"`)
	if len(s.Contacts()) != 2 {
		t.Error("duplicates are not allowed")
	}
}

func TestOneWinner(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	var made atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if do(s, "POST", "/api/contacts/", `{"name":"X","inboxes":`+defaultForm+`,"sourceId":"a"}`).Code == 201 {
				made.Add(1)
			}
			do(s, "GET", "/api/contacts/?query=a", "")
			s.Requests()
		})
	}
	wg.Wait()
	if made.Load() != 1 || len(s.All()) != 1 || s.Count(CreateContact) != 64 || s.Count("") != 128 {
		t.Errorf("made %d, kept %d, asked %d", made.Load(), len(s.All()), s.Count(""))
	}
}

func TestMilliseconds(t *testing.T) {
	t.Parallel()
	if got := (&Switches{}).time(time.UnixMilli(1728181396007)); got != "1728181396007" {
		t.Error(got)
	}
}
