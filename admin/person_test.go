package admin

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// A person as the page tells them, in each state that matters.
func TestPerson(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	id := b.member("settled").Reveal()
	b.member("refused")
	b.change("refused", func(r *contacts.Row) { r.Refused, r.Confirmed.Profile = "phone", "" })
	b.member("pending")
	due := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	b.change("pending", func(r *contacts.Row) {
		r.Confirmed, r.Failures, r.Reason, r.Due, r.DoubtUntil = contacts.Stamp{}, 3, "replace_contact: status 500", due, due
		r.LastCall = contacts.Call{Operation: "replace_contact", Outcome: "failed", At: due}
	})
	b.change("idle", func(*contacts.Row) {})
	for _, life := range []contacts.Life{contacts.Suspended, contacts.Erased, contacts.Erasing, contacts.Reissuing} {
		b.change(map[contacts.Life]string{contacts.Suspended: "suspended", contacts.Erased: "erased", contacts.Erasing: "erasing", contacts.Reissuing: "reissuing"}[life],
			func(r *contacts.Row) { r.Life = life })
	}
	const confirmed, not = "Profile confirmed Permissions confirmed", "Profile not confirmed Permissions not confirmed"
	for name, test := range map[string]struct {
		says    []string
		actions []string
	}{
		"settled": {[]string{"Member settled", "State settled They have their chat.", "Contact ••••" + id[32:] + " Generation 1", confirmed, "Last call create contact ok", "create contact ok 201"}, []string{"suspend", "reissue", "erase"}},
		"refused": {[]string{"Profile not confirmed Permissions confirmed", "Not taken phone"}, []string{"suspend", "reissue", "erase"}},
		"pending": {[]string{"State pending", "not handed out", not, "Failures in a row 3: replace_contact: status 500", "Worked on next 3 Feb 2031, 04:05:06 UTC",
			"A write may land until 3 Feb 2031", "Last call replace contact failed 3 Feb 2031, 04:05:06 UTC"}, []string{"suspend", "reissue", "erase"}},
		"idle":      {[]string{"State idle", "Contact none", "Last call none", "None of those that it remembers."}, []string{"suspend", "reissue", "link", "erase"}},
		"suspended": {[]string{"State suspended"}, []string{"resume", "erase"}},
		"erased":    {[]string{"State erased"}, []string{"restore"}},
		"erasing":   {[]string{"State erasing"}, nil},
		"reissuing": {[]string{"State reissuing"}, []string{"erase"}},
		"nobody":    {[]string{"Member nobody", "The table knows nothing of them"}, []string{"suspend", "link", "erase"}},
		// Whatever an ID holds, it is text.
		`<b>"&'`: {[]string{`Member <b>"&'`}, []string{"suspend", "link", "erase"}},
		// Nor does one look like another: this one would be shown as "boalice".
		"bo\u202eecila": {[]string{`Member "bo\u202eecila"`}, []string{"suspend", "link", "erase"}},
		// Of an ID that is too long only a digest is kept.
		strings.Repeat("x", 200): {[]string{"Member ~"}, []string{"suspend", "erase"}},
	} {
		t.Run(name[:min(len(name), 20)], func(t *testing.T) {
			path := b.find(name)
			r := b.get(path).says(t, http.StatusOK, test.says...)
			var shown []string
			for _, a := range actions {
				if strings.Contains(r.body, path+"/"+a.Name+`"`) {
					shown = append(shown, a.Name)
				}
			}
			if strings.Join(shown, " ") != strings.Join(test.actions, " ") {
				t.Errorf("it offers %q, want %q", shown, test.actions)
			}
			if strings.Contains(r.body, `<b>"`) {
				t.Error("an ID is not escaped")
			}
		})
	}
}

// People are found by their ID or by a contact id, and neither stands in what is
// answered.
func TestLookUp(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	id := b.member("ann").Reveal()
	visitor := b.ask("").Reveal()
	other := webchat.ContactID("11111111-2222-4333-8444-555555555555")
	row := contacts.New(contacts.Scope{Namespace: "shop-b", InboxID: b.scope.InboxID}.Member("ben"), time.Now())
	row.ContactID = other
	if _, err := b.store.Put(t.Context(), row, contacts.Guard{}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		form   url.Values
		status int
		says   string
	}{
		"a member":            {url.Values{"member": {"ann"}}, 303, "Member ann"},
		"a contact":           {url.Values{"contact": {" " + strings.ToUpper(id) + "\n"}}, 303, "Member ann"},
		"a visitor":           {url.Values{"contact": {visitor}}, 303, "A visitor"},
		"both":                {url.Values{"member": {"ann"}, "contact": {id}}, 400, "Give a business user ID, or a contact id that was found."},
		"nothing":             {url.Values{"member": {""}, "contact": {" "}}, 400, "Give a business user ID"},
		"no contact id":       {url.Values{"contact": {"canary-typed"}}, 400, "A contact id is a UUID"},
		"nobody's contact":    {url.Values{"contact": {strings.Replace(visitor, visitor[:4], "ffff", 1)}}, 404, "Nobody in the table has this contact."},
		"another namespace's": {url.Values{"contact": {other.Reveal()}}, 404, "belongs to another namespace"},
	} {
		t.Run(name, func(t *testing.T) {
			r := b.send("POST", "/admin/person", test.form)
			answer := r.body + r.Header.Get("Location")
			if r.StatusCode != test.status {
				t.Errorf("status %d, want %d: %s", r.StatusCode, test.status, r.text())
			}
			for _, typed := range append(test.form["member"], test.form["contact"]...) {
				if typed = strings.ToLower(strings.TrimSpace(typed)); typed != "" && strings.Contains(strings.ToLower(answer), typed) {
					t.Errorf("it repeats what was typed: %s", answer)
				}
			}
			if r.StatusCode == 303 {
				r = b.get(r.Header.Get("Location"))
			}
			r.says(t, r.StatusCode, test.says)
			if strings.Contains(r.body, id) || strings.Contains(r.body, visitor) {
				t.Error("it has a whole contact id")
			}
		})
	}
	if r := b.send("GET", "/admin/person?member=ann&contact="+id, nil); r.StatusCode != 200 || strings.Contains(r.body, id) || strings.Contains(r.body, "ann") {
		t.Error("a person is taken from an address")
	}
	if r := b.send("POST", "/admin/person?member=ann", url.Values{}); r.StatusCode != 400 {
		t.Errorf("a person is taken from an address: %d", r.StatusCode)
	}
}

