package doctor_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/doctor"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func newSite(t *testing.T) (doctor.Site, contacts.Store) {
	t.Helper()
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		t.Fatal(err)
	}
	store := contacts.NewMemoryStore()
	return doctor.Site{
		API: client, InboxID: webchattest.DefaultInboxID, Namespace: "shop",
		Widget: webchat.Widget{WebChatID: webchattest.DefaultWebChatID, ChatURL: sim.ChatURL()},
		Table:  func(context.Context) (contacts.Store, error) { return store, nil },
	}, store
}

func examine(t *testing.T, s doctor.Site, names ...string) (all []doctor.Result) {
	t.Helper()
	if err := doctor.Examine(t.Context(), s, func(r doctor.Result) { all = append(all, r) }, names...); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	all := examine(t, site)
	if len(all) != len(doctor.Checks()) {
		t.Errorf("%d results", len(all))
	}
	for i, check := range doctor.Checks() {
		if all[i].Check != check.Name || all[i].State != doctor.Pass {
			t.Errorf("%+v", all[i])
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	site.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	if all := examine(t, site, "clock"); len(all) != 1 || all[0].State != doctor.Warn || !strings.Contains(all[0].Says, "1h0m0s apart") {
		t.Errorf("%+v", all)
	}
}

// Without names of its own a setting is called as the library's Config does.
func TestNames(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	site.Namespace = ""
	site.Faults = []doctor.Fault{{Setting: doctor.Namespace, Says: "is missing"}}
	all := examine(t, site, "namespace")
	if len(all) != 2 || all[0].Says != "Config.Namespace: is missing" || all[1].State != doctor.Skip || all[1].Because != "settings" {
		t.Errorf("%+v", all)
	}
}

// No more rows are looked at than was said, and it is told.
func TestMaxRows(t *testing.T) {
	t.Parallel()
	site, store := newSite(t)
	scope := contacts.Scope{Namespace: "shop", InboxID: site.InboxID}
	for n := range 600 {
		row := contacts.New(scope.Member(strconv.Itoa(n)), time.Now())
		row.Refused = "phone"
		if _, err := store.Put(t.Context(), row, contacts.Guard{}); err != nil {
			t.Fatal(err)
		}
	}
	site.MaxRows = 500
	if all := examine(t, site, "refusals"); len(all) != 1 || !strings.HasPrefix(all[0].Says, "for 500 people") || !strings.HasSuffix(all[0].Says, "(only a part of the table was looked at)") {
		t.Errorf("%+v", all)
	}
	site.MaxRows = -1
	if all := examine(t, site, "refusals"); len(all) != 1 || !strings.HasPrefix(all[0].Says, "for 600 people") {
		t.Errorf("%+v", all)
	}
}

// brokenStore fails once it is open.
type brokenStore struct{ contacts.Store }

func (brokenStore) Changed(context.Context, contacts.Scope, time.Time, int) (contacts.Changes, error) {
	return contacts.Changes{}, errors.New("gone away")
}

func TestTableGoesAway(t *testing.T) {
	t.Parallel()
	site, store := newSite(t)
	site.Table = func(context.Context) (contacts.Store, error) { return brokenStore{store}, nil }
	for _, name := range []string{"clock", "backlog", "refusals", "doubt", "duplicates"} {
		if all := examine(t, site, name); len(all) != 1 || all[0].State != doctor.Fail || !strings.Contains(all[0].Says, "the table cannot be read: gone away") {
			t.Errorf("%+v", all)
		}
	}
}

func TestUnknownCheck(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	if err := doctor.Examine(t.Context(), site, func(doctor.Result) { t.Error("a result") }, "nonsense"); err == nil {
		t.Error("no error")
	}
}
