package maicontact_test

import (
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

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
			config: func(c *maicontact.Config, _ *webchattest.Options) {
				c.Site.AllowedOrigins = []string{"https://partner.test"}
			},
			want: absent(maicontact.CrossSite, false),
		},
		{
			name: "budget", config: func(c *maicontact.Config, _ *webchattest.Options) { c.Timing.Budget = -1 },
			want: absent(maicontact.Budget, true), known: true,
		},
		{
			name: "too many new visitors", config: func(c *maicontact.Config, _ *webchattest.Options) { c.Visitors.Burst = 1 },
			arrange: func(_ *testing.T, s *site, _ *browser) { s.browser().contact() },
			want:    absent(maicontact.Crowded, true), known: true,
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
				s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 400, Operation: webchattest.CreateContact})
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
						switch {
						case path == "/webchat.json":
							want.Again = ""
						case strings.Contains(row.name, "which is listed"):
							want.Again = origin + want.Again // absolute for a page of another site
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
