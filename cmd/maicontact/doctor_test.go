package main

import (
	"bytes"
	"database/sql"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/doctor"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const anotherUUID = "99999999-9999-4999-8999-999999999999"

// broken is one way in which a site's settings can be wrong.
type broken struct {
	name  string
	spoil func(b *bed)
	says  string // in the first line of all
	warn  bool   // it works for now
}

// set makes a setting something else.
func set(name, value string) func(*bed) { return func(b *bed) { b.env[name] = value } }

func refused(b *bed) string {
	b.Helper()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	closed.Close()
	return closed.Addr().String()
}

func webPage(b *bed) string {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<!doctype html><title>Hello</title>"))
	}))
	b.Cleanup(page.Close)
	return page.URL
}

func (b *bed) exec(statement string) {
	b.Helper()
	db, err := sql.Open("sqlite", b.path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		b.Fatal(err)
	}
}

// change changes a member's row by any means.
func (b *bed) change(id string, f func(*contacts.Row)) {
	b.Helper()
	at, err := contacts.Read(b.Context(), b.store, b.scope.Member(id))
	if err != nil {
		b.Fatal(err)
	}
	err = at.Change(b.Context(), func(row contacts.Row, _ time.Time) (contacts.Row, error) { f(&row); return row, nil })
	if err != nil {
		b.Fatal(err)
	}
}

