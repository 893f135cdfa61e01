package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// createTime is how long MaiAgent takes to make a contact for a crowd.
const createTime = 50 * time.Millisecond

// crowdRow is one member whose first requests all come at once.
func crowdRow() row {
	return row{
		name:    "first_asks",
		figures: measureCrowd,
	}
}

func measureCrowd(howMuch size) ([]figure, error) {
	crowd, rounds := 1000, map[size]int{smoke: 1, short: 1, full: 9}[howMuch]
	if howMuch == smoke {
		crowd = 50
	}
	var all []crowdOutcome
	for range rounds {
		o, err := newMemberCrowd(crowd, false)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	left, err := newMemberCrowd(crowd, true)
	if err != nil {
		return nil, err
	}
	known, err := knownMemberCrowd(crowd)
	if err != nil {
		return nil, err
	}
	creates, refused, err := uncollapsedCrowd(crowd)
	if err != nil {
		return nil, err
	}
	floor, err := sharedSleep(crowd)
	if err != nil {
		return nil, err
	}
	most := slices.MaxFunc(all, func(a, b crowdOutcome) int { return int(a.creates - b.creates) })
	var p99 []float64
	reads, failed := 0, 0
	for _, o := range all {
		p99 = append(p99, float64(o.p99)/float64(createTime))
		reads, failed = max(reads, o.reads), failed+o.failed
	}
	waitBound := 1.2
	if howMuch != full {
		waitBound = 0 // a thousand requests at once need two cores of their own
	}
	return []figure{
		{name: "new member: creations", value: float64(most.creates), unit: "calls", most: 1, firm: true},
		{name: "new member: searches before it", value: float64(most.searches), unit: "calls", most: 1, firm: true},
		{name: "new member: reads of the store", value: float64(reads), unit: "queries", most: 1, firm: true},
		{name: "new member: writes to the store", value: float64(most.writes), unit: "writes", most: 3, firm: true},
		{name: "new member: requests that failed", value: float64(failed), unit: fmt.Sprintf("of %d", crowd*rounds), zero: true, firm: true},
		{name: "new member: p99 of the waits", value: quartilesOf(p99).median, unit: "x the call", most: waitBound},
		{name: "p99 of a handler that only shares a call as long", value: float64(floor) / float64(createTime), unit: "x the call"},
		{name: "first caller leaves: others that failed", value: float64(left.failed), unit: fmt.Sprintf("of %d", crowd-1), zero: true, firm: true},
		{name: "first caller leaves: creations", value: float64(left.creates), unit: "calls", most: 1, firm: true},
		{name: "known member: calls", value: float64(known.creates + known.searches), unit: "calls", zero: true, firm: true},
		{name: "known member: reads of the store", value: float64(known.reads), unit: "queries", most: 1, firm: true},
		{name: "known member: writes to the store", value: float64(known.writes), unit: "writes", zero: true, firm: true},
		{name: "known member: p99 of the waits", value: float64(known.p99) / 1e6, unit: "ms"},
		{name: "without collapsing: creations sent", value: float64(creates), unit: "calls"},
		{name: "without collapsing: of these refused", value: float64(refused), unit: "calls"},
	}, nil
}

// crowdOutcome is what a crowd cost, and how long its members waited.
type crowdOutcome struct {
	creates, searches, reads, writes, failed int
	p99                                      time.Duration
}

// newMemberCrowd is a member whom nobody knows yet, in an SQLite file.
func newMemberCrowd(crowd int, firstLeaves bool) (crowdOutcome, error) {
	t, err := newSQLiteTable(0)
	if err != nil {
		return crowdOutcome{}, err
	}
	defer t.close()
	return crowdAt(t.store, crowd, firstLeaves)
}

// knownMemberCrowd is a member who has a row, of which the process knows nothing.
func knownMemberCrowd(crowd int) (crowdOutcome, error) {
	t, err := newSQLiteTable(2)
	if err != nil {
		return crowdOutcome{}, err
	}
	defer t.close()
	return crowdAt(t.store, crowd, false)
}

func crowdAt(store contacts.Store, crowd int, firstLeaves bool) (o crowdOutcome, err error) {
	sim := webchattest.NewServer(webchattest.Options{})
	defer sim.Close()
	counted := &countedStore{Store: store}
	c, err := crowdConfig(sim, 1)
	if err != nil {
		return o, err
	}
	c.Store = counted
	alice, other := crowdMember(1, 1), crowdMember(2, 1)
	c.Identify = func(r *http.Request) (*maicontact.Member, error) {
		if r.Header.Get("Number") == "1" {
			return alice, nil
		}
		return other, nil
	}
	m, err := maicontact.New(c)
	if err != nil {
		return o, err
	}
	stop := runBeside(m)
	defer func() { err = errors.Join(err, stop()) }()
	handler := m.Handler(crowdPage)
	if err := inTheKnow(handler, counted, crowdRequest(2)); err != nil {
		return o, err
	}
	used, err := newRememberer()
	if err != nil {
		return o, err
	}
	defer used.close()
	counted.reset()
	sim.ResetRequests()
	sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Operation: "create_contact", Delay: createTime})

	answers, waits := gather(handler, used.handler, crowd, firstLeaves)
	from := 0
	if firstLeaves {
		if answers[0] != "" {
			return o, errors.New("the first caller was answered before it could leave")
		}
		from = 1
	}
	for _, a := range answers[from:] {
		if a == "" || a != answers[crowd-1] {
			o.failed++
		}
	}
	o.p99 = p99Of(waits[from:])
	o.creates, o.searches = sim.Count("create_contact"), sim.Count("list_contacts")
	o.reads, o.writes = int(counted.reads.Load()), int(counted.writes.Load())
	return o, nil
}

