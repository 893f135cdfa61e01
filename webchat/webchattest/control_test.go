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

func TestControlSwitches(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{OtherInboxIDs: []string{otherInbox}})
	id := create(t, s, "A").ID
	inboxes := "/simulation/contacts/" + id + "/inboxes"
	for _, test := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", "/simulation/switches", `{"putKeepsOmitted":true,"refuseNull":["phone_number"]}`, 204},
		{"PUT", "/simulation/switches", `{"refuseNull":["x"]}`, 400},
		{"PUT", "/simulation/switches", `{"unknown":true}`, 400},
		{"PUT", "/simulation/switches", `[`, 400},
		{"PUT", inboxes, `["` + DefaultInboxID + `","` + otherInbox + `"]`, 204},
		{"PUT", inboxes, `["x"]`, 404},
		{"PUT", inboxes, `[]`, 404},
		{"PUT", inboxes, `{}`, 400},
		{"PUT", "/simulation/contacts/x/inboxes", `["` + otherInbox + `"]`, 404},
		{"POST", "/simulation/faults", `{"kind":"late_landing","later":"1h","times":1}`, 201},
		{"POST", "/simulation/faults", `{"kind":"late_landing","later":"soon"}`, 400},
	} {
		if w := do(s, test.method, test.path, test.body); w.Code != test.status {
			t.Errorf("%s %s %s: %d %s", test.method, test.path, test.body, w.Code, w.Body)
		}
	}
	if got := do(s, "GET", "/simulation/switches", "").Body.String(); got != `{"putKeepsOmitted":true,"refuseNull":["phoneNumber"]}` {
		t.Errorf("switches: %s", got)
	}
	if c, _ := s.Contact(id); len(c.InboxIDs) != 2 {
		t.Errorf("in %v", c.InboxIDs)
	}
	lost(t, s, "DELETE", "/api/contacts/"+id+"/", "")
	if got := do(s, "POST", "/simulation/landings", "").Body.String(); got != `{"landed":1}` || len(s.Contacts()) != 0 {
		t.Errorf("landings: %s", got)
	}
	s.Close()
}