var allBroken = []broken{
	{"no key", set("MAIAGENT_API_KEY", ""), "MAIAGENT_API_KEY: is required", false},
	{"a key with a blank", set("MAIAGENT_API_KEY", "a b"), "MAIAGENT_API_KEY: has white space", false},
	{"a key in typographic quotes", set("MAIAGENT_API_KEY", "“abc”"), "MAIAGENT_API_KEY: has white space or characters that do not belong", false},
	{"a base URL without scheme", set("MAIAGENT_BASE_URL", "api.maiagent.ai"), "MAIAGENT_BASE_URL: it must begin with https://", false},
	{"plain http", set("MAIAGENT_BASE_URL", "http://api.maiagent.ai"), "MAIAGENT_BASE_URL: it must use https", false},
	{"a base URL with a password", set("MAIAGENT_BASE_URL", "https://me:canary-api-key-0123456789@api.maiagent.ai"), "MAIAGENT_BASE_URL: it must not hold a user name", false},
	{"a base URL with a query", set("MAIAGENT_BASE_URL", "https://api.maiagent.ai/?x=1"), "MAIAGENT_BASE_URL: it must not have a query", false},
	{"a base URL with a fragment", set("MAIAGENT_BASE_URL", "https://api.maiagent.ai/#x"), "MAIAGENT_BASE_URL: it must not have a fragment", false},
	{"a base URL with a bad port", set("MAIAGENT_BASE_URL", "https://api.maiagent.ai:99999"), "MAIAGENT_BASE_URL: its port", false},
	{"a base URL that is none", set("MAIAGENT_BASE_URL", "https://%zz"), "MAIAGENT_BASE_URL: it cannot be parsed", false},
	{"no inbox", set("MAIAGENT_INBOX_ID", ""), "MAIAGENT_INBOX_ID: is required", false},
	{"an inbox that is a name", set("MAIAGENT_INBOX_ID", "my inbox"), "MAIAGENT_INBOX_ID: must be the id of the inbox", false},
	{"no web chat", set("MAIAGENT_WEBCHAT_ID", ""), "MAIAGENT_WEBCHAT_ID: is required", false},
	{"the inbox for the web chat", set("MAIAGENT_WEBCHAT_ID", webchattest.DefaultInboxID), "MAIAGENT_WEBCHAT_ID: is the same as MAIAGENT_INBOX_ID", false},
	{"an address for the web chat", set("MAIAGENT_WEBCHAT_ID", "https://chat.maiagent.ai/web-chats/1"), "MAIAGENT_WEBCHAT_ID: web chat id", false},
	{"a chat host over plain http", set("MAIAGENT_CHAT_URL", "http://chat.maiagent.ai"), "MAIAGENT_CHAT_URL: chat URL: it must use https", false},
	{"a chat host with a query", set("MAIAGENT_CHAT_URL", "https://chat.maiagent.ai?x"), "MAIAGENT_CHAT_URL: chat URL: it must not have a query", false},
	{"no database", set("DATABASE_URL", ""), "DATABASE_URL: is required", false},
	{"another database", set("DATABASE_URL", "mssql://root@localhost/shop"), "DATABASE_URL: must begin with sqlite:, postgres:// or mysql://", false},
	{"no file", set("DATABASE_URL", "sqlite:"), "DATABASE_URL: must name a file", false},
	{"a database in memory", set("DATABASE_URL", "sqlite::memory:"), "DATABASE_URL: must name a file", false},
	{"no directory", set("DATABASE_URL", "sqlite:/no/such/place/shop.db"), "DATABASE_URL: names a file in a directory that does not exist", false},
	{"a directory", func(b *bed) { b.env["DATABASE_URL"] = "sqlite:" + b.TempDir() }, "DATABASE_URL: must name a file, and this is none", false},
	{"a MySQL address without a database", set("DATABASE_URL", "mysql://shop:canary@example.com@x:3306"), "DATABASE_URL: cannot be read", false},
	{"a PostgreSQL address that is none", set("DATABASE_URL", "postgres://shop:canary@example.com@x:y/z"), "DATABASE_URL:", false},
	{"no namespace", set("SITE_NAMESPACE", ""), "SITE_NAMESPACE: must be the site's namespace", false},
	{"a namespace with a blank", set("SITE_NAMESPACE", "my shop"), "SITE_NAMESPACE: must be the site's namespace", false},
	{"a namespace that is too long", set("SITE_NAMESPACE", strings.Repeat("x", 65)), "SITE_NAMESPACE: must be the site's namespace", false},

	{"another key", set("MAIAGENT_API_KEY", "wrong"), "MAIAGENT_API_KEY: MaiAgent does not take it", false},
	{"the key of another organisation", func(b *bed) {
		b.sim.Switch(func(w *webchattest.Switches) { w.OtherKeys = []string{"theirs"} })
		b.env["MAIAGENT_API_KEY"] = "theirs"
	}, "MAIAGENT_INBOX_ID: the API key is not shown to read this inbox", false},
	{"an inbox that nobody has", set("MAIAGENT_INBOX_ID", anotherUUID), "MAIAGENT_INBOX_ID: it is none of the 2 inboxes", false},
	{"the two ids swapped", func(b *bed) {
		b.env["MAIAGENT_INBOX_ID"], b.env["MAIAGENT_WEBCHAT_ID"] = b.env["MAIAGENT_WEBCHAT_ID"], b.env["MAIAGENT_INBOX_ID"]
	}, "MAIAGENT_INBOX_ID: it is the id of a web chat; the inbox of that is " + webchattest.DefaultInboxID, false},
	{"the web chat of another inbox", set("MAIAGENT_INBOX_ID", secondInbox), "MAIAGENT_WEBCHAT_ID: this web chat belongs to the inbox " + webchattest.DefaultInboxID, false},
	{"a web chat that nobody has", set("MAIAGENT_WEBCHAT_ID", anotherUUID), "MAIAGENT_WEBCHAT_ID: no inbox of the API key has this web chat; that of the inbox is " + webchattest.DefaultWebChatID, false},
	{"nobody at the base URL", func(b *bed) { b.env["MAIAGENT_BASE_URL"] = "http://" + refused(b) }, "MAIAGENT_BASE_URL: nobody answers there: the connection is refused", false},
	{"a host that does not exist", set("MAIAGENT_BASE_URL", "https://maiagent.invalid"), "MAIAGENT_BASE_URL: nobody answers there", false},
	{"a web page at the base URL", func(b *bed) { b.env["MAIAGENT_BASE_URL"] = webPage(b) }, "MAIAGENT_BASE_URL: what answers there is not MaiAgent's API", false},
	{"another path", func(b *bed) { b.env["MAIAGENT_BASE_URL"] = b.sim.URL + "/rest" }, "MAIAGENT_BASE_URL: what answers there is not MaiAgent's API", false},
	{"https where there is http", func(b *bed) { b.env["MAIAGENT_BASE_URL"] = strings.Replace(b.sim.URL, "http:", "https:", 1) }, "MAIAGENT_BASE_URL: nobody answers there", false},
	{"MaiAgent is down", func(b *bed) { b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse}) }, "MaiAgent fails by itself (status 503)", false},
	{"too many calls", func(b *bed) { b.sim.Inject(webchattest.Fault{Kind: webchattest.TooMany}) }, "MaiAgent refuses more calls for now (status 429)", false},
	{"nobody at the chat host", func(b *bed) { b.env["MAIAGENT_CHAT_URL"] = "http://" + refused(b) }, "MAIAGENT_CHAT_URL: nobody answers there", false},
	{"another chat host", func(b *bed) {
		other := webchattest.NewServer(webchattest.Options{WebChatID: anotherUUID})
		b.Cleanup(other.Close)
		b.env["MAIAGENT_CHAT_URL"] = other.ChatURL()
	}, "MAIAGENT_CHAT_URL: the host does not know the web chat", false},
	{"a chat host without the embed", func(b *bed) { b.env["MAIAGENT_CHAT_URL"] = webPage(b) }, "MAIAGENT_CHAT_URL: what is at /js/embed.min.js is no script", false},

	{"a file that is not there", func(b *bed) { b.env["DATABASE_URL"] += ".missing" }, "DATABASE_URL: the SQLite file does not exist", false},
	{"a file that is no database", func(b *bed) {
		if err := os.WriteFile(b.path+".text", bytes.Repeat([]byte("something else"), 1000), 0o600); err != nil {
			b.Fatal(err)
		}
		b.env["DATABASE_URL"] += ".text"
	}, "DATABASE_URL: names a file that is no SQLite database; check the path", false},
	{"a table that is not migrated", func(b *bed) {
		if err := os.WriteFile(b.path+".empty", nil, 0o600); err != nil {
			b.Fatal(err)
		}
		b.env["DATABASE_URL"] += ".empty"
	}, "DATABASE_URL: the table cannot be used; see: maicontact migrate status", false},
	{"a table of a newer release", func(b *bed) { b.exec("UPDATE maicontact_schema SET version_id = 99 WHERE version_id = 1") }, "DATABASE_URL: the table cannot be used", false},
	{"a table that was taken away", func(b *bed) { b.exec("DROP TABLE maicontact_contacts") }, "DATABASE_URL: the table cannot be used", false},
	{"no MySQL", func(b *bed) { b.env["DATABASE_URL"] = "mysql://shop:canary@example.com@" + refused(b) + "/shop" }, "DATABASE_URL:", false},
	{"no PostgreSQL", func(b *bed) { b.env["DATABASE_URL"] = "postgres://shop:canary@example.com@" + refused(b) + "/shop" }, "DATABASE_URL:", false},
	{"another namespace", set("SITE_NAMESPACE", "shop-renamed"), "SITE_NAMESPACE: the table has people of this inbox under shop-test only", false},
	{"two people with one contact", func(b *bed) {
		b.member("8")
		b.exec("DROP INDEX maicontact_contacts_contact")
		b.exec("UPDATE maicontact_contacts SET contact_id = (SELECT contact_id FROM maicontact_contacts WHERE id = '7')")
	}, "DATABASE_URL: 1 people have the contact of another", false},

	{"a backlog", func(b *bed) { b.change("7", func(r *contacts.Row) { r.Due = r.Updated.Add(-time.Hour) }) }, "1 changes wait, the oldest for 1h0m", true},
	{"a refusal", func(b *bed) { b.change("7", func(r *contacts.Row) { r.Refused = "phone" }) }, "MaiAgent has refused a part of the profile", true},
	{"permissions that are not seen", func(b *bed) {
		b.change("7", func(r *contacts.Row) { r.Failures, r.LastCall.Outcome = 3, "unseen" })
	}, "MaiAgent does not show the permissions that were sent", true},
	{"a doubt that nobody ends", func(b *bed) { b.change("7", func(r *contacts.Row) { r.DoubtUntil = r.Updated.Add(-time.Hour) }) }, "1 people have a write of unknown outcome", true},
}

