package storetest

import (
	"time"

	"github.com/maicontact/maicontact"
)

// The functions here bring a row into a state of the contract.

func (f *fixture) waiting(member string) maicontact.Contact {
	f.Helper()
	return f.must(f.store.Want(f.ctx(), f.key(member), wanted(profile("Ann", "basic"), 10)))
}

func (f *fixture) claim(key maicontact.Key) maicontact.Contact {
	f.Helper()
	return f.must(f.store.Claim(f.ctx(), key, longLease))
}

func (f *fixture) claimed(member string) maicontact.Contact {
	f.Helper()
	return f.claim(f.waiting(member).Key)
}

func (f *fixture) attempted(member string) maicontact.Contact {
	f.Helper()
	return f.must(f.store.Attempt(f.ctx(), f.claimed(member).Claim()))
}

// bound is claimed, and nothing is confirmed.
func (f *fixture) bound(member string) maicontact.Contact {
	f.Helper()
	return f.must(f.store.Bind(f.ctx(), f.claimed(member).Claim(), newID(), maicontact.Stamp{}))
}

func (f *fixture) confirmed(member string) maicontact.Contact {
	f.Helper()
	row := f.claimed(member)
	return f.must(f.store.Bind(f.ctx(), row.Claim(), newID(), row.Wanted))
}

// changing has a contact, wants another profile, and is claimed.
func (f *fixture) changing(member, name, plan string) maicontact.Contact {
	f.Helper()
	row := f.confirmed(member)
	f.must(f.store.Want(f.ctx(), row.Key, wanted(profile(name, plan), row.Revision+1)))
	return f.claim(row.Key)
}

// again is confirmed, and waits to be sent once more.
func (f *fixture) again(member string) maicontact.Contact {
	f.Helper()
	row := f.must(f.store.Attempt(f.ctx(), f.bound(member).Claim()))
	return f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, longLease))
}

// againDue is again when that time has come.
func (f *fixture) againDue(member string) maicontact.Contact {
	f.Helper()
	row := f.must(f.store.Attempt(f.ctx(), f.bound(member).Claim()))
	row = f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, shortLease))
	f.eventually("the time to send again", func() bool { return f.isDue(row.Key) })
	return row
}

func (f *fixture) parked(member string) maicontact.Contact {
	f.Helper()
	row := f.bound(member)
	return f.must(f.store.Park(f.ctx(), row.Claim(), row.Wanted, "refused", time.Time{}))
}

// postpone leaves what is in doubt about the row as it is.
func (f *fixture) postpone(row maicontact.Contact, delay time.Duration, reason string) maicontact.Contact {
	f.Helper()
	return f.must(f.store.Postpone(f.ctx(), row.Claim(), maicontact.Failure{
		Delay: delay, Reason: reason, Attempted: row.Attempted, Held: row.Held,
	}))
}

func (f *fixture) postponed(member string) maicontact.Contact {
	f.Helper()
	row := f.attempted(member)
	row.Held = 2
	return f.postpone(row, longLease, "status 503")
}

func (f *fixture) tombstone(member string) maicontact.Contact {
	f.Helper()
	return f.must(f.store.Erase(f.ctx(), f.confirmed(member).Key))
}

func (f *fixture) completed(member string) maicontact.Contact {
	f.Helper()
	return f.must(f.store.Erased(f.ctx(), f.claim(f.tombstone(member).Key).Claim()))
}

// expired is claimed with a lease that has run out.
func (f *fixture) expired(key maicontact.Key) maicontact.Contact {
	f.Helper()
	row := f.must(f.store.Claim(f.ctx(), key, shortLease))
	f.eventually("the end of the lease", func() bool { return f.isDue(key) })
	return row
}
