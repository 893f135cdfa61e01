package operate

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/webchat"
)

const (
	// DefaultLoggedCalls is how many calls a [CallLog] keeps one by one.
	DefaultLoggedCalls = 200
	// CountedMinutes is for how many minutes a CallLog counts calls.
	CountedMinutes = 15
)

// CallLog keeps the last calls of a process to MaiAgent in memory, for people to look
// at: the last ones one by one, and counts of the last minutes. It holds no id, no
// profile and no text of an error. Whom a call was for is kept as a keyed hash, which
// only this CallLog can compute. Made by [NewCallLog], and safe for
// concurrent use.
//
// It learns of calls by its method Add, as Config.API.OnCall of the middleware. A
// call made for a person is known as theirs where the context is the one that the
// middleware has called with.
type CallLog struct {
	seed maphash.Seed

	mu      sync.Mutex
	calls   []LoggedCall // a ring, once it is full
	next    int          // where the next one goes
	minutes [CountedMinutes]minute
}

// LoggedCall is one attempt of a call.
type LoggedCall struct {
	Ended     time.Time
	Operation string
	Outcome   webchat.Outcome
	Status    int // HTTP status; 0 when there was no reply
	Attempt   int // 1 for the first
	Duration  time.Duration
	// Person is the same for calls for the same person and most likely no others,
	// in one process: four letters that tell nobody who that is. Empty: nobody's.
	Person string

	person uint64 // 0: nobody's
}

// CallCount is how many calls ended so.
type CallCount struct {
	Operation string
	Outcome   webchat.Outcome
	Calls     int
	Longest   time.Duration
}

// minute counts the calls of one minute.
type minute struct {
	at     int64 // since 1970
	counts map[callKind]CallCount
}

type callKind struct {
	operation string
	outcome   webchat.Outcome
}

// NewCallLog returns a CallLog that keeps that many calls one by one, some 120
// bytes each; 0: DefaultLoggedCalls, and fewer: none.
func NewCallLog(most int) *CallLog {
	return &CallLog{seed: maphash.MakeSeed(), calls: make([]LoggedCall, 0, max(0, cmp.Or(most, DefaultLoggedCalls)))}
}

// Add records a call. It is for webchat.Config.OnCall; a hook of the site's own
// calls it and does what else it has to.
func (l *CallLog) Add(ctx context.Context, c webchat.Call) {
	call := LoggedCall{Ended: time.Now(), Operation: c.Operation, Outcome: c.Outcome, Status: c.Status, Attempt: c.Attempt, Duration: c.Duration}
	if p, ok := identity.PersonIn(ctx); ok {
		call.person = l.personHash(p)
		call.Person = hashLetters(call.person)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count(call)
	switch {
	case len(l.calls) < cap(l.calls):
		l.calls = append(l.calls, call)
	case len(l.calls) > 0:
		l.calls[l.next] = call
		l.next = (l.next + 1) % len(l.calls)
	}
}

// count needs mu.
func (l *CallLog) count(call LoggedCall) {
	now := call.Ended.Unix() / 60
	m := &l.minutes[now%CountedMinutes]
	if m.at != now {
		m.at, m.counts = now, map[callKind]CallCount{}
	}
	kind := callKind{call.Operation, call.Outcome}
	so := m.counts[kind]
	m.counts[kind] = CallCount{call.Operation, call.Outcome, so.Calls + 1, max(so.Longest, call.Duration)}
}

// Last returns the calls that are kept, the newest first.
func (l *CallLog) Last() []LoggedCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := slices.Concat(l.calls[l.next:], l.calls[:l.next])
	slices.Reverse(list)
	return list
}

// Of returns those of the kept calls that were made for a person, the newest first.
func (l *CallLog) Of(p contacts.Person) []LoggedCall {
	number := l.personHash(p)
	return slices.DeleteFunc(l.Last(), func(c LoggedCall) bool { return c.person != number })
}

// Counts counts the calls of the last CountedMinutes, this one included, in the
// order of operation and outcome.
func (l *CallLog) Counts() []CallCount {
	now := time.Now().Unix() / 60
	sums := map[callKind]CallCount{}
	l.mu.Lock()
	for _, m := range l.minutes {
		if m.at <= now-CountedMinutes {
			continue
		}
		for kind, c := range m.counts {
			sum := sums[kind]
			sums[kind] = CallCount{c.Operation, c.Outcome, sum.Calls + c.Calls, max(sum.Longest, c.Longest)}
		}
	}
	l.mu.Unlock()
	list := make([]CallCount, 0, len(sums))
	for _, sum := range sums {
		list = append(list, sum)
	}
	slices.SortFunc(list, func(a, b CallCount) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Outcome, b.Outcome))
	})
	return list
}

// personHash is never 0. Nobody can find the person for it without the seed, which
// never leaves the process.
func (l *CallLog) personHash(p contacts.Person) uint64 { return maphash.Comparable(l.seed, p) | 1 }

// hashLetters shows the beginning of a hash, to compare it by eye. None of the letters
// is a hexadecimal digit, so that nobody takes them for a part of an id.
func hashLetters(n uint64) string {
	const alphabet = "ghjkmnpqrstvwxyz"
	return string([]byte{alphabet[n>>60], alphabet[n>>56&15], alphabet[n>>52&15], alphabet[n>>48&15]})
}

// Format writes "[call log]" for every verb.
func (l *CallLog) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[call log]")) }
