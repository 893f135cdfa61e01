package modeltest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

const (
	replicas = 3
	members  = 3
	browsers = 4
)

// plan is one run of the model: what the world is like, and what happens in it.
type plan struct {
	Duplicates bool          // MaiAgent does not keep source ids unique
	Conflict   int           // how MaiAgent says that a source id is taken
	Lag        time.Duration // of MaiAgent's search
	Latency    time.Duration // to MaiAgent, each way
	Revisions  bool          // the site numbers the versions of an account
	Hindered   bool          // the store has troubles, too
	InOrder    bool          // without: what is told last counts, whatever is still under way
	Steps      []step
}

func (p plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "duplicates=%t conflict=%d lag=%v latency=%v revisions=%t hindered=%t\n",
		p.Duplicates, p.Conflict, p.Lag, p.Latency, p.Revisions, p.Hindered)
	for i, s := range p.Steps {
		fmt.Fprintf(&b, "%3d. %v\n", i+1, s)
	}
	return b.String()
}

// kind is what a step does.
type kind string

const (
	ask          kind = "ask"
	login        kind = "log in" // also over another login; signs up where there is no account
	logout       kind = "log out"
	restore      kind = "restore an old cookie"
	profile      kind = "change the profile"
	access       kind = "change the permissions"
	back         kind = "change back"
	update       kind = "UpdateMember"
	upstream     kind = "delete at MaiAgent"
	erase        kind = "Erase"
	lift         kind = "Restore"
	reissue      kind = "Reissue"
	eraseGuest   kind = "EraseVisitor"
	reissueGuest kind = "ReissueVisitor"
	hinder       kind = "hinder the store"
	crash        kind = "crash"
	stop         kind = "stop"
	start        kind = "start"
	pass         kind = "let time pass"
	inject       kind = "inject"
	clearFaults  kind = "clear faults"
	asksTogether kind = "ask on all replicas at once"
)

// weights say how often each kind of step is taken.
var weights = map[kind]int{
	ask: 10, asksTogether: 4, login: 4, logout: 1, restore: 2, profile: 4, access: 6, back: 2, update: 2,
	upstream: 2, erase: 1, lift: 2, reissue: 1, eraseGuest: 1, reissueGuest: 1, hinder: 5, crash: 4, stop: 1, start: 1, pass: 6, inject: 8, clearFaults: 2,
}

func kinds() []kind {
	var list []kind
	for k, n := range weights {
		list = append(list, slices.Repeat([]kind{k}, n)...)
	}
	slices.Sort(list) // the same in every run
	i := slices.Index(list, pass)
	list[0], list[i] = list[i], list[0] // the simplest to shrink to
	return list
}

type step struct {
	Kind                    kind
	Replica, Member, Browse int
	N                       int           // which old cookie; boundaries until a crash
	For                     time.Duration // how long it is waited for, or time passes
	Lost                    bool          // the reply does not reach the browser
	Told                    bool          // the library is told of the change
	Fault                   webchattest.Fault
	Trouble                 trouble
}

func (s step) String() string {
	switch s.Kind {
	case ask:
		lost := ""
		if s.Lost {
			lost = ", the reply is lost"
		}
		return fmt.Sprintf("browser %d asks replica %d, waits %v%s", s.Browse, s.Replica, s.For, lost)
	case asksTogether:
		return fmt.Sprintf("browser %d asks all replicas at once, waits %v", s.Browse, s.For)
	case login:
		return fmt.Sprintf("browser %d logs in as member %d on replica %d", s.Browse, s.Member, s.Replica)
	case logout:
		return fmt.Sprintf("browser %d logs out on replica %d", s.Browse, s.Replica)
	case restore:
		return fmt.Sprintf("browser %d restores its old cookie %d", s.Browse, s.N)
	case upstream:
		return fmt.Sprintf("member %d: %s", s.Member, s.Kind)
	case profile, access, back:
		if s.Told {
			return fmt.Sprintf("member %d: %s, and UpdateMember on replica %d, waits %v", s.Member, s.Kind, s.Replica, s.For)
		}
		return fmt.Sprintf("member %d: %s, and nobody is told", s.Member, s.Kind)
	case eraseGuest, reissueGuest:
		return fmt.Sprintf("browser %d: %s on replica %d, waits %v", s.Browse, s.Kind, s.Replica, s.For)
	case hinder:
		return s.Trouble.String()
	case update, erase, lift, reissue:
		return fmt.Sprintf("member %d: %s on replica %d, waits %v", s.Member, s.Kind, s.Replica, s.For)
	case crash:
		return fmt.Sprintf("replica %d crashes after %d boundaries, and starts again after %v", s.Replica, s.N, s.For)
	case stop, start:
		return fmt.Sprintf("replica %d: %s", s.Replica, s.Kind)
	case pass:
		return fmt.Sprintf("%v pass", s.For)
	case inject:
		f := s.Fault
		return fmt.Sprintf("inject %s into %s: times %d, rate %v, delay %v, status %d, retry after %q",
			f.Kind, f.Operation, f.Times, f.Rate, f.Delay, f.Status, f.RetryAfter)
	}
	return string(s.Kind)
}

