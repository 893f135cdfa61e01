package webchattest

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestFileSurvivesRestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "contacts.json")
	first := newSimulation(t, Options{File: file, clock: fixedClock()})
	alice := create(t, first, "Alice <&>", `"sourceId":"a"`, `"queryMetadata":{"knowledge_bases":[]}`)
	gone := create(t, first, "Gone", `"sourceId":"g"`)
	create(t, first, "Bob", `"sourceId":"b"`)
	first.Delete(gone.ID)
	do(first, "PATCH", "/api/contacts/"+alice.ID+"/", `{"email":"a@example.com"}`)

	second := newSimulation(t, Options{File: file})
	if !reflect.DeepEqual(second.All(), first.All()) || len(second.Contacts()) != 2 {
		t.Errorf("read:\n%+v\nkept:\n%+v", second.All(), first.All())
	}
	for _, source := range []string{"a", "g"} {
		w := do(second, "POST", "/api/contacts/", `{"name":"X","inboxes":`+defaultForm+`,"sourceId":"`+source+`"}`)
		if w.Code != 400 {
			t.Errorf("source id %s is free after the restart", source)
		}
	}
	if p := decode[contactPage](t, do(second, "GET", "/api/contacts/?query=alice", "")); len(p.Results) != 1 {
		t.Error("the search does not find what was read")
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v %v", entries, err)
	}
}

func TestFileThatIsNotOurs(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "{", "[]", `{"version":2}`, `{"contacts":[]}`} {
		file := filepath.Join(t.TempDir(), "contacts.json")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Options{File: file}); err == nil || !strings.Contains(err.Error(), "name another or remove it") {
			t.Errorf("%q: error = %v", content, err)
		}
		if kept, err := os.ReadFile(file); err != nil || string(kept) != content {
			t.Errorf("%q was changed to %q (%v)", content, kept, err)
		}
	}
}

// Two at a time cannot undo what the other has kept: the one whose file was written
// by another keeps nothing more. A file that is gone is made again.
func TestFileOfTwo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "contacts.json")
	first, second := newSimulation(t, Options{File: file}), newSimulation(t, Options{File: file})
	create(t, second, "Ann", `"sourceId":"a"`)
	w := do(first, "POST", "/api/contacts/", `{"name":"Ben","inboxes":`+defaultForm+`,"sourceId":"b"}`)
	if w.Code != 500 || len(first.Contacts()) != 0 {
		t.Errorf("status %d, and it has %d contacts", w.Code, len(first.Contacts()))
	}
	create(t, second, "Cleo", `"sourceId":"c"`)
	if kept := newSimulation(t, Options{File: file}).Contacts(); len(kept) != 2 {
		t.Errorf("kept: %+v", kept)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	create(t, second, "Dan", `"sourceId":"d"`)
}

// What cannot be kept has not happened.
func TestFileCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := newSimulation(t, Options{File: filepath.Join(dir, "contacts.json")})
	id := create(t, s, "Alice", `"sourceId":"a"`).ID
	before := s.All()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for _, request := range []struct{ method, path, body string }{
		{"POST", "/api/contacts/", `{"name":"B","inboxes":` + defaultForm + `,"sourceId":"b"}`},
		{"PATCH", "/api/contacts/" + id + "/", `{"sourceId":"c"}`},
	} {
		if w := do(s, request.method, request.path, request.body); w.Code != 500 || !reflect.DeepEqual(s.All(), before) {
			t.Errorf("%s: %d %+v", request.method, w.Code, s.All())
		}
	}
	if s.Delete(id) || !reflect.DeepEqual(s.All(), before) {
		t.Error("deleted without being kept")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	create(t, s, "B", `"sourceId":"b"`)
	create(t, s, "C", `"sourceId":"c"`)
	if w := do(s, "POST", "/api/contacts/", `{"name":"A","inboxes":`+defaultForm+`,"sourceId":"a"}`); w.Code != 400 {
		t.Errorf("the source id was lost: %d", w.Code)
	}
}
