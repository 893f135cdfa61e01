package webchattest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Kind is what a Fault does to a request. "Does it" below means that the
// request is answered as ever, and what it asks for has happened.
type Kind string

const (
	// Slow waits for Delay and then answers as ever. What was asked for also
	// happens when the client has left meanwhile, as it does on a real server.
	Slow Kind = "slow"
	// Refuse replies with Status, 503 by default, and a JSON detail. Nothing
	// is done.
	Refuse Kind = "refuse"
	// HTML replies with Status, 502 by default, and the HTML page of a proxy.
	// Nothing is done.
	HTML Kind = "html"
	// TooMany replies with 429 and Retry-After. Nothing is done.
	TooMany Kind = "too_many"
	// Redirect replies with Status, 307 by default, and points to a host that
	// does not exist. Nothing is done.
	Redirect Kind = "redirect"
	// CutBefore cuts the connection. Nothing is done.
	CutBefore Kind = "cut_before"
	// Hang holds the request until the client leaves or the Simulation is
	// closed. Nothing is done.
	Hang Kind = "hang"
	// CommitThenCut does it, and cuts the connection instead of replying.
	CommitThenCut Kind = "commit_then_cut"
	// CommitThenHTML does it, and replies with Status, 502 by default, and an
	// HTML page.
	CommitThenHTML Kind = "commit_then_html"
	// CommitThenHang does it, and then does as Hang.
	CommitThenHang Kind = "commit_then_hang"
	// LateLanding cuts the connection at once, and does it when Later has gone
	// by. What is there by then decides what comes of it.
	LateLanding Kind = "late_landing"
	// Truncated does it, and replies with the first half of the JSON.
	Truncated Kind = "truncated"
	// WrongJSON does it, and replies with an object whose members have other
	// types than those that are documented.
	WrongJSON Kind = "wrong_json"
	// Endless does it, and replies with a body that ends only when the client
	// leaves or the Simulation is closed.
	Endless Kind = "endless"
)

// defaultStatus is also the list of kinds. Zero: the kind has no status.
var defaultStatus = map[Kind]int{
	Slow: 0, Refuse: http.StatusServiceUnavailable, HTML: http.StatusBadGateway, TooMany: http.StatusTooManyRequests,
	Redirect: http.StatusTemporaryRedirect, CutBefore: 0, Hang: 0, CommitThenCut: 0,
	CommitThenHTML: http.StatusBadGateway, CommitThenHang: 0, LateLanding: 0, Truncated: 0, WrongJSON: 0, Endless: 0,
}

// Fault is something that goes wrong with the requests it fits. Of several
// faults that fit one request, the one that was injected first is played.
type Fault struct {
	// Kind is what happens. Required, but a Fault with only a Delay is Slow.
	Kind Kind
	// Operation is the operation it happens to, CreateContact for one. Empty:
	// any of the API, but not ChatSession.
	Operation string
	// Match, when set, says whether a request fits. It must not keep or
	// change the request, and may be called by several goroutines at once.
	Match func(r *http.Request, body []byte) bool
	// After lets this many requests that fit through first.
	After int
	// Times is how often it happens; then the Fault is spent. 0: every time,
	// until it is removed.
	Times int
	// Rate is how likely it happens to a request that fits, between 0 and 1.
	// 0: always. The choices are the same in every run.
	Rate float64

	// Delay is waited for first, whatever the Kind.
	Delay time.Duration
	// Later is how long after its time LateLanding does what was asked for, which
	// never happens when the Simulation is closed before. Other kinds ignore it.
	Later time.Duration
	// Status is the status of the reply; 0 is the default of the Kind. Kinds
	// that have none ignore it.
	Status int
	// RetryAfter is the header of that name: seconds, or a date. Empty: none,
	// or "1" for TooMany.
	RetryAfter string
	// Body replaces the body that Refuse and HTML send, such as
	// `{"name":["Not today."]}`.
	Body string
}

func (f Fault) check() error {
	if _, ok := defaultStatus[f.Kind]; !ok {
		return fmt.Errorf("fault has the unknown kind %q", f.Kind)
	}
	if f.Operation != "" && !slices.Contains(operations, f.Operation) {
		return fmt.Errorf("fault has the unknown operation %q", f.Operation)
	}
	if f.After < 0 || f.Times < 0 || f.Delay < 0 || f.Later < 0 {
		return errors.New("fault has a negative After, Times, Delay or Later")
	}
	if f.Kind == LateLanding && f.Later == 0 {
		return errors.New("fault lands late, and has no Later")
	}
	if f.Rate < 0 || f.Rate > 1 {
		return fmt.Errorf("fault has the rate %v; give 0 to 1", f.Rate)
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("fault has the status %d; give 200 to 599", f.Status)
	}
	return nil
}

// Inject makes a fault happen from now on, and returns how to remove it;
// removing it twice does no harm. It panics when the fault makes no sense:
// an unknown kind or operation, or a number out of range.
func (s *Simulation) Inject(fault Fault) (remove func()) {
	if fault.Kind == "" && fault.Delay > 0 {
		fault.Kind = Slow
	}
	if err := fault.check(); err != nil {
		panic("webchattest: " + err.Error())
	}
	f := &injected{Fault: fault}
	s.faults.change(func(list []*injected) []*injected { return append(list, f) })
	return func() {
		s.faults.change(func(list []*injected) []*injected {
			return slices.DeleteFunc(list, func(other *injected) bool { return other == f })
		})
	}
}

// ClearFaults removes every fault. Requests that one holds up stay held up.
func (s *Simulation) ClearFaults() {
	s.faults.change(func([]*injected) []*injected { return nil })
}

type injected struct {
	Fault
	seen, used int
}

// faultList is the faults in the order they came. Its zero value is empty.
type faultList struct {
	mu     sync.Mutex
	list   []*injected
	random *rand.Rand
}

func (l *faultList) change(to func([]*injected) []*injected) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = to(l.list)
}

// pick returns the fault for a request, nil for none. Match is called without
// the lock, so that it may use the Simulation.
func (l *faultList) pick(operation string, r *http.Request, body []byte) *Fault {
	l.mu.Lock()
	list := slices.Clone(l.list)
	l.mu.Unlock()
	for _, f := range list {
		fits := f.Operation == operation || f.Operation == "" && operation != ChatSession
		if fits && (f.Match == nil || f.Match(r, body)) && l.take(f) {
			return &f.Fault
		}
	}
	return nil
}

func (l *faultList) take(f *injected) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.list, f) || f.Times > 0 && f.used >= f.Times {
		return false
	}
	if f.seen++; f.seen <= f.After {
		return false
	}
	if f.Rate > 0 {
		if l.random == nil {
			l.random = rand.New(rand.NewPCG(1, 2))
		}
		if l.random.Float64() >= f.Rate {
			return false
		}
	}
	f.used++
	return true
}
