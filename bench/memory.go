package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// memoryRow is what a process keeps of the members it has answered for.
func memoryRow() row {
	return row{name: "memory", figures: measureMemory}
}

func measureMemory(howMuch size) ([]figure, error) {
	// Fewer than are kept by default: one that is dropped would take nothing.
	sizes := map[size][]int{smoke: {1000}, short: {10_000}, full: {10_000, 90_000}}[howMuch]
	var found []figure
	for _, members := range sizes {
		p, err := newRememberer()
		if err != nil {
			return nil, err
		}
		used, err := p.fill(members)
		p.close()
		if err != nil {
			return nil, err
		}
		f := figure{name: fmt.Sprintf("of one of %d members", members), value: used, unit: "B"}
		if howMuch != smoke {
			f.most, f.firm = 260, true
		}
		found = append(found, f)
	}
	if howMuch != full {
		return found, nil
	}
	more, err := measureBound()
	return append(found, more), err
}

// measureBound is what three times as many members as are kept by default take,
// over what those take that are kept.
func measureBound() (figure, error) {
	const kept = 99_999 // and the one with whom fill begins
	p, err := newRememberer()
	if err != nil {
		return figure{}, err
	}
	defer p.close()
	some, err := p.fill(kept)
	if err != nil {
		return figure{}, err
	}
	before := heapInUse()
	for n := kept; n < 3*kept && err == nil; n++ {
		err = p.ask(newSink(), n+2)
	}
	all := some*kept + heapInUse() - before
	runtime.KeepAlive(p)
	return figure{name: fmt.Sprintf("of %d members, over that of %d", 3*(kept+1), kept+1), value: all / (some * kept), unit: "x", most: 1.2}, err
}

// rememberer is a process on a store that has everybody and answers at once.
type rememberer struct {
	middleware *maicontact.Middleware
	handler    http.Handler
	close      func()
}

func newRememberer() (*rememberer, error) {
	sim := webchattest.NewServer(webchattest.Options{})
	c, err := crowdConfig(sim, 1)
	if err != nil {
		sim.Close()
		return nil, err
	}
	c.Store = everybody{}
	m, err := maicontact.New(c)
	if err != nil {
		sim.Close()
		return nil, err
	}
	return &rememberer{m, m.Handler(crowdPage), sim.Close}, nil
}

// fill lets each member ask once, and returns the bytes that stay for one.
func (p *rememberer) fill(members int) (perMember float64, err error) {
	w := newSink()
	if err := p.ask(w, members+1); err != nil { // what is made with the first request
		return 0, err
	}
	before := heapInUse()
	for n := range members {
		if err := p.ask(w, n+1); err != nil {
			return 0, err
		}
	}
	used := heapInUse() - before
	runtime.KeepAlive(p)
	return used / float64(members), nil
}

func (p *rememberer) ask(w *sink, n int) error {
	w.reset()
	p.handler.ServeHTTP(w, crowdRequest(n))
	return w.mustHold(crowdContact(n))
}

func heapInUse() float64 {
	runtime.GC()
	runtime.GC() // what the first has freed of pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// everybody is a store in which every member has a confirmed contact and
// nothing waits.
type everybody struct{ contacts.Store }

// Get implements [contacts.Store].
func (everybody) Get(_ context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	var head uint32
	var n int
	now := time.Now()
	if _, err := fmt.Sscanf(p.ID, "%08x-5ca1-4000-8000-%012x", &head, &n); err != nil {
		return contacts.Row{}, now, err
	}
	desired := crowdDesired(n)
	return contacts.Row{
		Person: p, Version: 1, ContactID: crowdContact(n), Generation: 1,
		Desired: desired.Stamp, Confirmed: desired.Stamp, Revision: desired.Revision,
	}, now, nil
}

// Due implements [contacts.Store].
func (everybody) Due(context.Context, contacts.Scope, int) ([]contacts.Person, error) {
	return nil, nil
}

// Changed implements [contacts.Store].
func (everybody) Changed(context.Context, contacts.Scope, time.Time, int) (contacts.Changes, error) {
	return contacts.Changes{Now: time.Now()}, nil
}

// Expired implements [contacts.Store].
func (everybody) Expired(context.Context, contacts.Scope, int) ([]contacts.Person, error) {
	return nil, nil
}

// Count implements [contacts.Store].
func (everybody) Count(context.Context, contacts.Scope) (contacts.Counts, error) {
	return contacts.Counts{}, nil
}
