package webchattest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	otherInbox  = "33333333-3333-4333-8333-333333333333"
	nobodysID   = "99999999-9999-4999-8999-999999999999"
	defaultForm = `[{"id":"` + DefaultInboxID + `"}]`
)

// fixedClock advances by a second with every look.
func fixedClock() func() time.Time {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return func() time.Time { now = now.Add(time.Second); return now }
}

func newSimulation(t *testing.T, options Options) *Simulation {
	t.Helper()
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newRequest has the key and the content type of a good client.
func newRequest(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, "http://maiagent.test"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Api-Key "+DefaultAPIKey)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func do(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, newRequest(method, path, body))
	return w
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(w.Body.Bytes(), &value); err != nil {
		t.Fatalf("reply %d is not JSON: %v\n%s", w.Code, err, w.Body)
	}
	return value
}

// create makes a contact with further fields, such as `"sourceId":"a"`.
func create(t *testing.T, h http.Handler, name string, fields ...string) wireContact {
	t.Helper()
	fields = append([]string{`"name":"` + name + `"`, `"inboxes":` + defaultForm}, fields...)
	w := do(h, http.MethodPost, "/api/contacts/", "{"+strings.Join(fields, ",")+"}")
	if w.Code != http.StatusCreated {
		t.Fatalf("create is answered with %d: %s", w.Code, w.Body)
	}
	return decode[wireContact](t, w)
}

func TestNewRefusesWrongOptions(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]Options{
		"key with a space":      {APIKey: "two words"},
		"key with a line break": {APIKey: "key\r\n"},
		"inbox is no UUID":      {InboxID: "inbox"},
		"other inbox":           {OtherInboxIDs: []string{"1"}},
		"web chat is no UUID":   {WebChatID: "chat"},
		"ids are the same":      {InboxID: DefaultWebChatID},
		"negative lag":          {SearchLag: -1},
		"page too large":        {PageSize: 101},
		"negative page":         {PageSize: -1},
		"conflict status":       {ConflictStatus: 418},
		"file in no directory":  {File: t.TempDir() + "/none/contacts.json"},
		"file is a directory":   {File: t.TempDir()},
	} {
		if _, err := New(options); err == nil || !strings.HasPrefix(err.Error(), "webchattest: ") {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	id := create(t, s, "Alice").ID
	body := `{"name":"Alice","inboxes":` + defaultForm + `}`
	for _, test := range []struct {
		method, path, body string
		status             int
		location, allow    string
		contentType        string
	}{
		{"GET", "/api/contacts/", "", 200, "", "", typeJSON},
		{"GET", "/api/v1/contacts/", "", 200, "", "", typeJSON},
		{"HEAD", "/api/contacts/", "", 200, "", "", typeJSON},
		{"GET", "/api/v1/contacts/" + id + "/", "", 200, "", "", typeJSON},
		{"GET", "/api/contacts/" + strings.ToUpper(id) + "/", "", 200, "", "", typeJSON},
		{"GET", "/api/contacts/" + nobodysID + "/", "", 404, "", "", typeJSON},
		{"GET", "/api/contacts/nonsense/", "", 404, "", "", typeJSON},
		{"GET", "/api/contacts", "", 301, "/api/contacts/", "", typeHTML},
		{"GET", "/api/contacts?query=a%20b", "", 301, "/api/contacts/?query=a%20b", "", typeHTML},
		{"GET", "/api/contacts/" + id, "", 301, "/api/contacts/" + id + "/", "", typeHTML},
		{"POST", "/api/contacts", body, 500, "", "", typeHTML},
		{"PUT", "/api/contacts/" + id, body, 500, "", "", typeHTML},
		{"PATCH", "/api/contacts/" + id, `{"name":"X"}`, 500, "", "", typeHTML},
		{"DELETE", "/api/contacts/" + id, "", 500, "", "", typeHTML},
		{"PUT", "/api/contacts/", body, 405, "", "GET, HEAD, POST", typeJSON},
		{"POST", "/api/contacts/" + id + "/", body, 405, "", "DELETE, GET, HEAD, PATCH, PUT", typeJSON},
		{"POST", "/api/inboxes/", "{}", 405, "", "GET, HEAD", typeJSON},
		{"GET", "/api/contacts/" + id + "/x/", "", 404, "", "", typeHTML},
		{"GET", "/api/contacts//", "", 404, "", "", typeHTML},
		{"GET", "/api/", "", 404, "", "", typeHTML},
		{"GET", "/api/v2/contacts/", "", 404, "", "", typeHTML},
		{"GET", "/", "", 404, "", "", typeHTML},
	} {
		w := do(s, test.method, test.path, test.body)
		if w.Code != test.status || w.Header().Get("Location") != test.location ||
			w.Header().Get("Allow") != test.allow || w.Header().Get("Content-Type") != test.contentType {
			t.Errorf("%s %s: %d, Location %q, Allow %q, Content-Type %q", test.method, test.path, w.Code,
				w.Header().Get("Location"), w.Header().Get("Allow"), w.Header().Get("Content-Type"))
		}
	}
	if got := s.Contacts(); len(got) != 1 || got[0].Name != "Alice" {
		t.Errorf("a wrong address changed something: %+v", got)
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	const (
		none  = `{"detail":"Authentication credentials were not provided."}`
		wrong = `{"detail":"Invalid API key format."}`
	)
	s := newSimulation(t, Options{APIKey: "right"})
	for authorization, want := range map[string]string{
		"":               none,
		"Bearer right":   none,
		"api-key right":  none,
		"right":          none,
		"Api-Key":        wrong,
		"Api-Key wrong":  wrong,
		"Api-Key right ": wrong,
		"Api-Key  right": wrong,
	} {
		r := newRequest(http.MethodGet, "/api/contacts/", "")
		r.Header["Authorization"] = []string{authorization}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 401 || w.Body.String() != want || w.Header().Get("WWW-Authenticate") != "Api-Key" {
			t.Errorf("%q: %d %s", authorization, w.Code, w.Body)
		}
	}
	r := newRequest(http.MethodGet, "/api/contacts/", "")
	r.Header.Set("Authorization", "Api-Key right")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 200 {
		t.Errorf("the right key: %d %s", w.Code, w.Body)
	}
}

func TestBodyTooLarge(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	w := do(s, http.MethodPost, "/api/contacts/", `{"name":"`+strings.Repeat("a", maxBody)+`"}`)
	if w.Code != http.StatusRequestEntityTooLarge || w.Header().Get("Content-Type") != typeHTML {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if r := s.Requests(); len(r) != 1 || r[0].Status != 413 || len(r[0].Body) != maxRecordedBody {
		t.Errorf("recorded %d requests", len(r))
	}
}

func TestBodyCutShort(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	r := newRequest(http.MethodPost, "/api/contacts/", "")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"name":"Alice"`), badReader{}))
	defer func() {
		if recover() != http.ErrAbortHandler || len(s.All()) != 0 {
			t.Error("half a body was taken for a whole one")
		}
	}()
	s.ServeHTTP(httptest.NewRecorder(), r)
}

type badReader struct{}

func (badReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