func durations(list ...time.Duration) *rapid.Generator[time.Duration] { return rapid.SampledFrom(list) }

const ms, second = time.Millisecond, time.Second

// lateCreation is how late a creation may land where MaiAgent does not keep
// source ids unique: together with the lag of the search less than the minute
// after which one of unknown outcome is made again.
const lateCreation = 45 * second

// evenly draws one of n numbers, each as likely as the others; rapid's own
// integers prefer the small ones.
func evenly(n int) *rapid.Generator[int] {
	return rapid.Custom(func(t *rapid.T) int {
		number := 0
		for range 12 {
			number *= 2
			if rapid.Bool().Draw(t, "bit") {
				number++
			}
		}
		return number % n
	})
}

func steps(world plan) *rapid.Generator[step] {
	all := kinds()
	return rapid.Custom(func(t *rapid.T) step {
		s := step{Kind: all[evenly(len(all)).Draw(t, "kind")]}
		number := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "number") }
		wait := func() time.Duration { return durations(30*second, 0, 10*ms, 100*ms, second).Draw(t, "wait") }
		switch s.Kind {
		case ask:
			s.Browse, s.Replica, s.For = number(browsers), number(replicas), wait()
			s.Lost = number(16) == 15
		case asksTogether:
			s.Browse, s.For = number(browsers), wait()
		case login:
			s.Browse, s.Member, s.Replica = number(browsers), number(members), number(replicas)
		case logout:
			s.Browse, s.Replica = number(browsers), number(replicas)
		case restore:
			s.Browse, s.N = number(browsers), number(8)
		case upstream:
			s.Member = number(members)
		case profile, access, back:
			s.Member, s.Told, s.Replica, s.For = number(members), number(3) < 2, number(replicas), wait()
		case eraseGuest, reissueGuest:
			s.Browse, s.Replica, s.For = number(browsers), number(replicas), wait()
		case hinder:
			if s.Trouble = hindrances().Draw(t, "trouble"); !world.Hindered {
				return step{Kind: pass, For: second}
			}
		case update, erase, lift, reissue:
			s.Member, s.Replica, s.For = number(members), number(replicas), wait()
		case crash:
			s.Replica, s.N, s.For = number(replicas), number(24), wait()
		case stop, start:
			s.Replica = number(replicas)
		case pass:
			s.For = durations(second, 50*ms, 6*second, 12*second, 31*second, 61*second, 6*time.Minute).Draw(t, "time")
		case inject:
			s.Fault = faults(world).Draw(t, "fault")
		}
		return s
	})
}

// motifs draws a step, or several that have to do with each other: what goes
// wrong with one change, and the next change, which comes right behind it.
func motifs(world plan) *rapid.Generator[[]step] {
	one := steps(world)
	return rapid.Custom(func(t *rapid.T) []step {
		motif := evenly(32).Draw(t, "motif")
		if motif > 4 {
			return []step{one.Draw(t, "step")}
		}
		member := rapid.IntRange(0, members-1).Draw(t, "member")
		change := func() step {
			return step{
				Kind: rapid.SampledFrom([]kind{access, profile, back}).Draw(t, "change"), Told: true, Member: member,
				Replica: rapid.IntRange(0, replicas-1).Draw(t, "replica"),
				For:     durations(100*ms, 0, 3*second, 12*second).Draw(t, "wait"),
			}
		}
		if motif == 0 {
			return overtaken(member, durations(12*second, 25*second, lateCreation).Draw(t, "delay"), change)
		}
		return []step{
			{Kind: login, Browse: 0, Member: member},
			{Kind: inject, Fault: faults(world).Draw(t, "fault")},
			change(),
			{Kind: ask, Browse: 0, For: durations(100*ms, 3*second, 12*second).Draw(t, "wait")},
			change(),
			{Kind: ask, Browse: 0, Replica: 1, For: durations(30*second, 3*second).Draw(t, "wait")},
		}
	})
}

