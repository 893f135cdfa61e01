package webchattest

import (
	"fmt"
	"testing"
)

func TestControl(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	id := create(t, s, "Alice").ID
	s.ResetRequests()

	inject := func(body string) int {
		t.Helper()
		w := do(s, "POST", "/simulation/faults", body)
		if w.Code != 201 {
			t.Fatalf("%s: %d %s", body, w.Code, w.Body)
		}
		return decode[struct{ ID int }](t, w).ID
	}
	inject(`{"kind":"too_many","operation":"create_contact","times":1,"retryAfter":"7","delay":"1ms"}`)
	matching := inject(`{"kind":"refuse","status":400,"contains":"Bob","body":"{\"name\":[\"No.\"]}"}`)
	form := func(name string) string { return `{"name":"` + name + `","inboxes":` + defaultForm + `}` }
	for _, test := range []struct {
		name   string
		status int
	}{{"Eve", 429}, {"Bob", 400}, {"Eve", 201}} {
		if w := do(s, "POST", "/api/contacts/", form(test.name)); w.Code != test.status {
			t.Errorf("%s: %d %s", test.name, w.Code, w.Body)
		}
	}
	if w := do(s, "DELETE", fmt.Sprintf("/simulation/faults/%d", matching), ""); w.Code != 204 {
		t.Errorf("removing: %d", w.Code)
	}
	if w := do(s, "POST", "/api/contacts/", form("Bob")); w.Code != 201 {
		t.Errorf("after removing: %d", w.Code)
	}
	inject(`{"delay":"1h"}`)
	if w := do(s, "DELETE", "/simulation/faults/", ""); w.Code != 204 {
		t.Errorf("clearing: %d", w.Code)
	}
	do(s, "GET", "/api/contacts/", "")

	type requests struct {
		Requests []struct {
			Operation, Body, Fault string
			Status                 int
		}
	}
	all := decode[requests](t, do(s, "GET", "/simulation/requests", "")).Requests
	if len(all) != 5 || all[0].Status != 429 || all[0].Fault != "too_many" || all[0].Body != form("Eve") {
		t.Errorf("requests: %+v", all)
	}
	if lists := decode[requests](t, do(s, "GET", "/simulation/requests?operation=list_contacts", "")).Requests; len(lists) != 1 {
		t.Errorf("lists: %+v", lists)
	}
	if w := do(s, "DELETE", "/simulation/requests", ""); w.Code != 204 || s.Count("") != 0 {
		t.Errorf("forgetting: %d", w.Code)
	}

	if w := do(s, "DELETE", "/simulation/contacts/"+id, ""); w.Code != 204 {
		t.Errorf("deleting: %d", w.Code)
	}
	if w := do(s, "DELETE", "/simulation/contacts/"+id, ""); w.Code != 404 {
		t.Errorf("deleting again: %d", w.Code)
	}
	contacts := decode[struct{ Contacts []Contact }](t, do(s, "GET", "/simulation/contacts", "")).Contacts
	if len(contacts) != 3 || contacts[0].ID != id || !contacts[0].Deleted || contacts[1].Name != "Eve" {
		t.Errorf("contacts: %+v", contacts)
	}
}

func TestControlRefuses(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	for _, test := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/simulation/faults", ``, 400},
		{"POST", "/simulation/faults", `{}`, 400},
		{"POST", "/simulation/faults", `{"kind":"none"}`, 400},
		{"POST", "/simulation/faults", `{"kind":"slow","delay":5}`, 400},
		{"POST", "/simulation/faults", `{"kind":"slow","delay":"soon"}`, 400},
		{"POST", "/simulation/faults", `{"kind":"refuse","operation":"create"}`, 400},
		{"POST", "/simulation/faults", `{"kind":"refuse","time":1}`, 400},
		{"POST", "/simulation/faults/1", `{"kind":"refuse"}`, 404},
		{"DELETE", "/simulation/faults/1", ``, 404},
		{"DELETE", "/simulation/faults/x", ``, 404},
		{"DELETE", "/simulation/contacts", ``, 404},
		{"GET", "/simulation/other", ``, 404},
		{"GET", "/simulation/", ``, 404},
	} {
		if w := do(s, test.method, test.path, test.body); w.Code != test.status {
			t.Errorf("%s %s %s: %d %s", test.method, test.path, test.body, w.Code, w.Body)
		}
	}
	if w := do(s, "GET", "/api/contacts/", ""); w.Code != 200 {
		t.Errorf("a refused fault happened: %d", w.Code)
	}
}