// inTheKnow waits until Run knows what has changed elsewhere: from then on the
// process answers from its memory.
func inTheKnow(handler http.Handler, rows *countedStore, r *http.Request) error {
	w := newSink()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		before := rows.reads.Load()
		w.reset()
		handler.ServeHTTP(w, r.Clone(r.Context()))
		switch {
		case w.status != http.StatusOK:
			return fmt.Errorf("status %d: %s", w.status, w.body)
		case rows.reads.Load() == before:
			return nil
		case time.Now().After(deadline):
			return errors.New("each ask reads the row")
		}
	}
}

// gather sends the requests of a crowd, all at once, or once the first is under
// way, which leaves then. They come on goroutines that have served another site
// before, as those of open connections have.
func gather(handler, used http.Handler, crowd int, firstLeaves bool) (answers []string, waits []time.Duration) {
	answers, waits = make([]string, crowd), make([]time.Duration, crowd)
	var ready, done sync.WaitGroup
	first, others := make(chan struct{}), make(chan struct{})
	for i := range crowd {
		ready.Add(1)
		done.Go(func() {
			w, r := newSink(), crowdRequest(1)
			used.ServeHTTP(w, crowdRequest(1))
			w.reset()
			begin := others
			if i == 0 {
				begin = first
				if firstLeaves {
					ctx, leave := context.WithCancel(context.Background())
					defer leave()
					r = r.WithContext(ctx)
					go func() {
						<-first
						time.Sleep(createTime / 5)
						leave()
					}()
				}
			}
			ready.Done()
			<-begin
			start := time.Now()
			handler.ServeHTTP(w, r)
			waits[i] = time.Since(start)
			if w.status == http.StatusOK {
				answers[i] = string(w.body)
			}
		})
	}
	ready.Wait()
	runtime.GC()
	close(first)
	if firstLeaves {
		time.Sleep(createTime / 10)
	}
	close(others)
	done.Wait()
	return answers, waits
}

func p99Of(waits []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(waits))[len(waits)*99/100]
}