const secondInbox = "33333333-3333-4333-8333-333333333333"

func newDoctorBed(t *testing.T) *bed {
	t.Helper()
	b := newBed(t, webchattest.Options{OtherInboxIDs: []string{secondInbox}})
	b.open()
	b.member("7")
	return b
}

// The first line of what the doctor says names the cause.
func TestDoctorNamesTheCause(t *testing.T) {
	t.Parallel()
	for _, test := range allBroken {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newDoctorBed(t)
			test.spoil(b)
			o := b.run("doctor")
			first, _, _ := strings.Cut(o.stdout, "\n")
			if !strings.Contains(first, test.says) {
				t.Errorf("the first line is %q and not about %q\n%s", first, test.says, o.stdout)
			}
			if n := strings.Count(o.stdout, "fail  "); n != 1 && !test.warn {
				t.Errorf("one cause is told %d times:\n%s", n, o.stdout)
			}
			if test.warn {
				o.exits(exitDone)
				b.run("doctor", "--strict").exits(exitFindings)
			} else {
				o.exits(exitFindings)
			}
			if strings.Contains(o.stdout+o.stderr, "canary@") {
				t.Errorf("a password is printed: %s", o.stdout)
			}
		})
	}
	if len(allBroken) < 40 {
		t.Errorf("there are %d broken settings", len(allBroken))
	}
}

func TestDoctorOfAHealthySite(t *testing.T) {
	t.Parallel()
	b := newDoctorBed(t)
	before := b.table()
	var o outcome
	quickest := time.Hour
	for range 5 { // others may be at work on the machine
		start := time.Now()
		o = b.run("doctor", "--strict").exits(exitDone)
		quickest = min(quickest, time.Since(start))
	}
	if quickest > 3*time.Second {
		t.Errorf("it takes %s", quickest)
	}
	if n := strings.Count(o.stdout, "pass  "); n != len(doctor.Checks()) {
		t.Errorf("%d of %d pass:\n%s", n, len(doctor.Checks()), o.stdout)
	}
	for _, request := range b.sim.Requests() {
		if request.Method != http.MethodGet && request.Operation != webchattest.CreateContact {
			t.Errorf("it sends %s", request.Operation)
		}
	}
	if after := b.table(); len(after) != 1 || after[0] != before[0] {
		t.Error("the table has changed")
	}
}

