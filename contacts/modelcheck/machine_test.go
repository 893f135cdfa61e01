package modelcheck

import (
	"fmt"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// machine is the row's state machine, one function for each transition, so that
// a mutation can replace one; and what workers and the store do with it.
type machine struct {
	setDesired     func(contacts.Row, contacts.Desired, time.Time) (contacts.Row, error)
	claim          func(contacts.Row, int64, time.Duration, time.Time) (contacts.Row, error)
	beginWrite     func(contacts.Row, int64, time.Duration, time.Time) (contacts.Row, error)
	notWritten     func(contacts.Row, int64, time.Time, time.Time) (contacts.Row, error)
	beginDelete    func(contacts.Row, int64, time.Time) (contacts.Row, error)
	bind           func(contacts.Row, int64, webchat.ContactID, contacts.Stamp, time.Time) (contacts.Row, error)
	confirm        func(contacts.Row, int64, contacts.Stamp, time.Time, time.Time) (contacts.Row, error)
	postpone       func(contacts.Row, int64, contacts.Failure, time.Time) (contacts.Row, error)
	rest           func(contacts.Row, int64, time.Time) (contacts.Row, error)
	nextGeneration func(contacts.Row, int64, time.Time) (contacts.Row, error)
	lost           func(contacts.Row, contacts.Desired, time.Time, time.Time) contacts.Row
	deleted        func(contacts.Row, int64, time.Time) (contacts.Row, error)
	erase          func(contacts.Row, time.Time) contacts.Row
	reissue        func(contacts.Row, time.Time) (contacts.Row, error)
	restore        func(contacts.Row, time.Time) (contacts.Row, error)
	suspend        func(contacts.Row, bool, time.Time) (contacts.Row, error)
	resume         func(contacts.Row, time.Time) (contacts.Row, error)
	confirmNothing func(contacts.Row, int64, string, time.Time, time.Time) (contacts.Row, error)
	link           func(contacts.Row, webchat.ContactID, time.Time) (contacts.Row, error)
	unconfirm      func(contacts.Row, time.Time) (contacts.Row, error)
	outrun         func(contacts.Row, int64, time.Time) contacts.Row
	eraseAgain     func(contacts.Row, time.Time) (contacts.Row, error)
	ready          func(contacts.Row) bool

	blind          bool // workers put without looking at the version
	plusOne        bool // the version grows by one, and tells alone whether a Put has happened
	unguarded      bool // deletions are not recorded before they are sent
	allGenerations bool // and reach for more generations than the row has
	unlooked       bool // a contact is linked without a look for one of the person
	bindForgets    bool // the doubt is forgotten when the contact could not be put
}

func real() machine {
	return machine{
		setDesired: contacts.Row.SetDesired, claim: contacts.Row.Claim, beginWrite: contacts.Row.BeginWrite, notWritten: contacts.Row.NotWritten,
		beginDelete: contacts.Row.BeginDelete, bind: contacts.Row.Bind, confirm: contacts.Row.Confirm, postpone: contacts.Row.Postpone,
		rest: contacts.Row.Release, nextGeneration: contacts.Row.NextGeneration, lost: contacts.Row.Lost, deleted: contacts.Row.Deleted,
		erase: contacts.Row.Erase, reissue: contacts.Row.Reissue, restore: contacts.Row.Restore,
		suspend: contacts.Row.Suspend, resume: contacts.Row.Resume, confirmNothing: contacts.Row.ConfirmSuspended,
		link: contacts.Row.Link, unconfirm: contacts.Row.Unconfirm, outrun: contacts.Row.Outrun, eraseAgain: contacts.Row.EraseAgain, ready: contacts.Row.Ready,
	}
}

const (
	tickLength = time.Second
	// answersNothing is the number of what is sent of who is suspended.
	answersNothing int8 = 4
)

var (
	now        = time.Unix(1_000_000, 0).UTC()
	person     = contacts.Scope{Namespace: "n", InboxID: "i"}.Member("m")
	contactIDs = [...]webchat.ContactID{"", "c1", "c2", "c3", "c4"}

	// profiles are what the person asks for: two with different access, and one
	// that differs from the first in nothing but the name.
	profiles = []contacts.Desired{
		{},
		{Profile: webchat.Profile{Name: "Ada"}, Stamp: contacts.Stamp{Profile: "1", Access: "a"}},
		{Profile: webchat.Profile{Name: "Ada, with other access"}, Stamp: contacts.Stamp{Profile: "2", Access: "b"}},
		{Profile: webchat.Profile{Name: "Ada Lovelace"}, Stamp: contacts.Stamp{Profile: "3", Access: "a"}},
		{Stamp: contacts.Stamp{Access: "nothing"}}, // of who is suspended
	}
	accesses   = []string{"", "a", "b", "nothing"}
	accessOf   = []int8{0, 1, 2, 1, 3}
	waitingFor = []*webchat.Profile{nil, &profiles[1].Profile, &profiles[2].Profile, &profiles[3].Profile}
)

func timeOf(t int8) time.Time {
	if t == never {
		return time.Time{}
	}
	return now.Add(time.Duration(t) * tickLength)
}

func ticksOf(t time.Time) int8 {
	if t.IsZero() {
		return never
	}
	return int8(t.Sub(now) / tickLength)
}

// real makes the contacts.Row that r stands for.
func (r *row) real() contacts.Row {
	return contacts.Row{
		Person: person, Version: 1, Created: now, Updated: now,
		Life: contacts.Life(r.life), Generation: int(r.generation), ContactID: contactIDs[r.contact],
		Desired: profiles[r.desired].Stamp, Waiting: waitingFor[r.waiting],
		Confirmed: contacts.Stamp{Profile: profiles[r.confirmed].Stamp.Profile, Access: accesses[r.access]},
		Due:       timeOf(r.due), LeaseUntil: timeOf(r.lease), DoubtUntil: timeOf(r.doubt), DoubtOther: r.other,
		Owner: int64(r.owner), Conflicts: int(r.conflicts),
	}
}

// fake makes what stands for the contacts.Row.
func fake(c *contacts.Row, behind int8) row {
	r := row{
		behind: behind, life: int8(c.Life), generation: int8(c.Generation), contact: number(contactIDs[:], c.ContactID),
		confirmed: profileNumber(c.Confirmed.Profile), access: number(accesses, c.Confirmed.Access), desired: profileNumber(c.Desired.Profile),
		due: max0(ticksOf(c.Due)), lease: ticksOf(c.LeaseUntil), doubt: max0(ticksOf(c.DoubtUntil)), owner: int8(c.Owner), other: c.DoubtOther,
		conflicts: min(int8(c.Conflicts), 2),
	}
	if c.Waiting != nil {
		r.waiting = waitingNumber(c.Waiting)
	}
	return r
}

func max0(t int8) int8 {
	if t == never {
		return t
	}
	return max(t, 0)
}

func number[T comparable](all []T, one T) int8 {
	for i, v := range all {
		if v == one {
			return int8(i)
		}
	}
	panic(fmt.Sprint("no number for ", one))
}

func profileNumber(stamp string) int8 {
	for i := range profiles {
		if profiles[i].Stamp.Profile == stamp {
			return int8(i)
		}
	}
	panic("no such profile: " + stamp)
}

func waitingNumber(p *webchat.Profile) int8 {
	for i := range profiles {
		if profiles[i].Profile.Name == p.Name {
			return int8(i)
		}
	}
	panic("a profile that nobody asked for")
}
