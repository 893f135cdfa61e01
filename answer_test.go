package maicontact_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// told is what the loader is told, in either form.
type told struct {
	Config map[string]any
	Embed  string
	Again  string
	Epoch  string
	Reason string
	Retry  bool
}

var callLine = regexp.MustCompile(`(?m)^\)\((\{.*\})\);$`)

// listen reads an answer in the form of the route that gave it.
func listen(t *testing.T, response *http.Response) told {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := body
	if response.Header.Get("Content-Type") != "application/json" {
		calls := callLine.FindAllSubmatch(body, -1)
		if len(calls) != 1 {
			t.Fatalf("the loader is called %d times:\n%s", len(calls), body)
		}
		text = calls[0][1]
	}
	var got told
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if line := configLine.FindSubmatch(body); line != nil {
		if err := json.Unmarshal(line[1], &got.Config); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

// Both forms say the same. The person has one epoch in every browser and
// process, and another person has another.
func TestEpoch(t *testing.T) {
	var config maicontact.Config
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
	s.member("u-alice", alice)
	s.member("u-bob", bob)
	config.API.HTTPClient = &http.Client{Transport: inProcess{s.sim}}
	epochs := map[string]string{}
	ask := func(who string, b *browser) {
		t.Helper()
		script, byJSON := listen(t, b.send("GET", "/webchat.js")), listen(t, b.send("GET", "/webchat.json", "Sec-Fetch-Dest", "empty"))
		want := told{Config: script.Config, Embed: config.Widget.EmbedURL(), Again: "/webchat.js", Epoch: script.Epoch}
		if len(script.Epoch) != 22 || script.Config["contactId"] == nil || !reflect.DeepEqual(script, want) {
			t.Fatalf("%s: the script says %+v, want %+v", who, script, want)
		}
		want.Again = ""
		if !reflect.DeepEqual(byJSON, want) {
			t.Errorf("%s: JSON says %+v, the script %+v", who, byJSON, script)
		}
		if before, ok := epochs[who]; ok && before != script.Epoch {
			t.Errorf("%s: the epoch changed", who)
		}
		for other, epoch := range epochs {
			if other != who && epoch == script.Epoch {
				t.Errorf("%s and %s have one epoch", who, other)
			}
		}
		epochs[who] = script.Epoch
	}
	first, second, visitor := s.browser(), s.browser(), s.browser()
	first.login("u-alice")
	second.login("u-alice")
	for _, process := range []string{"first", "second"} {
		ask("alice", first)
		ask("alice", second)
		ask("a visitor", visitor)
		ask("another visitor of "+process, s.browser())
		s.build(config)
	}
	second.login("u-bob")
	ask("bob", second)
	second.logout()
	ask("after logout", second)
}

// Every absence has its reason: the script's comment, the options, the JSON
// and one line of the log say the same, and nothing of the person.
func TestReasons(t *testing.T) {
	refuse := func(s *site, operation string) {
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: operation})
	}
	type row struct {
		name    string
		config  func(*maicontact.Config, *webchattest.Options)
		arrange func(t *testing.T, s *site, b *browser)
		method  string
		header  []string
		status  int
		want    told // of the script; JSON leaves Again out
		known   bool // the answer has an epoch
	}
	absent := func(reason maicontact.Reason, retry bool) told {
		return told{Again: "/webchat.js", Reason: string(reason), Retry: retry}
	}
	rows := []row{
		{name: "bot", header: []string{"User-Agent", "Examplebot/1.0"}, want: absent(maicontact.Bot, false)},
		{name: "prefetch", header: []string{"Sec-Purpose", "prefetch"}, want: absent(maicontact.Prefetch, true)},
		{name: "cross-site", header: []string{"Sec-Fetch-Site", "cross-site"}, status: 403, want: told{Reason: "cross-site"}},
		{name: "framed", header: []string{"Sec-Fetch-Dest", "iframe"}, status: 403, want: told{Reason: "not a script"}},
		{
			name: "visitor on a page of another site, which is listed", header: []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://partner.test"},
			config: func(c *maicontact.Config, _ *webchattest.Options) { c.AllowedOrigins = []string{"https://partner.test"} },
			want:   absent(maicontact.CrossSite, false),
		},
		{
			name: "budget", config: func(c *maicontact.Config, _ *webchattest.Options) { c.Budget = -1 },
			want: absent(maicontact.Budget, true), known: true,
		},
		{
			name: "declined",
			arrange: func(_ *testing.T, s *site, _ *browser) {
				s.identifyBy(func(*http.Request) (*maicontact.Member, error) { return nil, maicontact.ErrNoChat })
			},
			want: absent(maicontact.Declined, false), known: true,
		},
		{
			name: "erased",
			arrange: func(t *testing.T, s *site, b *browser) {
				b.login("u-alice")
				if _, err := s.mc.Erase(t.Context(), "u-alice"); err != nil {
					t.Fatal(err)
				}
			},
			want: absent(maicontact.Erased, false), known: true,
		},
		{
			name: "rejected",
			arrange: func(_ *testing.T, s *site, b *browser) {
				s.member("u-alice", webchat.Profile{Name: alice.Name, Email: "not an address"})
				b.login("u-alice")
			},
			want: absent(maicontact.Rejected, false), known: true,
		},
		{
			name: "permission pending",
			arrange: func(t *testing.T, s *site, b *browser) {
				b.login("u-alice")
				b.contact()
				refuse(s, webchattest.ReplaceContact)
				changed := alice
				changed.QueryMetadata = metadata(t, "basic")
				s.member("u-alice", changed)
			},
			want: absent(maicontact.PermissionPending, true), known: true,
		},
		{
			name:    "unavailable: MaiAgent",
			arrange: func(_ *testing.T, s *site, b *browser) { b.login("u-alice"); refuse(s, "") },
			want:    absent(maicontact.Unavailable, true), known: true,
		},
		{
			name: "unavailable: Identify", arrange: func(_ *testing.T, _ *site, b *browser) { b.login("nobody") },
			want: absent(maicontact.Unavailable, true),
		},
		{
			name: "configuration: API key", config: func(c *maicontact.Config, _ *webchattest.Options) { c.API.APIKey = "canary-key" },
			want: absent(maicontact.Misconfigured, false), known: true,
		},
		{
			name: "configuration: member without ID",
			arrange: func(_ *testing.T, s *site, _ *browser) {
				s.identifyBy(func(*http.Request) (*maicontact.Member, error) { return &maicontact.Member{Profile: alice}, nil })
			},
			want: absent(maicontact.Misconfigured, false),
		},
	}
	for _, row := range rows {
		for _, path := range []string{"/webchat.js", "/webchat.json"} {
			t.Run(row.name+path, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSite(t, row.config)
					s.member("u-alice", alice)
					b := s.browser()
					if row.arrange != nil {
						row.arrange(t, s, b)
					}
					before := len(s.log.String())
					response := b.send("GET", path, row.header...)
					if want := max(row.status, 200); response.StatusCode != want {
						t.Errorf("status %d, want %d", response.StatusCode, want)
					}
					body, _ := io.ReadAll(response.Body)
					if path == "/webchat.js" && !strings.HasPrefix(string(body), "// maicontact: no chat: "+row.want.Reason+"\n") {
						t.Errorf("the script begins with %.80q", body)
					}
					want := row.want
					if path == "/webchat.json" || row.status == 0 {
						response.Body = io.NopCloser(strings.NewReader(string(body)))
						got := listen(t, response)
						if (got.Epoch != "") != row.known {
							t.Errorf("epoch %q, known %v", got.Epoch, row.known)
						}
						want.Epoch = got.Epoch
						if path == "/webchat.json" {
							want.Again = ""
						}
						if !reflect.DeepEqual(got, want) {
							t.Errorf("told %+v, want %+v", got, want)
						}
					}
					log := s.log.String()[before:]
					if got, want := reasonsIn(log), []string{row.want.Reason}; !reflect.DeepEqual(got, want) {
						t.Errorf("reasons in the log %q, want %q:\n%s", got, want, log)
					}
					for _, secret := range []string{alice.Name, alice.Email, alice.Phone, "u-alice", "canary-key"} {
						if strings.Contains(s.log.String(), secret) {
							t.Errorf("the log holds %q", secret)
						}
					}
				})
			})
		}
	}
}

