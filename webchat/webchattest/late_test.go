package webchattest

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lost sends a request whose reply never comes.
func lost(t *testing.T, s *Simulation, method, path, body string) {
	t.Helper()
	defer func() {
		if err := recover(); err != http.ErrAbortHandler {
			t.Errorf("the connection was not cut: %v", err)
		}
	}()
	s.ServeHTTP(httptest.NewRecorder(), newRequest(method, path, body))
}

func TestLateLanding(t *testing.T) {
	t.Parallel()
	form := `{"name":"B","sourceId":"a","inboxes":` + defaultForm + `}`
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, Options{})
		defer s.Close()
		s.Inject(Fault{Operation: CreateContact, Kind: LateLanding, Later: time.Minute, Times: 1})
		s.Inject(Fault{Operation: ReplaceContact, Kind: LateLanding, Later: time.Hour, Times: 1})
		lost(t, s, "POST", "/api/contacts/", form)
		time.Sleep(time.Minute - time.Second)
		if n := len(s.Contacts()); n != 0 {
			t.Errorf("%d contacts before it is time", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(s.Contacts()); n != 1 {
			t.Fatalf("%d contacts when it is time", n)
		}
		id := s.Contacts()[0].ID
		if r := s.Requests()[0]; r.ContactID != id || r.Status != 0 || r.Fault != string(LateLanding) {
			t.Errorf("recorded %+v", r)
		}
		lost(t, s, "PUT", "/api/contacts/"+id+"/", `{"name":"old","inboxes":`+defaultForm+`}`)
		if w := do(s, "PUT", "/api/contacts/"+id+"/", `{"name":"new","inboxes":`+defaultForm+`}`); w.Code != 200 {
			t.Fatal(w.Code)
		}
		if c, _ := s.Contact(id); c.Name != "new" || len(s.Contacts()) != 1 {
			t.Errorf("landed at once: %q", c.Name)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if c, _ := s.Contact(id); c.Name != "old" {
			t.Errorf("did not land: %q", c.Name)
		}
	})
}

func TestLateLandingOfDoubles(t *testing.T) {
	t.Parallel()
	form := `{"name":"B","sourceId":"a","inboxes":` + defaultForm + `}`
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, Options{})
		remove := s.Inject(Fault{Kind: LateLanding, Later: time.Minute})
		lost(t, s, "POST", "/api/contacts/", form)
		lost(t, s, "POST", "/api/contacts/", form)
		remove()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(s.Contacts()); n != 1 { // the second is refused as a double
			t.Errorf("%d contacts", n)
		}
		s.Inject(Fault{Kind: LateLanding, Later: time.Minute})
		lost(t, s, "DELETE", "/api/contacts/"+s.Contacts()[0].ID+"/", "")
		s.Close()
		time.Sleep(time.Hour)
		if n := len(s.Contacts()); n != 1 {
			t.Errorf("a write landed after Close: %d contacts", n)
		}
	})
}

func TestLateLandingsTogether(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{Switches: Switches{FoldCase: true}, AllowDuplicateSourceIDs: true})
	s.Inject(Fault{Kind: LateLanding, Later: time.Millisecond, Times: 20})
	for range 20 {
		lost(t, s, "POST", "/api/contacts/", `{"name":"B","sourceId":"a","inboxes":`+defaultForm+`}`)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { s.Switch(func(w *Switches) { w.HideAccess = !w.HideAccess }) })
	}
	all.Wait()
	for deadline := time.Now().Add(5 * time.Second); len(s.Contacts()) < 20 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if n := len(s.Contacts()); n != 20 {
		t.Errorf("%d contacts", n)
	}
}
