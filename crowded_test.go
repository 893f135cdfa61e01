package maicontact_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// tally counts the reasons that OnAsk is told.
type tally struct {
	mu sync.Mutex
	n  map[maicontact.Reason]int
}

func (c *tally) count(_ context.Context, a maicontact.Ask) {
	if a.Reason == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[maicontact.Reason]int{}
	}
	c.n[a.Reason]++
}

// arrive asks for the script without any cookie, from an address.
func (s *site) arrive(remote string, header ...string) *http.Response {
	r := httptest.NewRequestWithContext(s.t.Context(), "GET", origin+"/webchat.js", nil)
	r.RemoteAddr = remote
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Result()
}

// Whoever throws cookies away makes no more contacts than the limits allow.
func TestNewVisitorsAreLimited(t *testing.T) {
	t.Parallel()
	type wave struct {
		after time.Duration
		asks  int
		from  func(i int) (remote string, header []string)
		made  int
	}
	one := func(int) (string, []string) { return "203.0.113.9:4444", nil }
	ports := func(i int) (string, []string) { return fmt.Sprint("203.0.113.9:", 1024+i), nil }
	many := func(i int) (string, []string) { return fmt.Sprintf("10.%d.%d.9:4444", i/250, i%250), nil }
	house := func(i int) (string, []string) { return fmt.Sprintf("[2001:db8:0:7::%x]:4444", i), nil }
	houses := func(i int) (string, []string) { return fmt.Sprintf("[2001:db8:0:%x::1]:4444", i), nil }
	forged := func(i int) (string, []string) {
		return "203.0.113.9:4444", []string{"X-Forwarded-For", fmt.Sprint("198.51.100.", i%250)}
	}
	byProxy := func(i int) (string, []string) {
		return "192.0.2.7:443", []string{"X-Forwarded-For", fmt.Sprint("198.51.100.", i%250), "X-Forwarded-For", "203.0.113.9"}
	}
	peopleByProxy := func(i int) (string, []string) {
		return "192.0.2.7:443", []string{"X-Forwarded-For", fmt.Sprint("198.51.100.", i%250)}
	}
	socket := func(int) (string, []string) { return "@", nil }
	listed := func(c *maicontact.Config) {
		c.Site.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")}
	}
	for _, row := range []struct {
		name   string
		config func(*maicontact.Config)
		waves  []wave
	}{
		{"one address", nil, []wave{{0, 1000, one, 20}, {10 * time.Second, 5, one, 1}, {25 * time.Second, 5, one, 2}, {time.Hour, 50, one, 20}}},
		{"one address, many ports", nil, []wave{{0, 100, ports, 20}}},
		{"many addresses", nil, []wave{{0, 150, many, 47}, {time.Second, 150, many, 40}, {2 * time.Second, 150, many, 32}}},
		{"one household", nil, []wave{{0, 100, house, 20}}},
		{"many households", nil, []wave{{0, 25, houses, 25}}},
		{"a forged header", nil, []wave{{0, 100, forged, 20}}},
		{"a forged header, proxies listed", listed, []wave{{0, 100, forged, 20}}},
		{"a forged header through a listed proxy", listed, []wave{{0, 100, byProxy, 20}}},
		{"people behind a listed proxy", listed, []wave{{0, 25, peopleByProxy, 25}}},
		{"people behind a proxy that is not listed", nil, []wave{{0, 25, peopleByProxy, 20}}},
		{"a Unix socket", nil, []wave{{0, 40, socket, 20}}},
		{"own numbers", func(c *maicontact.Config) {
			c.Visitors.Burst, c.Visitors.Interval, c.Visitors.PerSecond = 2, time.Minute, 3
		},
			[]wave{{0, 10, one, 2}, {0, 10, many, 1}, {time.Minute, 10, one, 1}}},
		{"no limit for a client", func(c *maicontact.Config) { c.Visitors.Burst = -1 }, []wave{{0, 100, one, 25}}},
		{"no limit", func(c *maicontact.Config) { c.Visitors.Burst, c.Visitors.PerSecond = -1, -1 }, []wave{{0, 120, one, 120}}},
	} {
		if raced && row.name != "many addresses" && row.name != "own numbers" {
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told tally
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
					c.Limits.CallsPerSecond, c.OnAsk = -1, told.count
					c.Visitors.Burst = 20
					if row.config != nil {
						row.config(c)
					}
				})
				refused := 0
				for i, w := range row.waves {
					time.Sleep(w.after)
					before, made := len(s.sim.Contacts()), 0
					for n := range w.asks {
						remote, header := w.from(n)
						response := s.arrive(remote, header...)
						cookies := len(response.Cookies())
						switch got := read(t, response); {
						case got.Contact != "" && cookies == 1:
							made++
						case !reflect.DeepEqual(got, answer{Status: 200, Reason: "too many new visitors"}) || cookies != 0:
							t.Fatalf("wave %d, ask %d: %+v with %d cookies", i, n, got, cookies)
						}
					}
					if upstream := len(s.sim.Contacts()) - before; made != w.made || upstream != w.made {
						t.Errorf("wave %d: %d told of a contact, %d made, want %d", i, made, upstream, w.made)
					}
					refused += w.asks - w.made
				}
				want := map[maicontact.Reason]int{maicontact.Crowded: refused}
				if refused == 0 {
					want = nil
				}
				if !reflect.DeepEqual(told.n, want) {
					t.Errorf("told %v, want %v", told.n, want)
				}
				for _, address := range []string{"203.0.113.", "198.51.100.", "2001:db8"} {
					if strings.Contains(s.log.String(), address) {
						t.Errorf("the log holds an address of %s", address)
					}
				}
			})
		})
	}
}

