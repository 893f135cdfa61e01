package maicontact_test

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
)

// Logout forgets, and names each kind of data once, whatever the application
// names before or after.
func TestLogout(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	var before, after []string
	var kinds []maicontact.SiteData
	var result error
	s.mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		for _, line := range before {
			w.Header().Add("Clear-Site-Data", line)
		}
		result = maicontact.Logout(r.Context(), kinds...)
		for _, line := range after {
			w.Header().Add("Clear-Site-Data", line)
		}
		if id, reason := maicontact.ContactOrReason(r.Context()); id != "" || reason != maicontact.Forgotten {
			t.Errorf("after Logout: %v, %q", id, reason)
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	for name, test := range map[string]struct {
		before, after []string
		kinds         []maicontact.SiteData
		want          []string
		fault         string
	}{
		"nothing to clear":           {},
		"the application's alone":    {before: []string{`"cache"`}, want: []string{`"cache"`}},
		"storage":                    {kinds: []maicontact.SiteData{maicontact.ClearWholeSiteStorage}, want: []string{`"storage"`}},
		"all kinds":                  {kinds: []maicontact.SiteData{maicontact.ClearWholeSiteStorage, maicontact.ClearWholeSiteCache, maicontact.ClearWholeSiteCookies}, want: []string{`"storage", "cache", "cookies"`}},
		"one kind twice":             {kinds: []maicontact.SiteData{maicontact.ClearWholeSiteCache, maicontact.ClearWholeSiteCache}, want: []string{`"cache"`}},
		"merged with one before":     {before: []string{`"cache"`}, kinds: []maicontact.SiteData{maicontact.ClearWholeSiteStorage}, want: []string{`"cache", "storage"`}},
		"merged with one after":      {after: []string{`"cache"`}, kinds: []maicontact.SiteData{maicontact.ClearWholeSiteStorage}, want: []string{`"cache", "storage"`}},
		"named before already":       {before: []string{`"cache" ,"storage"`, `"storage"`}, kinds: []maicontact.SiteData{maicontact.ClearWholeSiteStorage}, want: []string{`"cache", "storage"`}},
		"everything is cleared":      {before: []string{`"*"`}, kinds: []maicontact.SiteData{maicontact.ClearWholeSiteStorage}, want: []string{`"*"`}},
		"an unknown kind, and known": {kinds: []maicontact.SiteData{"histories", maicontact.ClearWholeSiteStorage}, want: []string{`"storage"`}, fault: `"histories" is no kind`},
		"a kind in quotes":           {kinds: []maicontact.SiteData{`"storage"`}, fault: "use ClearWholeSiteStorage"},
	} {
		b := s.browser()
		b.login("u-alice")
		b.contact()
		before, after, kinds = test.before, test.after, test.kinds
		response := b.send("POST", "/logout")
		if got := response.Header["Clear-Site-Data"]; !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: Clear-Site-Data %q, want %q", name, got, test.want)
		}
		if (result == nil) != (test.fault == "") || result != nil && !strings.Contains(result.Error(), test.fault) {
			t.Errorf("%s: error %v", name, result)
		}
		if b.cookie("maicontact") != "" || response.StatusCode != 303 || response.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: not forgotten, or not private: %d %v", name, response.StatusCode, response.Header)
		}
		// A browser without our cookie is told to clear, too.
		bare := s.browser().send("POST", "/logout")
		if got := bare.Header["Clear-Site-Data"]; !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s, without a cookie: Clear-Site-Data %q, want %q", name, got, test.want)
		}
		if private := bare.Header.Get("Cache-Control") == "private, no-store"; private != (len(test.want) > 0 && len(test.kinds) > 0) {
			t.Errorf("%s, without a cookie: %v", name, bare.Header)
		}
	}
}

// When the reply has begun it is too late, and the error says what to do.
func TestLogoutTooLate(t *testing.T) {
	s := newSite(t, nil)
	var result error
	s.mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "bye")
		result = maicontact.Logout(r.Context(), "histories", maicontact.ClearWholeSiteStorage)
	})
	b := s.browser()
	b.contact()
	response := b.send("POST", "/logout")
	if _, set := response.Header["Clear-Site-Data"]; set || b.cookie("maicontact") == "" {
		t.Errorf("header %v", response.Header)
	}
	for _, want := range []string{"no kind of data", "the reply has begun", "before anything of the reply is written"} {
		if result == nil || !strings.Contains(result.Error(), want) {
			t.Errorf("error %v does not say %q", result, want)
		}
	}
	if err := maicontact.Logout(t.Context()); !errors.Is(err, maicontact.ErrNoMiddleware) {
		t.Errorf("without the middleware: %v", err)
	}
}
