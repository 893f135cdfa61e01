package crashtest

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// TestSoak lets people use two processes for a while. One stays, so that it
// could grow; the other is ended again and again, and so is PostgreSQL.
func TestSoak(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for leases to run out")
	}
	cluster, err := postgrestest.Start()
	if err != nil {
		postgrestest.SkipOrFail(t, err)
	}
	t.Cleanup(cluster.Stop)
	w := newWorld(t, build(t), cluster.URL(), unreliable)
	var seen witness
	steady, _ := w.newShop(w.database)
	restarted, _ := w.newShop(w.database)
	stays, err := steady.start()
	if err != nil {
		t.Fatalf("%v: %s", err, steady.stderr.tail())
	}
	closing := make(chan struct{})
	var open sync.WaitGroup
	closeAll := sync.OnceFunc(func() {
		close(closing)
		open.Wait()
	})
	t.Cleanup(closeAll)
	open.Go(func() { restarted.keepOpen(t, closing) })
	anyOpen := func() string { return []*shop{steady, restarted}[rand.IntN(2)].url() }

	people := 8
	if hasRaceDetector() {
		people /= 2 // passwords take a second each
	}
	var members []*member
	for i := range people {
		m := newMember(t.Context(), i+1)
		m.browser.client.Transport = seen.as(m.number)
		members = append(members, m)
	}
	if err := signUpAll(w, members, anyOpen); err != nil {
		t.Fatalf("%v: %s", err, steady.stderr.tail())
	}
	w.maiagent.ResetRequests()
	injectFaults(w.maiagent)
	began := time.Now()
	stop := make(chan struct{})
	var living sync.WaitGroup
	for _, m := range members {
		living.Go(func() { m.comeAndGo(w, anyOpen, stop) })
	}
	for i := range 6 {
		living.Go(func() { visit(w, 100+i, seen.as(100+i), anyOpen, stop) })
	}
	var figures []figure
	living.Go(func() { figures = watch(t, stays, stop) })
	var ends struct{ drained, killed, database atomic.Int32 }
	living.Go(func() { // the other process, killed first: a drain may take longer than a short soak
		for calm := min(*soak/6, 8*time.Second); pause(calm, stop); {
			if ends.killed.Load() > ends.drained.Load() {
				ends.drained.Add(drain(t, restarted, &seen))
				continue
			}
			if at := restarted.url(); at != "" {
				seen.processEnds(hostOf(at))
				restarted.kill()
				ends.killed.Add(1)
			}
		}
	})
	living.Go(func() { // the database
		for calm := min(*soak/4, 15*time.Second); pause(calm, stop); ends.database.Add(1) {
			seen.databaseEnds()
			if err := errors.Join(cluster.Crash(), cluster.Begin()); err != nil {
				t.Error(err)
			}
			seen.databaseIsBack()
		}
	})
	time.Sleep(*soak)
	// On a slow machine it takes longer until everything has happened once.
	if err := eventually(time.Now().Add(patience), func() error {
		_, faulty := calls(w.maiagent)
		if ends.drained.Load() == 0 || ends.killed.Load() == 0 || ends.database.Load() == 0 || faulty == 0 || seen.excuses() == 0 {
			return errors.New("nothing has happened")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	close(stop)
	living.Wait()
	lasted := time.Since(began)
	requests, faulty := calls(w.maiagent)
	w.maiagent.ClearFaults()

	quiet := time.Now()
	deadline := quiet.Add(patience)
	var settling sync.WaitGroup
	for _, m := range members {
		settling.Go(func() {
			if err := eventually(deadline, func() error {
				site, other := steady.url(), restarted.url()
				if other == "" {
					return errors.New("the other shop is closed")
				}
				if !m.isLoggedIn(site) {
					if err := m.logIn(site); err != nil {
						return err
					}
				}
				return w.settled(m, []string{site, other})
			}); err != nil {
				t.Error(err)
			}
		})
	}
	settling.Wait()
	settled := time.Since(quiet)
	if err := w.rest(deadline); err != nil { // visitors, too
		t.Error(err)
	}
	for _, fault := range w.faults(members) {
		t.Error(fault)
	}
	for i, wrong := range seen.wrong {
		if i == 20 {
			t.Errorf("and %d more", len(seen.wrong)-i)
			break
		}
		t.Error(wrong)
	}
	secrets := w.secrets(members, steady.url())
	closeAll()
	steady.stderr.check(t, secrets)
	restarted.stderr.check(t, secrets)

	fresh, _ := w.newShop(w.database)
	if _, err := fresh.start(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ask(members[0].browser, fresh.url(), members[0].email); err != nil {
		t.Error(err)
	}
	few, many := fresh.goroutines(), steady.goroutines()
	t.Logf("%v: %d replies, of which %d failed while what they need was down; %d of %d calls to MaiAgent went wrong",
		lasted.Round(time.Second), seen.replies, seen.excused, faulty, requests)
	t.Logf("%d drains, %d kills, %d crashes of PostgreSQL; %d contacts were given, %d exist; all members in step after %v",
		ends.drained.Load(), ends.killed.Load(), ends.database.Load(), w.ledger.answers(), len(w.maiagent.Contacts()), settled.Round(100*time.Millisecond))
	// A third of the time is the warm-up.
	third := len(figures) / 3
	if third == 0 {
		t.Fatal("the size of the process was not measured")
	}
	middle, last := median(figures[third:2*third]), median(figures[2*third:])
	t.Logf("resident memory %d KB warming up, then %d KB, at last %d KB; threads %d, %d, %d; goroutines %d when fresh, %d at the end",
		median(figures[:third]).resident, middle.resident, last.resident,
		median(figures[:third]).threads, middle.threads, last.threads, few, many)
	if last.resident > middle.resident*5/4+4096 {
		t.Errorf("the memory has grown from %d KB to %d KB", middle.resident, last.resident)
	}
	// Kept connections to MaiAgent have two each, those to PostgreSQL one.
	if few == 0 || many > few+3*16 {
		t.Errorf("%d goroutines are left, a fresh process has %d", many, few)
	}
}

// calls counts the calls to MaiAgent, and those that went wrong.
func calls(sim *webchattest.Server) (all, faulty int) {
	for _, r := range sim.Requests() {
		all++
		if r.Fault != "" {
			faulty++
		}
	}
	return all, faulty
}

// drain ends a process in the friendly way, and returns 1 when there was one.
func drain(t *testing.T, s *shop, seen *witness) int32 {
	at := s.url()
	if at == "" {
		return 0
	}
	seen.processEnds(hostOf(at))
	p := s.signal(syscall.SIGTERM)
	if p == nil {
		return 0
	}
	began := time.Now()
	select {
	case <-p.ended:
		if code := p.command.ProcessState.ExitCode(); code != 0 {
			t.Errorf("the process ended with %d after SIGTERM: %s", code, s.stderr.tail())
		}
	case <-time.After(30 * time.Second):
		t.Errorf("the process did not end %v after SIGTERM", time.Since(began))
		p.kill()
	}
	return 1
}

// pause reports false when it is time to stop.
func pause(d time.Duration, stop <-chan struct{}) bool {
	select {
	case <-stop:
		return false
	case <-time.After(d):
		return true
	}
}

func hostOf(site string) string { return strings.TrimPrefix(site, "http://") }
