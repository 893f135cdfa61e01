package main

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const adminPassword = "canary-admin-password-3c"

func basic(password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+password))
}

// Without a password there are no pages at all, whatever is sent.
func TestNoAdmin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	nothing := s.browser().get("/nothing")
	for _, path := range []string{"/admin", "/admin/", "/admin/person"} {
		for _, password := range []string{"", adminPassword} {
			r := s.browser().do("GET", path, nil, "Authorization", basic(password))
			if r.StatusCode != 404 || r.body != nothing.body || r.Header["Www-Authenticate"] != nil {
				t.Errorf("%s: %d %v", path, r.StatusCode, r.Header)
			}
		}
	}
}

// Only who knows the password gets in, and nothing of the pages is in what others
// are answered.
func TestAdminPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.env["ADMIN_PASSWORD"] = adminPassword
	s.restart()
	for name, header := range map[string][]string{
		"nothing": nil, "no password": {"Authorization", basic("")}, "a part": {"Authorization", basic(adminPassword[:20])},
		"more": {"Authorization", basic(adminPassword + "x")}, "another case": {"Authorization", basic(strings.ToUpper(adminPassword))},
		"no Basic": {"Authorization", "Bearer " + adminPassword}, "no base64": {"Authorization", "Basic " + adminPassword},
	} {
		for _, path := range []string{"/admin/", "/admin/checks", "/admin/nothing"} {
			for _, method := range []string{"GET", "POST", "HEAD"} {
				r := s.browser().do(method, path, nil, append(header, "Sec-Fetch-Site", "same-origin")...)
				if r.StatusCode != 401 || r.Header.Get("Www-Authenticate") != `Basic realm="the shop's administration", charset="UTF-8"` ||
					r.Header.Get("Cache-Control") != "no-store" || method != "HEAD" && r.body != "The password of the administration is needed.\n" {
					t.Errorf("%s, %s %s: %d %q %v", name, method, path, r.StatusCode, r.body, r.Header)
				}
			}
		}
	}
	r := s.browser().do("GET", "/admin/", nil, "Authorization", basic(adminPassword))
	policy := r.Header.Get("Content-Security-Policy")
	if r.StatusCode != 200 || !strings.Contains(r.body, "no call yet; see Checks") && !strings.Contains(r.body, "does not hear") || !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	if log := s.stderr.String(); strings.Contains(log, adminPassword) {
		t.Error("the log holds the password")
	}
}

// A short password is warned of, without being told.
func TestShortAdminPassword(t *testing.T) {
	t.Parallel()
	for password, warns := range map[string]bool{"": false, "canary-1234": true, adminPassword: false} {
		s, err := readSettings(func(name string) string {
			return map[string]string{"ADMIN_PASSWORD": password, "DATABASE_URL": "sqlite:" + t.TempDir() + "/shop.db", "SESSION_KEY": canarySessionKey}[name]
		})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(s.warnings, "\n")
		if strings.Contains(got, "ADMIN_PASSWORD is short") != warns || strings.Contains(got, "canary") {
			t.Errorf("%q: %q", password, got)
		}
	}
}

// What is done on a page is done to the shop's member: from the look-up to the chat
// that is gone, and back.
func TestAdminActs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.env["ADMIN_PASSWORD"] = adminPassword
	s.restart()
	member := s.browser()
	member.signUp("ana@example.com", "Ana")
	id := member.contactID()
	person := s.row(id).Person
	admin := s.browser()
	send := func(method, path, form string, header ...string) reply {
		t.Helper()
		return admin.do(method, path, strings.NewReader(form), append([]string{
			"Authorization", basic(adminPassword), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin",
		}, header...)...)
	}
	at := send("POST", "/admin/person", "member="+person.ID).Header.Get("Location")
	if at == "" || strings.Contains(at, person.ID) {
		t.Fatalf("the look-up leads to %q", at)
	}
	if r := send("POST", at+"/suspend", "", "Sec-Fetch-Site", "cross-site"); r.StatusCode != http.StatusForbidden {
		t.Errorf("another site's form: %d", r.StatusCode)
	}
	for _, step := range []struct {
		action string
		state  contacts.State
		ends   bool // there is no chat
	}{{"suspend", contacts.StateSuspended, true}, {"resume", contacts.StateSettled, false}, {"reissue", contacts.StateIdle, false}, {"erase", contacts.StateErased, true}, {"restore", contacts.StateIdle, false}} {
		r := send("POST", at+"/"+step.action, "")
		if r.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", step.action, r.StatusCode, r.body)
		}
		page := send("GET", r.Header.Get("Location"), "")
		state := regexp.MustCompile(`<dt>State</dt><dd><span class="mark \w+">(\w+)<`).FindStringSubmatch(page.body)
		if len(state) != 2 || state[1] != string(step.state) {
			t.Errorf("%s: the page says %q", step.action, state)
		}
		if got := member.script(); (got.config == nil) != step.ends {
			t.Errorf("%s: the member gets %q", step.action, got.reason)
		}
	}
	if newest := member.contactID(); newest == id || s.row(newest).Person != person {
		t.Error("the member has no new contact")
	}
	if n := s.sim.Count(webchattest.DeleteContact); n < 2 {
		t.Errorf("%d contacts were deleted", n)
	}
}
