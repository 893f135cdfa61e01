package maicontact_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func ownMetadata(t *testing.T, object string) webchat.QueryMetadata {
	t.Helper()
	m, err := webchat.RawQueryMetadata([]byte(object))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Keys of the site's own that are still there are not taken for the vendor's.
func TestOwnKeysAreTakenAway(t *testing.T) {
	for name, test := range map[string]struct{ before, after string }{
		"to none":    {`{"department":"board"}`, ""},
		"one of two": {`{"tier":"basic","department":"board"}`, `{"tier":"basic"}`},
		"a type":     {`{"type":"gold"}`, ""},
		"inside":     {`{"site":{"tier":"basic","department":"board"}}`, `{"site":{"tier":"basic"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				defer s.run()()
				profile := alice
				profile.QueryMetadata = ownMetadata(t, test.before)
				s.member("u-alice", profile)
				b := s.browser()
				b.login("u-alice")
				id := b.contact()
				s.sim.Switch(func(w *webchattest.Switches) { w.IgnoreAccess = true })
				profile.QueryMetadata = webchat.QueryMetadata{}
				if test.after != "" {
					profile.QueryMetadata = ownMetadata(t, test.after)
				}
				s.member("u-alice", profile)
				for range 3 {
					if a := b.ask(); a.Contact != "" {
						raw, _ := s.sim.AccessOf(id)
						t.Fatalf("the id is handed out while MaiAgent answers from %s", raw)
					}
					time.Sleep(10 * time.Second)
				}
				s.sim.Switch(func(w *webchattest.Switches) { w.IgnoreAccess = false })
				time.Sleep(10 * time.Minute)
				b.contact()
			})
		})
	}
}

// addsTier is a MaiAgent that shows a key of its own in all query metadata.
type addsTier struct{ next http.RoundTripper }

func (x addsTier) RoundTrip(r *http.Request) (*http.Response, error) {
	return rewritten(x.next, r, func(object map[string]any) {
		if q, ok := object["queryMetadata"]; ok {
			metadata, _ := q.(map[string]any)
			if metadata == nil {
				metadata = map[string]any{}
			}
			metadata["vendorTier"] = "7"
			object["queryMetadata"] = metadata
		}
	})
}

// Keys that MaiAgent adds itself lock out until the site says that they mean
// nothing.
func TestVendorKeys(t *testing.T) {
	for _, listed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			transport := &addsTier{}
			s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
				c.API.HTTPClient = &http.Client{Transport: transport}
				if listed {
					c.VendorKeys = []string{"vendor_tier"}
				}
			})
			transport.next = webchattest.InProcess(s.sim)
			s.member("u-alice", alice)
			b := s.browser()
			b.login("u-alice")
			if a := b.ask(); (a.Contact != "") != listed {
				t.Errorf("listed %v: told %+v", listed, a)
			}
			if !listed && !strings.Contains(s.log.String(), "Config.VendorKeys") {
				t.Error("the log does not say what to do")
			}
		})
	}
}

// terse is a MaiAgent that leaves query metadata which is empty out of its replies.
type terse struct{ next http.RoundTripper }

func (x terse) RoundTrip(r *http.Request) (*http.Response, error) {
	return rewritten(x.next, r, func(object map[string]any) {
		if q, ok := object["queryMetadata"]; ok {
			if metadata, isMap := q.(map[string]any); q == nil || isMap && len(metadata) == 0 {
				delete(object, "queryMetadata")
			}
		}
	})
}

// rewritten changes every object of a JSON reply.
func rewritten(next http.RoundTripper, r *http.Request, change func(map[string]any)) (*http.Response, error) {
	response, err := next.RoundTrip(r)
	if err != nil {
		return response, err
	}
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var reply any
	if json.Unmarshal(raw, &reply) == nil {
		var walk func(any)
		walk = func(v any) {
			switch v := v.(type) {
			case map[string]any:
				change(v)
				for _, inner := range v {
					walk(inner)
				}
			case []any:
				for _, inner := range v {
					walk(inner)
				}
			}
		}
		walk(reply)
		if raw, err = json.Marshal(reply); err != nil {
			return nil, err
		}
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	response.Header.Del("Content-Length")
	return response, nil
}

// Where contacts that are read tell their access, one that does not has none.
func TestAbsentAccessIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := &terse{}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
			c.API.HTTPClient = &http.Client{Transport: transport}
		})
		transport.next = webchattest.InProcess(s.sim)
		defer s.run()()
		vip := alice
		vip.QueryMetadata = metadata(t, "vip")
		s.member("u-alice", vip)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		vip.QueryMetadata = webchat.QueryMetadata{}
		s.member("u-alice", vip)
		if b.contact() != id || !holds(t, s, id, webchat.QueryMetadata{}) {
			t.Error("no permissions are not taken for confirmed")
		}
	})
}

// A phone that cannot be cleared is told as refused, also where the process has
// learnt of another member that null is not taken.
func TestClearedFieldThatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told refusals
		s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
			c.OnRefused = told.on
			o.Switches.RefuseNull, o.Switches.PutKeepsOmitted = []string{"phoneNumber"}, true
		})
		defer s.run()()
		bare := webchat.Profile{Name: "Bob", Email: "bob@example.org"}
		s.member("u-bob", bare)
		b := s.browser()
		b.login("u-bob")
		b.contact()
		bare.Name = "Bob Wu" // null is refused, which is learnt
		s.member("u-bob", bare)
		b.contact()
		time.Sleep(5 * time.Second)
		full := alice
		full.Phone = "+886 2 1234"
		s.member("u-alice", full)
		a := s.browser()
		a.login("u-alice")
		id := a.contact()
		full.Phone = ""
		s.member("u-alice", full)
		a.contact()
		time.Sleep(time.Minute)
		if phone := s.upstream(id).Phone; phone == "" || len(told.all()) != 1 || told.all()[0] != "u-alice [phone]" {
			t.Errorf("MaiAgent has the phone %q, told %q", phone, told.all())
		}
	})
}

// A source id whose form is refused is the site's or the library's fault, and no
// sign that somebody has it.
func TestRefusedFormOfASourceID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 400, Operation: webchattest.CreateContact,
			Body: `{"sourceId":["Ensure this field has no more than 20 characters."]}`})
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.ask()
		time.Sleep(10 * time.Minute)
		if a := b.ask(); a.Reason != "configuration" || s.row(alicePerson).Generation != 1 {
			t.Errorf("told %+v, generation %d", a, s.row(alicePerson).Generation)
		}
		if !strings.Contains(s.log.String(), `setting="source id"`) {
			t.Error("the log does not name what is refused")
		}
		_ = stop()
	})
}

// After a namespace was renamed a MaiAgent that refuses another source id keeps the
// old one; what is to be sent is sent.
func TestRenamedSourceIDThatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var config maicontact.Config
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		old := s.upstream(id).SourceID
		row := s.row(alicePerson) // what sqlstore.Rename does:
		row.Namespace, row.Version, row.Confirmed.Profile = "shop-new", 0, ""
		config.Store, config.Namespace = maicontact.NewMemoryStore(), "shop-new"
		if _, err := config.Store.Put(t.Context(), row, contacts.Guard{}); err != nil {
			t.Fatal(err)
		}
		config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
		s.store = config.Store
		s.build(config)
		defer s.run()()
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 400, Operation: webchattest.ReplaceContact,
			Match: func(_ *http.Request, body []byte) bool { return !bytes.Contains(body, []byte(old)) },
			Body:  `{"sourceId":["This field cannot be changed."]}`})
		less := alice
		less.QueryMetadata = metadata(t, "basic")
		s.member("u-alice", less)
		if b.contact() != id || !holds(t, s, id, less.QueryMetadata) || s.upstream(id).SourceID != old {
			t.Error("a revocation is held up by the source id")
		}
	})
}

// The inbox id is a UUID in any form, and one for all of them: a form that MaiAgent
// does not write is no other inbox.
func TestInboxIDInAnyForm(t *testing.T) {
	for _, form := range []string{
		strings.ToUpper(webchattest.DefaultInboxID), strings.ReplaceAll(webchattest.DefaultInboxID, "-", ""),
	} {
		s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
			c.InboxID, o.Switches.UndashedIDs = form, true
		})
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		if row := s.row(alicePerson); row.ContactID.Reveal() != id {
			t.Error("the row is of another scope")
		}
		if n := len(s.sim.Contacts()); n != 1 {
			t.Errorf("%d contacts", n)
		}
	}
	var config maicontact.Config
	newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
	config.InboxID = "shop"
	if _, err := maicontact.New(config); err == nil || !strings.Contains(err.Error(), "Config.InboxID") {
		t.Errorf("an inbox id that is no UUID: %v", err)
	}
}
