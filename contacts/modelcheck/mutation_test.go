package modelcheck

import (
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// mutations are faults that the check must find, each in the configuration that
// has it soonest.
var mutations = []struct {
	name   string
	in     string
	mutate func(*machine)
}{
	{"blind write", "small", func(m *machine) { m.blind = true }},
	{"doubt not recorded", "not unique", func(m *machine) {
		m.beginWrite = func(r contacts.Row, owner int64, d time.Duration, now time.Time) (contacts.Row, error) {
			next, err := r.BeginWrite(owner, d, now)
			next.DoubtUntil = r.DoubtUntil
			return next, err
		}
	}},
	{"doubt not recorded, unique", "small", func(m *machine) {
		m.beginWrite = func(r contacts.Row, owner int64, d time.Duration, now time.Time) (contacts.Row, error) {
			next, err := r.BeginWrite(owner, d, now)
			next.DoubtUntil = r.DoubtUntil
			return next, err
		}
	}},
	{"doubt forgotten after a failed Bind", "not unique", func(m *machine) { m.bindForgets = true }},
	{"no hold-back for other access", "small", func(m *machine) {
		m.ready = func(r contacts.Row) bool { r.DoubtOther = false; return r.Ready() }
	}},
	{"doubt ended while a write is under way", "small", func(m *machine) {
		m.confirm = func(r contacts.Row, owner int64, s contacts.Stamp, _, now time.Time) (contacts.Row, error) {
			return r.Confirm(owner, s, time.Time{}, now)
		}
	}},
	{"doubt that ends before the write is confirmed", "small", func(m *machine) {
		m.confirm = func(r contacts.Row, owner int64, s contacts.Stamp, before, now time.Time) (contacts.Row, error) {
			if !before.After(now) {
				before = time.Time{}
			}
			return r.Confirm(owner, s, before, now)
		}
	}},
	{"doubt forgotten when the outcome is unclear", "not unique", func(m *machine) {
		m.postpone = func(r contacts.Row, owner int64, f contacts.Failure, now time.Time) (contacts.Row, error) {
			f.DoubtUntil = time.Time{}
			return r.Postpone(owner, f, now)
		}
	}},
	{"stale erasure", "erasure", func(m *machine) { m.unguarded, m.allGenerations = true, true }},
	{"erasure of newer generations", "erasure", func(m *machine) { m.allGenerations = true }},
	{"erasure complete while a write is in doubt", "erasure not unique", func(m *machine) {
		m.deleted = func(r contacts.Row, owner int64, now time.Time) (contacts.Row, error) {
			r.DoubtUntil = time.Time{}
			return r.Deleted(owner, now)
		}
	}},
	{"doubt forgotten when a contact is found", "erasure repeats", func(m *machine) {
		m.bind = func(r contacts.Row, owner int64, id webchat.ContactID, s contacts.Stamp, now time.Time) (contacts.Row, error) {
			r.DoubtUntil = time.Time{}
			return r.Bind(owner, id, s, now)
		}
	}},
	{"+1 versions", "unclear change", func(m *machine) { m.plusOne = true }},
	{"Reissue not overridden by Erase", "erasure", func(m *machine) {
		m.erase = func(r contacts.Row, now time.Time) contacts.Row {
			if r.Life == contacts.Reissuing {
				return r
			}
			return r.Erase(now)
		}
	}},
	{"restored with the same generation", "erasure", func(m *machine) {
		m.restore = func(r contacts.Row, now time.Time) (contacts.Row, error) {
			next, err := r.Restore(now)
			next.Generation = r.Generation
			return next, err
		}
	}},
	{"what was found is taken for what is desired", "small", func(m *machine) {
		m.bind = func(r contacts.Row, owner int64, id webchat.ContactID, _ contacts.Stamp, now time.Time) (contacts.Row, error) {
			return r.Bind(owner, id, r.Desired, now)
		}
	}},
	{"suspension that lets a claim go on", "suspended and changed", func(m *machine) {
		m.suspend = func(r contacts.Row, passing bool, now time.Time) (contacts.Row, error) {
			next, err := r.Suspend(passing, now)
			next.Owner, next.LeaseUntil = r.Owner, r.LeaseUntil
			return next, err
		}
	}},
	{"suspension that is not due", "suspended", func(m *machine) {
		m.suspend = func(r contacts.Row, passing bool, now time.Time) (contacts.Row, error) {
			next, err := r.Suspend(passing, now)
			next.Due = time.Time{}
			return next, err
		}
	}},
	{"resumed without hold-back", "suspended", func(m *machine) {
		m.resume = func(r contacts.Row, now time.Time) (contacts.Row, error) {
			next, err := r.Resume(now)
			next.DoubtOther = false
			return next, err
		}
	}},
	{"suspension confirmed while a write may land", "suspended", func(m *machine) {
		m.confirmNothing = func(r contacts.Row, owner int64, access string, _, now time.Time) (contacts.Row, error) {
			return r.ConfirmSuspended(owner, access, time.Time{}, now)
		}
	}},
	{"linked without a look", "linked", func(m *machine) { m.unlooked = true }},
	{"linked while a creation may land", "linked", func(m *machine) {
		m.link = func(r contacts.Row, id webchat.ContactID, now time.Time) (contacts.Row, error) {
			r.DoubtUntil, r.LeaseUntil = time.Time{}, time.Time{}
			return r.Link(id, now)
		}
	}},
	{"linked and taken for what is desired", "linked", func(m *machine) {
		m.link = func(r contacts.Row, id webchat.ContactID, now time.Time) (contacts.Row, error) {
			next, err := r.Link(id, now)
			if err == nil && next.Desired != (contacts.Stamp{}) {
				next.Confirmed, next.Waiting = next.Desired, nil
			}
			return next, err
		}
	}},
	{"unconfirmed while it is believed", "unconfirmed", func(m *machine) {
		m.unconfirm = func(r contacts.Row, now time.Time) (contacts.Row, error) {
			next, err := r.Unconfirm(now)
			next.Trust = r.Trust
			return next, err
		}
	}},
	{"outrun by what is not believed then", "outrun", func(m *machine) {
		m.outrun = func(r contacts.Row, trust int64, now time.Time) contacts.Row {
			next := r.Outrun(trust, now)
			next.Trust = r.Trust
			return next
		}
	}},
	{"outrun after the end", "outrun and suspended", func(m *machine) {
		m.outrun = func(r contacts.Row, trust int64, now time.Time) contacts.Row {
			r.Life = contacts.Live
			return r.Outrun(trust, now)
		}
	}},
	{"outrun while it is worked on", "outrun", func(m *machine) {
		m.outrun = func(r contacts.Row, trust int64, now time.Time) contacts.Row {
			next := r.Outrun(trust, now)
			next.Owner, next.LeaseUntil, next.DoubtUntil = 0, time.Time{}, time.Time{}
			return next
		}
	}},
	{"erased again and not due", "erased again, too late", func(m *machine) {
		m.eraseAgain = func(r contacts.Row, now time.Time) (contacts.Row, error) {
			next, err := r.EraseAgain(now)
			next.Due = time.Time{}
			return next, err
		}
	}},
	{"trust that does not end", "small", func(m *machine) {
		m.setDesired = func(r contacts.Row, d contacts.Desired, now time.Time) (contacts.Row, error) {
			next, err := r.SetDesired(d, now)
			next.Trust = r.Trust
			return next, err
		}
	}},
}

func TestMutations(t *testing.T) {
	if tiny {
		t.Skip("takes too long with the race detector")
	}
	for _, mutation := range mutations {
		t.Run(mutation.name, func(t *testing.T) {
			x := real()
			mutation.mutate(&x)
			for _, c := range configs {
				if c.name != mutation.in {
					continue
				}
				n, found := explore(c, x, 3_000_000)
				if found == nil {
					t.Fatalf("not found in %d states", n)
				}
				t.Logf("%d states, %d steps: %s", n, len(found.trace)-1, found.fault)
			}
		})
	}
}
