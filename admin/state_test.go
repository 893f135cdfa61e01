package admin

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

type maicontactConfig = maicontact.Config

var links = regexp.MustCompile(`(?:href|action)="[^"]*"`)

// awayStore fails while it is away, and waits while it is slow.
type awayStore struct {
	contacts.Store
	away atomic.Bool
	slow atomic.Int64
}

var errAway = errors.New("gone away")

func (s *awayStore) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	if s.away.Load() {
		return contacts.Row{}, time.Time{}, errAway
	}
	select {
	case <-time.After(time.Duration(s.slow.Load())):
	case <-ctx.Done():
		return contacts.Row{}, time.Time{}, ctx.Err()
	}
	return s.Store.Get(ctx, p)
}

func (s *awayStore) Due(ctx context.Context, scope contacts.Scope, limit int) ([]contacts.Person, error) {
	if s.away.Load() {
		return nil, errAway
	}
	return s.Store.Due(ctx, scope, limit)
}

func (s *awayStore) ByContact(ctx context.Context, inbox string, id webchat.ContactID) (contacts.Row, error) {
	if s.away.Load() {
		return contacts.Row{}, errAway
	}
	return s.Store.ByContact(ctx, inbox, id)
}

func (s *awayStore) Count(ctx context.Context, scope contacts.Scope) (contacts.Counts, error) {
	if s.away.Load() {
		return contacts.Counts{}, errAway
	}
	return s.Store.Count(ctx, scope)
}

func (s *awayStore) Changed(ctx context.Context, scope contacts.Scope, since time.Time, limit int) (contacts.Changes, error) {
	if s.away.Load() {
		return contacts.Changes{}, errAway
	}
	return s.Store.Changed(ctx, scope, since, limit)
}

func (s *awayStore) Namespaces(ctx context.Context, inbox string) ([]string, error) {
	if s.away.Load() {
		return nil, errAway
	}
	return s.Store.Namespaces(ctx, inbox)
}