var noChatLine = regexp.MustCompile(`(?m)level=DEBUG msg="maicontact: no chat" reason=("[^"]*"|\S*)`)

// reasonsIn returns the reasons that the lines of a log say.
func reasonsIn(log string) []string {
	var reasons []string
	for _, line := range noChatLine.FindAllStringSubmatch(log, -1) {
		reasons = append(reasons, strings.Trim(line[1], `"`))
	}
	return reasons
}

// A reason is logged once, however often a request asks, and a page gets it.
func TestContactOrReason(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	type found struct {
		id     webchat.ContactID
		reason maicontact.Reason
	}
	var got []found
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("forget") {
			if err := maicontact.Forget(r.Context()); err != nil {
				t.Error(err)
			}
		}
		if r.URL.Query().Has("late") {
			io.WriteString(w, "a page")
		}
		got = nil
		for range 3 {
			id, reason := maicontact.ContactOrReason(r.Context())
			got = append(got, found{id, reason})
		}
	})
	b := s.browser()
	b.login("u-alice")
	id, _ := webchat.ParseContactID(b.contact())
	for path, want := range map[string]found{
		"/page": {id: id}, "/page?forget": {reason: maicontact.Forgotten}, "/page?late": {reason: maicontact.TooLate},
	} {
		before := len(s.log.String())
		b.send("GET", path)
		if !reflect.DeepEqual(got, []found{want, want, want}) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
		var logged []string
		if want.reason != "" {
			logged = []string{string(want.reason)}
		}
		if reasons := reasonsIn(s.log.String()[before:]); !reflect.DeepEqual(reasons, logged) {
			t.Errorf("%s: the log says %q, want %q", path, reasons, logged)
		}
	}
	if id, reason := maicontact.ContactOrReason(t.Context()); id != "" || reason != maicontact.Misconfigured {
		t.Errorf("without the middleware: %v, %q", id, reason)
	}
}
