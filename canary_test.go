package maicontact_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Unique values go through the hardest paths, and then stand in no log line,
// error, hook, header or address.
func TestCanary(t *testing.T) {
	t.Parallel()
	const apiKey = "canary-api-key-5d1f"
	canaries := map[string]string{
		"the API key": apiKey, "an email": "canary-mail@example.org", "a name": "Canary Name", "a phone": "+886999888777",
	}
	faults := []webchattest.Fault{
		{Kind: webchattest.CutBefore}, {Kind: webchattest.CommitThenCut}, {Kind: webchattest.CommitThenHTML},
		{Kind: webchattest.Truncated}, {Kind: webchattest.WrongJSON}, {Kind: webchattest.Refuse}, {Kind: webchattest.Refuse, Status: 400},
		{Kind: webchattest.Redirect}, {Kind: webchattest.TooMany}, {Kind: webchattest.Hang}, {Kind: webchattest.HTML, Status: 404},
	}
	operations := []string{webchattest.CreateContact, webchattest.ReplaceContact, webchattest.ListContacts, webchattest.DeleteContact, webchattest.GetContact}
	synctest.Test(t, func(t *testing.T) {
		var told syncBuffer
		s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
			o.APIKey, c.API.APIKey = apiKey, apiKey
			c.OnAsk = func(_ context.Context, a maicontact.Ask) { fmt.Fprintf(&told, "%v %+v %#v\n", a, a, a) }
			c.Visitors.Burst = -1
			c.API.OnCall = func(_ context.Context, call webchat.Call) { fmt.Fprintf(&told, "%+v %v\n", call, call.Err) }
		})
		tell := func(err error) {
			if err != nil {
				fmt.Fprintf(&told, "%v | %+v | %#v\n", err, err, errors.Unwrap(err))
			}
		}
		s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
			id, err := maicontact.ContactID(r.Context())
			tell(err)
			fmt.Fprintf(&told, "%v %s %q %+v %#v\n", id, id, id, id, id)
		})
		stop := s.run()
		user := 0
		for _, operation := range operations {
			for _, fault := range faults {
				fault.Operation = operation
				remove := s.sim.Inject(fault)
				user++
				id := fmt.Sprint("user-", user)
				profile := webchat.Profile{Name: canaries["a name"], Email: canaries["an email"], Phone: canaries["a phone"]}
				s.member(id, profile)
				b := s.browser()
				b.send("GET", "/page")
				b.login(id)
				b.send("GET", "/page")
				profile.Phone += "1"
				profile.QueryMetadata = metadata(t, id)
				s.member(id, profile)
				for _, path := range []string{"/webchat.js", "/webchat.json"} {
					header := b.send("GET", path).Header
					header.Del("Set-Cookie") // the session's own
					fmt.Fprintln(&told, header)
				}
				_, err := s.mc.Reissue(t.Context(), id)
				tell(err)
				_, err = s.mc.Erase(t.Context(), id)
				tell(err)
				tell(s.mc.Restore(t.Context(), id))
				time.Sleep(30 * time.Second)
				remove()
			}
		}
		time.Sleep(3 * time.Minute)
		if err := stop(); err != nil {
			t.Error(err)
		}
		for i, c := range s.sim.All() {
			canaries[fmt.Sprint("contact ", i)] = c.ID
		}
		if len(canaries) < 50 {
			t.Errorf("only %d canaries: the test did not get far", len(canaries))
		}
		for what, text := range map[string]string{"the log": s.log.String(), "errors and hooks": told.String()} {
			if len(text) < 1000 {
				t.Errorf("%s holds nothing", what)
			}
			for name, canary := range canaries {
				if strings.Contains(text, canary) {
					t.Errorf("%s of the site hold %s", what, name)
				}
			}
		}
	})
}

// Whatever holds a secret, or something personal, prints as a word: by fmt, slog
// and encoding/json, alone and inside of something else.
func TestNothingPrintsSecrets(t *testing.T) {
	const secret = "canary-0123456789abcdef0123456789"
	access, err := webchat.RawQueryMetadata([]byte(`{"note":"` + secret + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	profile := webchat.Profile{Name: secret, Email: secret, Phone: secret, QueryMetadata: access}
	var config maicontact.Config
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Sessions = sessions.NewCookieStore([]byte(secret))
		c.Visitors.Profile.Name = secret
		config = *c
	})
	config.API.APIKey = secret
	row := contacts.Row{ContactID: secret, Waiting: &profile}
	for name, v := range map[string]any{
		"Middleware": s.mc, "Config": config, "Member": maicontact.Member{ID: secret, Profile: profile},
		"Row": row, "Desired": contacts.Desired{Profile: profile},
		"error": fmt.Errorf("x: %w", &webchat.Error{Operation: "get_contact", Fields: map[string][]string{"email": {secret}}}),
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
			fmt.Fprintf(&out, verb+"\n", []any{v})
			fmt.Fprintf(&out, verb+"\n", struct{ Inside any }{v})
		}
		for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(handler).Info("x", "v", v, "list", []any{v}, "inside", struct{ Inside any }{v})
		}
		written, err := json.Marshal(map[string]any{"v": v})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		out.Write(written)
		text := out.String()
		if hexed := hex.EncodeToString([]byte(secret)); strings.Contains(text, secret) || strings.Contains(text, hexed) {
			t.Errorf("%s prints a secret:\n%s", name, text)
		}
	}
}