func mustRows(b *bed) []contacts.Row {
	b.t.Helper()
	rows, err := b.store.Rows(b.t.Context(), b.scope, contacts.Person{}, 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	return rows
}

// What is the matter, in every state that the page knows.
func TestFindings(t *testing.T) {
	t.Parallel()
	now := time.Now()
	well := operate.Stats{Breaker: operate.BreakerClosed, Running: true, FeedAt: now}
	with := func(change func(*operate.Stats)) operate.Stats {
		s := well
		change(&s)
		return s
	}
	answers := []int{200}
	for name, test := range map[string]struct {
		stats   operate.Stats
		lag     time.Duration
		backlog *operate.Backlog
		want    []string
		last    []int // statuses, the newest first; nil: it is not told of calls
	}{
		"well":      {well, time.Second, &operate.Backlog{Waiting: 3, Overdue: 2, Oldest: time.Minute}, []string{"good All is well: MaiAgent answers"}, []int{200, 503, 503, 503}},
		"no call":   {well, time.Second, &operate.Backlog{}, []string{"plain MaiAgent: no call yet; see Checks. Nothing else is the matter."}, []int{}},
		"no log":    {well, time.Second, &operate.Backlog{}, []string{"plain This process keeps no calls, so see Checks for whether MaiAgent answers. Nothing else is the matter."}, nil},
		"one fails": {well, time.Second, &operate.Backlog{}, []string{"warn The last call of this process to MaiAgent has failed (503, 3s ago)."}, []int{503, 200}},
		"the first": {well, time.Second, &operate.Backlog{}, []string{"warn The last call of this process to MaiAgent has failed (no reply, 3s ago)."}, []int{0}},
		"failing":   {well, time.Second, &operate.Backlog{}, []string{"warn The last 4 calls of this process to MaiAgent have failed (the last one: 503, 3s ago)."}, []int{503, 0, 429, 500, 404}},
		"failed once, long ago": {
			well, time.Second, &operate.Backlog{},
			[]string{"plain The last call of this process to MaiAgent has failed (503, 1h0m3s ago), and none was made since, so see Checks for whether it answers. Nothing else is the matter."}, []int{503, 200},
		},
		"down":        {with(func(s *operate.Stats) { s.Breaker = operate.BreakerOpen }), 0, &operate.Backlog{}, []string{"bad MaiAgent does not answer."}, answers},
		"probing":     {with(func(s *operate.Stats) { s.Breaker = operate.BreakerHalfOpen }), 0, &operate.Backlog{}, []string{"warn MaiAgent did not answer."}, answers},
		"no table":    {well, time.Minute, nil, []string{"bad The table does not answer.", "warn This process does not hear"}, answers},
		"not running": {with(func(s *operate.Stats) { s.Running = false }), -1, &operate.Backlog{}, []string{"warn Middleware.Run does not run"}, answers},
		"no feed":     {well, -1, &operate.Backlog{}, []string{"warn This process does not hear"}, answers},
		"retiring":    {with(func(s *operate.Stats) { s.Retiring = 7 }), 0, &operate.Backlog{}, []string{"warn 7 visitors have logged in"}, answers},
		"behind":      {well, 0, &operate.Backlog{Waiting: 9, Overdue: 8, Oldest: time.Hour}, []string{"warn 8 changes are overdue, the first of them for 1h0m. "}, answers},
	} {
		looked := now
		if strings.HasSuffix(name, "long ago") {
			looked = now.Add(time.Hour)
		}
		page := statePage{frame: frame{Now: looked}, Stats: test.stats, FeedLag: test.lag, Backlog: test.backlog, HasCalls: test.last != nil}
		for n, status := range test.last {
			page.Calls = append(page.Calls, operate.LoggedCall{Status: status, Ended: now.Add(-time.Duration(n+3) * time.Second)})
		}
		got := page.find()
		ok := len(got) == len(test.want)
		for i := range min(len(got), len(test.want)) {
			ok = ok && strings.HasPrefix(got[i].Tone+" "+got[i].Says, test.want[i])
		}
		if !ok {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// The state of a site at rest, and during an outage.
func TestState(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	b.get("/admin/").says(t, 200, "Middleware.Run does not run", "Breaker closed", "Calls under way 0 of 16", "Calls a second at most 100", "Run does not run",
		"Last word from other servers none yet", "Members 0", "Changes that wait none", "This process has made none.")
	b.run()
	b.member("ann")
	b.ask("")
	for deadline := time.Now().Add(10 * time.Second); b.operator.Stats().FeedAt.IsZero(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("there is no feed")
		}
	}
	r := b.get("/admin/").says(t, 200, "All is well", "Run runs", "Members 1", "Visitors 1", "create contact ok 2", "find contacts ok 1", "create contact ok 201")
	if strings.Contains(r.body, ">nobody<") {
		t.Error("a call was made for nobody")
	}
	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
	b.member("m")
	if r := b.get("/admin/").says(t, 200, "The last call of this process to MaiAgent has failed (503, ", "Breaker closed", "Longest wait –"); strings.Contains(r.body, "All is well") {
		t.Error("all is well where MaiAgent fails")
	}
	for n := range 7 {
		b.member(fmt.Sprint("m", n))
	}
	b.get("/admin/").says(t, 200, "MaiAgent does not answer. Calls are held back", "Breaker open", "Members 9", "find contacts failed")

	silent := newBed(t, func(c *Config, _ *maicontactConfig) { c.Calls = nil })
	if r := silent.get("/admin/"); strings.Contains(r.body, "Calls of the last") {
		t.Error("it shows calls that it does not know")
	}
	if r := silent.get(silent.find("ann")); strings.Contains(r.body, "last calls") {
		t.Error("it shows calls that it does not know")
	}
}

// Rows in trouble: the longest overdue first, then all of the table in parts.
func TestWaiting(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	b.get("/admin/waiting").says(t, 200, "Nothing is.", "Nobody.", "0 rows were looked at, up to the end of the table.")
	now := time.Now()
	for n := range 120 {
		b.change(fmt.Sprintf("m%03d", n), func(r *contacts.Row) {
			if n%2 == 0 {
				r.Due, r.Failures, r.Reason = now.Add(-time.Duration(n+1)*time.Minute), n, "find_contacts: status 500"
				r.LastCall = contacts.Call{Operation: "find_contacts", Outcome: "failed", At: now}
			}
		})
	}
	visitor := contacts.New(b.scope.Visitor("canary-visitor-key"), now)
	visitor.Refused = "name"
	if _, err := b.store.Put(t.Context(), visitor, contacts.Guard{}); err != nil {
		t.Fatal(err)
	}
	r := b.get("/admin/waiting").says(t, 200, "Overdue, the longest first", "m118 idle", "find contacts failed find_contacts: status 500 (118 times)", "99 rows were looked at, and there are more.")
	if first, last := strings.Index(r.body, ">m118<"), strings.Index(r.body, ">m080<"); first < 0 || last < first || strings.Contains(r.body, "m099") {
		t.Error("the overdue are out of order")
	}
	seen := map[string]int{}
	name := regexp.MustCompile(`>(m\d+|a visitor)</a>`)
	for pages := 1; ; pages++ {
		_, table, _ := strings.Cut(r.body, `id="all"`)
		last := ""
		for _, m := range name.FindAllStringSubmatch(table, -1) {
			last = m[1]
			seen[last]++
		}
		next := regexp.MustCompile(`href="(/admin/waiting\?after=[^"]*)"`).FindStringSubmatch(r.body)
		if next == nil {
			if pages != 2 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		r = b.get(next[1]).says(t, 200, "From the start")
		if strings.Contains(r.body, "Overdue, the longest first") || strings.Contains(next[1], last) {
			t.Error("the second page")
		}
	}
	for who, n := range seen {
		if n != 1 {
			t.Errorf("%s is told %d times", who, n)
		}
	}
	if len(seen) != 61 || seen["a visitor"] != 1 {
		t.Errorf("%d are told", len(seen))
	}
	if strings.Contains(r.body, "canary-visitor-key") {
		t.Error("a visitor's key is told")
	}
	at := regexp.MustCompile(`href="([^"]*)">a visitor<`).FindStringSubmatch(r.body)
	b.get(at[1]).says(t, 200, "A visitor", "Not taken name")
}

// The checks are made for one at a time, and told the worst first.
func TestChecks(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	b.get("/admin/checks").says(t, 200, "Make all checks", "key MaiAgent takes the API key")
	if n := len(b.sim.Requests()); n != 0 {
		t.Errorf("to look at the list made %d calls", n)
	}
	b.send("POST", "/admin/checks", nil).says(t, 200, "the worst first", "pass key MaiAgent takes the API key pass inbox", "pass embed The chat host serves the embed script pass table")
	b.change("ann", func(r *contacts.Row) { r.Refused = "phone" })
	r := b.send("POST", "/admin/checks", url.Values{}).says(t, 200, "warn refusals For 1 people MaiAgent has refused a part of the profile")
	if strings.Index(r.body, ">warn<") > strings.Index(r.body, ">pass<") {
		t.Error("the worst does not come first")
	}
	b.examining.Lock()
	b.send("POST", "/admin/checks", nil).says(t, 503, "being made already")
	b.examining.Unlock()
}