// The table is away: each page that reads it says so, and the log why.
func TestTableIsAway(t *testing.T) {
	t.Parallel()
	var store *awayStore
	b := newBed(t, func(_ *Config, site *maicontactConfig) {
		store = &awayStore{Store: site.Store}
		site.Store = store
	})
	b.member("ann")
	person := b.find("ann")
	store.away.Store(true)
	for path, status := range map[string]int{"/admin/": 200, "/admin/waiting": 503, person: 503, person + "/erase": 503, "/admin/person": 200} {
		r := b.get(path)
		if r.StatusCode != status || path != "/admin/person" && !strings.Contains(r.text(), "The table does not answer.") {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.text())
		}
	}
	b.send("POST", "/admin/person", url.Values{"contact": {"11111111-2222-4333-8444-555555555555"}}).says(t, 503, "The table does not answer.")
	b.send("POST", person+"/erase", url.Values{}).says(t, 503, "The table does not answer.")
	if len(b.done) != 1 || b.done[0].Err == nil {
		t.Errorf("it was told of %v", b.done)
	}
	b.send("POST", "/admin/checks", nil).says(t, 200, "fail clock Config.Store: the table cannot be read: gone away", "skip backlog")
	if !strings.Contains(b.log.String(), "gone away") {
		t.Error("the log does not say why")
	}
}

// No page, address, header or log line has a contact id, an email, a phone, a name
// or a key in it, whatever happens; and no address or log line says who it is about.
func TestCanary(t *testing.T) { synctest.Test(t, testCanary) }

func testCanary(t *testing.T) {
	b := newBed(t, nil)
	b.run()
	var told strings.Builder
	addresses := &strings.Builder{}
	see := func(r reply) reply {
		told.WriteString(r.body)
		for name, values := range r.Header {
			addresses.WriteString(name + ": " + strings.Join(values, " ") + "\n")
		}
		for _, link := range links.FindAllString(r.body, -1) {
			addresses.WriteString(link + "\n")
		}
		return r
	}
	const user = "canary-user"
	b.member(user)
	b.ask("")
	for _, fault := range []*webchattest.Fault{nil, {Kind: webchattest.Refuse}, {Kind: webchattest.Refuse, Status: 400}, {Kind: webchattest.CommitThenCut}, {Kind: webchattest.WrongJSON}} {
		remove := func() {}
		if fault != nil {
			remove = b.sim.Inject(*fault)
		}
		for _, a := range actions {
			person := see(b.send("POST", "/admin/person", url.Values{"member": {user}})).Header.Get("Location")
			see(b.get(person))
			see(b.get(person + "/" + a.Name))
			done := see(b.send("POST", person+"/"+a.Name, url.Values{"contact": {b.sim.All()[0].ID}}))
			if at := done.Header.Get("Location"); at != "" {
				see(b.get(at))
			}
			b.member(user)
		}
		for _, path := range []string{"/admin/", "/admin/waiting", "/admin/checks"} {
			see(b.get(path))
		}
		see(b.send("POST", "/admin/checks", nil))
		remove()
	}
	canaries := []string{canaryKey, canaryMail, canaryPhone, canaryName, string(secret[:20])}
	for _, c := range b.sim.All() {
		canaries = append(canaries, c.ID, c.SourceID)
	}
	for _, row := range mustRows(b) {
		if row.IsVisitor() {
			canaries = append(canaries, row.ID)
		}
	}
	if len(canaries) < 10 || told.Len() < 50_000 || !strings.Contains(told.String(), user) {
		t.Fatalf("%d canaries, %d bytes: the test did not get far", len(canaries), told.Len())
	}
	for where, text := range map[string]string{"pages": told.String(), "addresses and headers": addresses.String(), "the log": b.log.String()} {
		for _, canary := range canaries {
			if strings.Contains(text, canary) {
				t.Errorf("%s hold %q", where, canary)
			}
		}
		if where != "pages" && strings.Contains(text, user) {
			t.Errorf("%s say who it is about", where)
		}
	}
}
