package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

const (
	modelRuns  = 3
	modelSteps = 150
)

func modelCases() []check {
	var cases []check
	for range modelRuns {
		seed := rand.Uint64()
		cases = append(cases, check{fmt.Sprintf("seed %d", seed), func(f *fixture) { runModel(f, seed) }})
	}
	return cases
}

// modelRun does the same random things to the store and to the model.
type modelRun struct {
	*fixture
	random  *rand.Rand
	model   *model
	persons []contacts.Person
	ids     []webchat.ContactID
	known   map[contacts.Person][]contacts.Row // all that was ever stored
}

// runModel compares the answer and everything else after each step.
func runModel(f *fixture, seed uint64) {
	r := &modelRun{
		fixture: f,
		random:  rand.New(rand.NewPCG(seed, 0)),
		model:   newModel(),
		ids:     []webchat.ContactID{"", newID(), newID()},
		known:   map[contacts.Person][]contacts.Row{},
	}
	for i := range 3 {
		r.persons = append(r.persons, f.scope.Member(fmt.Sprint(i)), f.scope.Visitor(fmt.Sprint(i)))
	}
	f.Logf("seed %d", seed)
	for step := range modelSteps {
		what := "Put"
		p := pick(r, r.persons)
		if r.random.IntN(6) == 0 {
			what = "Delete"
			r.delete(p)
		} else {
			r.put(p)
		}
		if f.Failed() {
			f.FailNow()
		}
		r.compare(fmt.Sprintf("step %d, %s of %s %s", step, what, p.Kind, p.ID))
	}
}

func pick[T any](r *modelRun, from []T) T { return from[r.random.IntN(len(from))] }

// row is the newest that the model knows of the person, or sometimes an older
// one, or a new one.
func (r *modelRun) row(p contacts.Person) contacts.Row {
	row, known := r.model.rows[p]
	if old := r.known[p]; len(old) > 0 && r.random.IntN(8) == 0 {
		return pick(r, old)
	}
	if !known || r.random.IntN(10) == 0 {
		row = contacts.New(p, r.now())
	}
	return row
}

func (r *modelRun) put(p contacts.Person) {
	now, row := r.now(), r.row(p)
	row.ContactID = pick(r, r.ids)
	if r.random.IntN(2) == 0 {
		row.Trust += r.random.Int64N(3)
	}
	row.Due, row.Expires, row.DoubtUntil = r.moment(now), r.moment(now), r.moment(now)
	row.Failures, row.Updated = r.random.IntN(100), now
	row.Life = contacts.Life(r.random.IntN(int(contacts.Reissuing) + 1))
	row.Waiting = nil
	if r.random.IntN(2) == 0 {
		waiting := profile(fmt.Sprint("p", r.random.IntN(100)), "vip")
		row.Waiting, row.Desired = &waiting, contacts.StampOf(waiting)
	}
	var guard contacts.Guard
	late := false
	switch r.random.IntN(6) {
	case 0:
		guard.NotAfter, late = now.Add(-time.Duration(1+r.random.IntN(1e6))*time.Millisecond), true
	case 1:
		guard.NotAfter = now.Add(time.Hour)
	}
	want := r.model.refusals(row, late)
	got, err := r.store.Put(r.ctx(), row, guard)
	switch {
	case len(want) == 0 && err == nil:
		r.model.put(row, got.Version)
		r.known[p] = append(r.known[p], got)
		r.equal(got, r.model.rows[p])
	case len(want) == 0 || !slices.ContainsFunc(want, func(one error) bool { return errors.Is(err, one) }):
		r.Errorf("Put: %v, want one of %v", err, want)
	}
}

// moment is never, long ago, or not soon.
func (r *modelRun) moment(now time.Time) time.Time {
	switch r.random.IntN(3) {
	case 0:
		return now.Add(-time.Duration(r.random.IntN(1e9)) * time.Millisecond)
	case 1:
		return now.Add(time.Hour)
	}
	return time.Time{}
}

func (r *modelRun) delete(p contacts.Person) {
	row := r.row(p)
	want := r.model.delete(row)
	if err := r.store.Delete(r.ctx(), row); !errors.Is(err, want) || want == nil && err != nil {
		r.Errorf("Delete: %v, want %v", err, want)
	}
}

// compare asks the store everything there is to ask.
func (r *modelRun) compare(when string) {
	r.Helper()
	r.Log(when)
	for _, p := range r.persons {
		if row, known := r.model.rows[p]; known {
			r.stored(row)
		} else {
			r.missing(p)
		}
	}
	for _, id := range append(r.ids[1:], newID()) {
		if row, taken := r.model.byContact(id); taken {
			r.has(id, row)
		} else {
			r.nobodyHas(id)
		}
	}
	r.lists(r.all(1+r.random.IntN(7)), r.model.all()...)
	now := r.now()
	var due []time.Time
	got, err := r.store.Due(r.ctx(), r.scope, 1000)
	for _, p := range got {
		due = append(due, r.model.rows[p].Due)
	}
	var persons []contacts.Person
	for _, row := range r.model.due(now) {
		persons = append(persons, row.Person)
	}
	r.fixture.persons("Due", got, err, persons...)
	if !slices.IsSortedFunc(due, time.Time.Compare) {
		r.Fatalf("due are, in this order, %v", due)
	}
	r.expireds(r.model.expired(now)...)
	r.changes(time.Unix(0, 0), r.model.changed()...)
	r.counts(r.model.counts(now))
}