// overtaken are changes of which the first lands after the next, while the member
// looks on.
func overtaken(member int, delay time.Duration, change func() step) []step {
	late := webchattest.Fault{Kind: webchattest.Slow, Operation: webchattest.ReplaceContact, Times: 1, Delay: delay}
	list := []step{
		{Kind: login, Browse: 0, Member: member}, {Kind: ask, Browse: 0, For: 30 * second},
		{Kind: inject, Fault: late}, change(), {Kind: pass, For: 12 * second}, change(),
	}
	for i := range 8 {
		list = append(list, step{Kind: ask, Browse: 0, Replica: i % replicas, For: 6 * second})
	}
	return list
}

var faultKinds = []webchattest.Kind{
	webchattest.CommitThenCut, webchattest.Slow, webchattest.Refuse, webchattest.HTML, webchattest.TooMany,
	webchattest.Redirect, webchattest.CutBefore, webchattest.Hang, webchattest.CommitThenHTML,
	webchattest.CommitThenHang, webchattest.Truncated, webchattest.WrongJSON, webchattest.Endless,
}

func faults(world plan) *rapid.Generator[webchattest.Fault] {
	return rapid.Custom(func(t *rapid.T) webchattest.Fault {
		f := webchattest.Fault{
			Operation: rapid.SampledFrom([]string{
				webchattest.CreateContact, webchattest.ReplaceContact, webchattest.ListContacts,
				webchattest.CreateContact, webchattest.ReplaceContact, webchattest.DeleteContact, webchattest.GetContact,
			}).Draw(t, "operation"),
			Kind:  rapid.SampledFrom(faultKinds).Draw(t, "kind"),
			Times: rapid.IntRange(0, 4).Draw(t, "times"),
		}
		if f.Times == 0 {
			f.Rate = 0.5
		}
		switch f.Kind {
		case webchattest.Slow:
			f.Delay = durations(500*ms, 2*second, 5*second, 12*second, 25*second, lateCreation).Draw(t, "delay")
		case webchattest.Refuse:
			f.Status = rapid.SampledFrom([]int{
				http.StatusServiceUnavailable, http.StatusInternalServerError, http.StatusUnauthorized, http.StatusBadRequest, http.StatusNotFound,
			}).Draw(t, "status")
		case webchattest.TooMany:
			f.RetryAfter = rapid.SampledFrom([]string{"1", "30"}).Draw(t, "retry after")
		}
		return f
	})
}

// hindrances are what may go wrong with the store. A Put that waits comes
// through before the next minute is over.
func hindrances() *rapid.Generator[trouble] {
	return rapid.Custom(func(t *rapid.T) trouble {
		h := trouble{
			Call:    rapid.SampledFrom([]string{putCall, getCall, putCall, changedCall, putCall, dueCall}).Draw(t, "call"),
			Replica: rapid.IntRange(0, replicas-1).Draw(t, "replica"),
			Times:   rapid.IntRange(1, 4).Draw(t, "times"),
		}
		endings := []ending{fails, slow, replies}
		if h.Call == putCall {
			endings = []ending{unclear, slow, fails, lost, late}
		}
		h.Ending = rapid.SampledFrom(endings).Draw(t, "ending")
		h.Delay = durations(500*ms, 100*ms, 3*second, 7*second, 25*second).Draw(t, "delay")
		return h
	})
}

// plans draws whole runs of up to so many motifs.
func plans(most int, fix func(*plan)) *rapid.Generator[plan] {
	return rapid.Custom(func(t *rapid.T) plan {
		p := plan{
			Duplicates: rapid.Bool().Draw(t, "duplicates"),
			Conflict:   rapid.SampledFrom([]int{400, 409, 500}).Draw(t, "conflict"),
			Lag:        durations(0, 2*second).Draw(t, "lag"),
			Latency:    durations(20*ms, 0, 300*ms).Draw(t, "latency"),
			Revisions:  rapid.IntRange(0, 3).Draw(t, "revisions") < 3,
			Hindered:   rapid.Bool().Draw(t, "hindered"),
		}
		if fix != nil {
			fix(&p)
		}
		for _, motif := range rapid.SliceOfN(motifs(p), most/2, most).Draw(t, "steps") {
			p.Steps = append(p.Steps, motif...)
		}
		return p
	})
}
