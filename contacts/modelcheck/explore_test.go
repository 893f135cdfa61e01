package modelcheck

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// model explores one configuration of one machine.
type model struct {
	config
	machine
	next    []step // from the state that is being looked at
	resting map[state]struct{}
}

func (m *model) add(e event, s state) {
	m.normalize(&s)
	m.next = append(m.next, step{e, s})
}

func (m *model) addWork(i int, what string, s state) { m.add(m.workerEvent(i, what), s) }

func (m *model) workerEvent(i int, what string) event {
	return event{[]string{"worker A", "worker B"}[i], what, 0}
}

// start is the world before anything has happened.
func (m *model) start() state {
	s := state{left: m.left}
	s.row = row{life: live, generation: 1, due: never, lease: never, doubt: never}
	if m.left.links > 0 {
		s.contacts[foreignID-1] = contact{generation: foreign}
	}
	return s
}

// steps returns everything that may happen next.
func (m *model) steps(s state) []step {
	m.next = m.next[:0]
	m.act(s)
	m.work(s, 0)
	m.work(s, 1)
	m.land(s)
	m.deleteByHand(s)
	m.putPending(s)
	if next, changed := m.tick(s); changed {
		m.next = append(m.next, step{event{"time", "passes", 0}, next})
	}
	return m.next
}

// finding is a fault and the shortest way to it.
type finding struct {
	fault fault
	trace []string
}

func (f *finding) String() string {
	return f.fault.String() + "\n\t" + strings.Join(f.trace, "\n\t")
}

// explore looks at every state that can be reached, nearest first. It returns
// how many there are, and the first fault.
func explore(c config, x machine, most int) (int, *finding) {
	m := &model{config: c, machine: x, resting: map[state]struct{}{}}
	type origin struct {
		from  int32
		event event
	}
	states := []state{m.start()}
	origins := []origin{{-1, event{}}}
	seen := map[state]struct{}{states[0]: {}}
	for i := 0; i < len(states); i++ {
		f := m.check(&states[i])
		var rest []string
		if f == fine {
			f, rest = m.comeToRest(states[i])
		}
		if f != fine {
			trace := rest
			for j := int32(i); j >= 0; j = origins[j].from {
				trace = append([]string{fmt.Sprintf("%v\n\t\t%v", origins[j].event, states[j])}, trace...)
			}
			return len(states), &finding{f, trace}
		}
		if len(states) > most {
			return len(states), &finding{fault: tooManyStates}
		}
		for _, n := range m.steps(states[i]) {
			if _, ok := seen[n.state]; !ok {
				seen[n.state] = struct{}{}
				states = append(states, n.state)
				origins = append(origins, origin{int32(i), n.event})
			}
		}
	}
	return len(states), nil
}

// comeToRest lets the workers crash, and a fresh one do all there is to do with
// a MaiAgent that works.
func (m *model) comeToRest(s state) (fault, []string) {
	s.workers = [2]worker{}
	s.left = budget{}
	s.pending = pendingPut{}
	m.normalize(&s)
	var path []state
	var trace []string
	tired := false // the worker has just ended its work
	for {
		if _, ok := m.resting[s]; ok {
			break
		}
		if path = append(path, s); len(path) == 100 {
			return restless, append(trace[:20], "and so on")
		}
		was := s
		m.next = m.next[:0]
		m.land(s)
		if n := len(m.next); n > 0 {
			m.next = m.next[n-1:]
		} else if next, changed := m.tick(s); changed && tired {
			m.next = append(m.next, step{event{"time", "passes", 0}, next})
		} else {
			if s.workers[1].at != idle {
				m.work(s, 1)
			} else {
				m.work(s, 0)
			}
			if len(m.next) == 0 && changed {
				m.next = append(m.next, step{event{"time", "passes", 0}, next})
			}
		}
		if len(m.next) == 0 {
			if m.isAtRest(&s) {
				break
			}
			again, ok := m.askAgain(s)
			if !ok {
				return restless, append(trace, "and nothing happens any more")
			}
			m.next = append(m.next, step{event{"person", "asks again", 0}, again})
		}
		n := m.next[0]
		s = n.state
		tired = was.isWorkedOn() && !s.isWorkedOn()
		trace = append(trace, fmt.Sprintf("(rest) %v\n\t\t%v", n.event, s))
	}
	for _, p := range path {
		m.resting[p] = struct{}{}
	}
	return fine, nil
}

func (s *state) isWorkedOn() bool { return s.workers != [2]worker{} }

// askAgain is the person who asks with the profile of before. It is needed where
// the row does not know it any more, as it was confirmed once.
func (m *model) askAgain(s state) (state, bool) {
	if s.row.life != live || s.wanted == 0 || s.row.waiting != 0 {
		return s, false
	}
	c := s.row.real()
	next, err := m.setDesired(c, profiles[s.wanted], now)
	if err != nil {
		return s, false
	}
	before := s.row
	s.store(m.fake(&s, c, next, 0), m.plusOne)
	return s, s.row != before
}

func TestRow(t *testing.T) {
	for _, c := range configs {
		if tiny && c.name != "deleted" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			begun := time.Now()
			n, found := explore(c, real(), 3_000_000)
			t.Logf("%d states in %v", n, time.Since(begun).Round(time.Millisecond))
			if found != nil {
				t.Fatal(found)
			}
		})
	}
}