// Who is there already, and who is a member, does not feel an attack; a visitor
// who is turned away asks again and gets their contact.
func TestCrowdStopsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Visitors.PerSecond = 20 })
		s.member("u-alice", alice)
		s.member("u-bob", bob)
		known := s.browser()
		mine := known.contact()
		early := s.browser() // has its key, and no contact yet
		restore := s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
		if a := early.ask(); a.Reason != "unavailable" {
			t.Fatalf("answer %+v", a)
		}
		restore()
		leaving := s.browser()
		leaving.login("u-bob")
		former := listen(t, leaving.send("GET", "/webchat.json")).Epoch
		time.Sleep(time.Minute)
		stop := make(chan bool)
		var attack sync.WaitGroup
		attack.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
					s.arrive(fmt.Sprintf("192.0.2.1:%d", 1024+i%1000)).Body.Close()      // the address of the others
					s.arrive(fmt.Sprintf("10.%d.%d.9:1", i/250%250, i%250)).Body.Close() // and all others
				}
			}
		})
		time.Sleep(5 * time.Second)

		if id := known.contact(); id != mine {
			t.Error("a known visitor got another contact")
		}
		early.contact()
		member := s.browser()
		member.login("u-alice")
		member.contact()
		late := s.browser()
		if a := late.ask(); a.Reason != "too many new visitors" || late.cookie("maicontact") != "" {
			t.Errorf("a new visitor got %+v", a)
		}
		// The page of a member who has logged out learns that they are gone.
		leaving.logout()
		gone := listen(t, leaving.send("GET", "/webchat.json"))
		if gone.Reason != "too many new visitors" || gone.Epoch == "" || gone.Epoch == former {
			t.Errorf("after the logout %+v, before %q", gone, former)
		}
		close(stop)
		attack.Wait()
		time.Sleep(10 * time.Minute)
		late.contact()
		if n := strings.Count(s.log.String(), "level=WARN msg=\"maicontact: too many new visitors"); n != 1 {
			t.Errorf("%d warnings in some seconds, want one", n)
		}
	})
}

// deadSessions is a session store that keeps sessions on the server and fails
// when told to.
type deadSessions struct {
	*mapStore
	reads, writes atomic.Bool // fail
}

func (s *deadSessions) New(r *http.Request, name string) (*sessions.Session, error) {
	if s.reads.Load() {
		if _, err := r.Cookie(name); err == nil {
			return nil, errors.New("dial tcp: connection refused")
		}
	}
	return s.mapStore.New(r, name)
}

func (s *deadSessions) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	if s.writes.Load() {
		return errors.New("dial tcp: connection refused")
	}
	return s.mapStore.Save(r, w, session)
}

// While the session store is dead a visitor is told that the chat is unavailable,
// however often they ask, and it takes nothing of the limit: when the store is
// back, those who are known have their contact, and as many new ones as ever
// get theirs.
func TestDeadSessionStoreTakesNothingOfTheLimit(t *testing.T) {
	for _, row := range []struct {
		name          string
		reads, writes bool
	}{{"writing fails", false, true}, {"reading fails", true, false}, {"both fail", true, true}} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const burst = 5
				var told tally
				store := &deadSessions{mapStore: newMapStore()}
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
					c.Sessions, c.OnAsk = store, told.count
					c.Visitors.Burst, c.Visitors.PerSecond, c.Limits.CallsPerSecond = burst, 4*burst, -1
				})
				known := s.browser()
				mine := known.contact()
				time.Sleep(time.Hour) // the limit is as good as new
				contacts := len(s.sim.Contacts())
				stranger := "nobody's session" // the cookie of one that this process has not seen
				ask := func(cookie string) *http.Response {
					return s.arrive("192.0.2.1:1234", "Cookie", "maicontact="+cookie)
				}

				store.reads.Store(row.reads)
				store.writes.Store(row.writes)
				asks := 0
				for range 4 * burst {
					responses := []*http.Response{ask(stranger)}
					if row.writes { // without a cookie nothing is read
						responses = append(responses, s.arrive("192.0.2.1:1234"))
					}
					if row.reads {
						responses = append(responses, known.send("GET", "/webchat.js"))
					}
					for _, response := range responses {
						asks++
						if got := read(t, response); !reflect.DeepEqual(got, answer{Status: 200, Reason: "unavailable"}) || len(response.Cookies()) != 0 {
							t.Fatalf("ask %d: %+v with %d cookies", asks, got, len(response.Cookies()))
						}
					}
				}
				if want := map[maicontact.Reason]int{maicontact.Unavailable: asks}; !reflect.DeepEqual(told.n, want) {
					t.Errorf("told %v, want %v", told.n, want)
				}
				if n := len(s.sim.Contacts()); n != contacts {
					t.Errorf("%d contacts, want %d", n, contacts)
				}

				store.reads.Store(false)
				store.writes.Store(false)
				if known.contact() != mine {
					t.Error("a known visitor lost their contact")
				}
				for n := range burst {
					if got := read(t, s.arrive("192.0.2.1:1234")); got.Contact == "" {
						t.Errorf("new visitor %d after that: %+v", n, got)
					}
				}
				if got := read(t, s.arrive("192.0.2.1:1234")); got.Reason != "too many new visitors" {
					t.Errorf("one more: %+v", got)
				}
			})
		})
	}
}
