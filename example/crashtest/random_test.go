package crashtest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// faultRate is how many of all calls to MaiAgent go wrong.
const faultRate = 0.25

// injectFaults makes calls go wrong in every way.
func injectFaults(maiagent *webchattest.Server) {
	kinds := []webchattest.Fault{
		{Kind: webchattest.CutBefore}, {Kind: webchattest.CommitThenCut},
		{Kind: webchattest.Refuse}, {Kind: webchattest.CommitThenHTML},
		{Kind: webchattest.TooMany}, {Kind: webchattest.Truncated},
		{Kind: webchattest.WrongJSON}, {Kind: webchattest.Slow, Delay: time.Second},
		{Kind: webchattest.Hang}, {Kind: webchattest.CommitThenHang},
	}
	for _, fault := range kinds {
		// Each one gets only what those before it have let through.
		fault.Rate = 1 - math.Pow(1-faultRate, 1/float64(len(kinds)))
		maiagent.Inject(fault)
	}
}

func randomOnPostgreSQL(t *testing.T, program string) {
	// A cluster of its own: it is going to crash.
	cluster, err := postgrestest.Start()
	if err != nil {
		postgrestest.SkipOrFail(t, err)
	}
	t.Cleanup(cluster.Stop)
	w := newWorld(t, program, cluster.URL(), unreliable)
	members := w.run(3, 24, func() {
		if err := cluster.Crash(); err != nil {
			t.Error(err)
		}
		if err := cluster.Begin(); err != nil {
			t.Error(err)
		}
	})

	// Would it be seen if a member had two contacts?
	one := w.maiagent.Contacts()[slices.IndexFunc(w.maiagent.Contacts(), func(c webchattest.Contact) bool { return c.Email == members[0].email })]
	if err := createLike(w.maiagent, one); err != nil {
		t.Fatal(err)
	}
	want := []string{members[0].email + " has 2 live contacts"}
	if got := w.faults(members); !slices.Equal(got, want) {
		t.Errorf("with a second contact the faults are %q, not %q", got, want)
	}
}

func randomOnMariaDB(t *testing.T, program string) {
	server, err := mariadbtest.Start()
	if err != nil {
		mariadbtest.SkipOrFail(t, err)
	}
	t.Cleanup(server.Stop)
	newWorld(t, program, mariadbtest.Address(t, server.DSN(mariadbtest.Database)), unreliable).run(2, 8, func() {
		if err := server.Crash(); err != nil {
			t.Error(err)
		}
		if err := server.Begin(); err != nil {
			t.Error(err)
		}
	})
}

func randomOnSQLite(t *testing.T, program string) {
	newWorld(t, program, sqliteFile(t), webchattest.Options{SearchLag: time.Second}).run(1, 8, func() {})
}