func TestDoctorByName(t *testing.T) {
	t.Parallel()
	b := newDoctorBed(t)
	list := b.run("doctor", "--list", "--json").exits(exitDone).lines()
	if len(list) != len(doctor.Checks()) || list[0]["check"] != "settings" || list[0]["about"] == "" {
		t.Errorf("the list is %v", list)
	}
	got := b.run("doctor", "webchat", "--json").exits(exitDone).lines()
	if len(got) != 1 || got[0]["check"] != "webchat" || got[0]["state"] != "pass" {
		t.Errorf("one check tells %v", got)
	}
	b.env["MAIAGENT_API_KEY"] = "wrong"
	got = b.run("doctor", "webchat", "--json").exits(exitFindings).lines()
	if len(got) != 2 || got[0]["check"] != "key" || got[0]["state"] != "fail" || got[1]["state"] != "skip" || got[1]["because"] != "key" {
		t.Errorf("a check that cannot be made tells %v", got)
	}
	b.run("doctor", "table").exits(exitDone) // has nothing to do with the key
	b.run("doctor", "nonsense").exits(exitUsage)
}

// A MaiAgent that does not tell its inboxes is a warning, not a fault.
func TestDoctorWithoutTheListOfInboxes(t *testing.T) {
	t.Parallel()
	b := newDoctorBed(t)
	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ListInboxes, Status: 403})
	b.run("doctor").exits(exitDone).says("warn  webchat: MaiAgent does not say which web chat the inbox has")
}

// The id of the web chat in the place of the inbox's is one cause, and told once.
func TestDoctorOfAnInboxThatIsAWebChat(t *testing.T) {
	t.Parallel()
	b := newDoctorBed(t)
	o := b.run("doctor", "--inbox-id", webchattest.DefaultWebChatID).exits(exitFindings)
	if n := strings.Count(o.stdout, "fail  "); n != 1 {
		t.Errorf("one cause is told %d times", n)
	}
	o.says("MAIAGENT_INBOX_ID: it is the id of a web chat; the inbox of that is " + webchattest.DefaultInboxID)
}

// A check that rests on a setting that is missing says which.
func TestDoctorSaysWhichSettingIsMissing(t *testing.T) {
	t.Parallel()
	b := newDoctorBed(t)
	b.env["MAIAGENT_API_KEY"] = ""
	for _, check := range []string{"key", "inbox", "chathost"} {
		b.run("doctor", check).exits(exitFindings).says("fail  settings: MAIAGENT_API_KEY: is required", "skip  "+check+": not checked, because MAIAGENT_API_KEY is missing or wrong")
	}
}

// The address and the key can be tried without an inbox.
func TestDoctorWithoutAnInbox(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		spoil func(*bed)
		says  []string
	}{
		{"all is well", func(*bed) {}, []string{"pass  api: ", "pass  key: ", "skip  inbox: not checked, because MAIAGENT_INBOX_ID is missing or wrong"}},
		{"another key", set("MAIAGENT_API_KEY", "wrong"), []string{"pass  api: ", "fail  key: MAIAGENT_API_KEY: MaiAgent does not take it"}},
		{"nobody at the base URL", func(b *bed) { b.env["MAIAGENT_BASE_URL"] = "http://" + refused(b) }, []string{"fail  api: MAIAGENT_BASE_URL: nobody answers there"}},
		{"a web page at the base URL", func(b *bed) { b.env["MAIAGENT_BASE_URL"] = webPage(b) }, []string{"fail  api: MAIAGENT_BASE_URL: what answers there is not MaiAgent's API"}},
		{"no list of inboxes", func(b *bed) {
			b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ListInboxes, Status: 403})
		}, []string{"pass  api: ", "skip  key: not checked, because MAIAGENT_INBOX_ID is missing or wrong", "skip  webchat: not checked, because MAIAGENT_INBOX_ID is missing or wrong"}},
		{"no such list", func(b *bed) {
			b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ListInboxes, Status: 404})
		}, []string{"skip  api: not checked, because MAIAGENT_INBOX_ID is missing or wrong", "skip  key: not checked, because MAIAGENT_INBOX_ID"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newDoctorBed(t)
			b.env["MAIAGENT_INBOX_ID"] = ""
			test.spoil(b)
			b.run("doctor").exits(exitFindings).says(append(test.says, "fail  settings: MAIAGENT_INBOX_ID: is required")...)
		})
	}
}