var configs = []config{
	{name: "small", lease: 1, doubt: 1, lag: 1, unique: true, writes: 2, profiles: 2, left: budget{asks: 2}},
	{name: "three asks", lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 2, left: budget{asks: 3}},
	{name: "name only", lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 3, left: budget{asks: 2}},
	{name: "long lease", lease: 2, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 2, left: budget{asks: 2}},
	{name: "long doubt", lease: 1, doubt: 2, lag: 0, unique: true, writes: 1, profiles: 2, left: budget{asks: 2}},
	{name: "not unique", lease: 1, doubt: 1, lag: 1, writes: 1, profiles: 2, left: budget{asks: 2, failing: 1}},
	{name: "too late", lease: 1, doubt: 1, lag: 1, writes: 2, profiles: 1, tooLate: 1, left: budget{asks: 1, late: 1}},
	{name: "repeats", lease: 1, doubt: 1, lag: 0, unique: true, repeats: true, writes: 2, profiles: 2, left: budget{asks: 2}},
	{name: "erasure", lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 1, left: budget{asks: 2, erasures: 1, reissues: 1, restores: 1}},
	{name: "erasure not unique", lease: 1, doubt: 1, lag: 1, writes: 1, profiles: 1, left: budget{asks: 2, erasures: 1, restores: 1}},
	{name: "suspended", lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 1, left: budget{asks: 1, suspensions: 1, resumes: 1}},
	{name: "suspended and changed", lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 2, left: budget{asks: 2, suspensions: 1}},
	{name: "suspended late", one: true, lease: 1, doubt: 1, lag: 1, unique: true, writes: 1, profiles: 1, left: budget{asks: 1, suspensions: 2, resumes: 1}},
	{name: "suspended twice and changed", one: true, lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 2, left: budget{asks: 2, suspensions: 2, resumes: 2}},
	{name: "suspended within a lease", one: true, lease: 2, doubt: 1, lag: 0, unique: true, repeats: true, writes: 2, profiles: 2, left: budget{asks: 2, suspensions: 1, resumes: 1}},
	{name: "suspended and deleted", lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 1, left: budget{asks: 1, suspensions: 1, deletions: 1}},
	{name: "suspended and erased", lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 1, left: budget{asks: 1, suspensions: 1, erasures: 1}},
	{name: "deleted", lease: 1, doubt: 1, lag: 1, unique: true, writes: 1, profiles: 1, left: budget{asks: 1, deletions: 1}},
	{name: "deleted and changed", lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 2, left: budget{asks: 2, deletions: 1}},
	{name: "held", lease: 1, doubt: 1, lag: 1, unique: true, held: true, writes: 1, profiles: 1, left: budget{asks: 1, deletions: 1}},
	{name: "unclear", lease: 1, doubt: 1, lag: 0, unique: true, writes: 0, profiles: 1, left: budget{asks: 1, unclear: 1}},
	{name: "unclear change", one: true, lease: 1, doubt: 1, lag: 0, unique: true, writes: 0, profiles: 2, left: budget{asks: 2, unclear: 1}},
	{name: "unclear erasure", lease: 1, doubt: 1, lag: 0, unique: true, writes: 0, profiles: 1, left: budget{asks: 1, erasures: 1, unclear: 1}},
	{name: "linked", lease: 1, doubt: 1, lag: 1, unique: true, writes: 1, profiles: 1, left: budget{asks: 1, links: 1}},
	{name: "linked and changed", lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 2, left: budget{asks: 2, links: 1}},
	{name: "linked, not unique", one: true, lease: 1, doubt: 1, lag: 0, writes: 1, profiles: 2, left: budget{asks: 2, links: 1}},
	{name: "linked and erased", one: true, lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 1, left: budget{asks: 1, links: 1, erasures: 1, suspensions: 1}},
	{name: "unconfirmed", lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 2, left: budget{asks: 2, unconfirms: 1}},
	{name: "unconfirmed and deleted", one: true, lease: 1, doubt: 1, lag: 1, unique: true, writes: 1, profiles: 1, left: budget{asks: 1, unconfirms: 1, deletions: 1}},
	{name: "outrun", one: true, lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 2, left: budget{asks: 2, outruns: 1}},
	{name: "outrun and suspended", one: true, lease: 1, doubt: 1, lag: 0, unique: true, writes: 1, profiles: 1, left: budget{asks: 1, suspensions: 1, resumes: 1, erasures: 1, outruns: 1}},
	{name: "erased again", lease: 1, doubt: 1, lag: 1, unique: true, writes: 1, profiles: 1, left: budget{asks: 2, erasures: 1, restores: 1, erasuresAgain: 1}},
	{name: "erased again, too late", one: true, lease: 1, doubt: 1, lag: 1, writes: 1, profiles: 1, tooLate: 1, left: budget{asks: 1, erasures: 1, erasuresAgain: 1, late: 1}},
	{name: "erasure repeats", lease: 1, doubt: 1, lag: 0, unique: true, repeats: true, writes: 1, profiles: 1, left: budget{asks: 1, erasures: 1}},
}