// createLike makes a contact with the same source id.
func createLike(maiagent *webchattest.Server, c webchattest.Contact) error {
	body := fmt.Sprintf(`{"name": %q, "sourceId": %q, "inboxes": [{"id": %q}]}`, c.Name, c.SourceID, c.InboxIDs[0])
	r, err := http.NewRequest(http.MethodPost, maiagent.BaseURL()+"contacts/", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Api-Key "+maiagent.Options().APIKey)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

// run lets people use a site whose processes die, and looks at what is there
// when all is quiet again. It returns the people.
func (w *world) run(processes, people int, disaster func()) []*member {
	t := w.t
	if hasRaceDetector() {
		people /= 2 // passwords take a second each
	}
	var calm atomic.Bool
	calm.Store(true)
	var inCall atomic.Int32
	var shops []*shop
	var lines []*line
	closing := make(chan struct{})
	var open sync.WaitGroup
	closeAll := sync.OnceFunc(func() {
		close(closing)
		open.Wait()
	})
	for range processes {
		s, l := w.newShop(w.database)
		l.killWhen(func(*http.Request) moment {
			if calm.Load() || rand.IntN(100) >= 7 {
				return never
			}
			inCall.Add(1)
			return beforeCall + moment(rand.IntN(3))
		})
		shops, lines = append(shops, s), append(lines, l)
	}
	t.Cleanup(closeAll)
	for _, s := range shops {
		open.Go(func() { s.keepOpen(t, closing) })
	}

	stop := make(chan struct{})
	var living sync.WaitGroup
	var members []*member
	anyOpen := func() string { return shops[rand.IntN(len(shops))].url() }
	for i := range people {
		members = append(members, newMember(t.Context(), i+1))
	}
	if err := signUpAll(w, members, anyOpen); err != nil {
		t.Fatalf("%v: %s", err, shops[0].stderr.tail())
	}
	w.maiagent.ResetRequests()
	injectFaults(w.maiagent)
	calm.Store(false)
	for _, m := range members {
		living.Go(func() { m.live(w, anyOpen, stop) })
	}
	for i := range 4 * processes {
		living.Go(func() { visit(w, i, withAddress(100+i), anyOpen, stop) })
	}
	began := time.Now()
	disorderly(began.Add(*disorder/2), shops)
	disaster()
	disorderly(began.Add(*disorder), shops)
	calm.Store(true)
	faulty := 0
	requests := w.maiagent.Requests()
	for _, r := range requests {
		if r.Fault != "" {
			faulty++
		}
	}
	w.maiagent.ClearFaults()
	stopped := time.Now()
	close(stop)
	living.Wait()

	var sites []string
	deadline := time.Now().Add(patience)
	err := eventually(deadline, func() error {
		sites = nil
		for _, s := range shops {
			if s.url() == "" {
				return fmt.Errorf("a shop is closed: %s", s.stderr.tail())
			}
			sites = append(sites, s.url())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var settling sync.WaitGroup
	for _, m := range members {
		settling.Go(func() {
			if err := w.settle(m, deadline, sites); err != nil {
				t.Error(err)
			}
		})
	}
	settling.Wait()
	quiet := time.Since(stopped)
	if err := w.rest(deadline); err != nil { // visitors, too
		t.Error(err)
	}
	for _, l := range lines { // what is still under way could yet change something
		if err := eventually(deadline, func() error {
			if n := l.flying.Load(); n > 0 {
				return fmt.Errorf("%d calls do not end", n)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	for _, fault := range w.faults(members) {
		t.Error(fault)
	}
	secrets := w.secrets(members, sites[0])
	closeAll()
	kills := 0
	for _, s := range shops {
		s.stderr.check(t, secrets)
		kills += s.kills
	}
	visitors := w.ledger.visitors()
	t.Logf("%d kills, %d of them in a call; %d of %d calls went wrong; %d answers, %d visitors, in step after %v",
		kills, inCall.Load(), faulty, len(requests), w.ledger.answers(), visitors, quiet.Round(100*time.Millisecond))
	if kills == 0 || faulty == 0 || visitors == 0 {
		t.Error("nothing has happened")
	}
	return members
}

// signUpAll makes the accounts, two at a time: the passwords keep the
// processors busy.
func signUpAll(w *world, members []*member, open func() string) error {
	deadline := time.Now().Add(patience)
	var group errgroup.Group
	group.SetLimit(2)
	for _, m := range members {
		group.Go(func() error {
			return eventually(deadline, func() error {
				site := open()
				if site == "" {
					return errors.New("the shop is closed")
				}
				if m.number%2 == 0 { // was there before, as a visitor
					m.asVisitor(w, site)
				}
				return m.signUp(site)
			})
		})
	}
	return group.Wait()
}

// disorderly kills processes until then, some of them while they start.
func disorderly(until time.Time, shops []*shop) {
	life := 3 * time.Second
	if hasRaceDetector() {
		life *= 2 // they take longer to start
	}
	for time.Now().Before(until) {
		time.Sleep(rand.N(2 * life / time.Duration(len(shops))))
		shops[rand.IntN(len(shops))].kill()
	}
}
