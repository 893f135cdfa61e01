package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/maicontact/maicontact"
)

// claimedOperation is one that only the holder of a claim may do.
type claimedOperation struct {
	name string
	run  func(context.Context, maicontact.Store, maicontact.Claim) (maicontact.Contact, error)
}

func claimedOperations() []claimedOperation {
	stamp := maicontact.StampOf(profile("Ann", "basic"))
	return []claimedOperation{
		{"Attempt", func(ctx context.Context, s maicontact.Store, c maicontact.Claim) (maicontact.Contact, error) {
			return s.Attempt(ctx, c)
		}},
		{"Bind", func(ctx context.Context, s maicontact.Store, c maicontact.Claim) (maicontact.Contact, error) {
			return s.Bind(ctx, c, newID(), stamp)
		}},
		{"Confirm", func(ctx context.Context, s maicontact.Store, c maicontact.Claim) (maicontact.Contact, error) {
			return s.Confirm(ctx, c, stamp, 0)
		}},
		{"Confirm again", func(ctx context.Context, s maicontact.Store, c maicontact.Claim) (maicontact.Contact, error) {
			return s.Confirm(ctx, c, stamp, time.Minute)
		}},
		{"Postpone", func(ctx context.Context, s maicontact.Store, c maicontact.Claim) (maicontact.Contact, error) {
			return s.Postpone(ctx, c, maicontact.Failure{Delay: time.Minute, Reason: "late", Held: 1})
		}},
		{"Park", func(ctx context.Context, s maicontact.Store, c maicontact.Claim) (maicontact.Contact, error) {
			return s.Park(ctx, c, stamp, "late", time.Time{})
		}},
		{"Regenerate", func(ctx context.Context, s maicontact.Store, c maicontact.Claim) (maicontact.Contact, error) {
			return s.Regenerate(ctx, c)
		}},
		{"Erased", func(ctx context.Context, s maicontact.Store, c maicontact.Claim) (maicontact.Contact, error) {
			return s.Erased(ctx, c)
		}},
	}
}

func fencingCases() []check {
	var cases []check
	for _, void := range voidClaims() {
		cases = append(cases, check{void.name, func(f *fixture) {
			for _, operation := range claimedOperations() {
				row, c := void.prepare(f, operation.name)
				if _, err := operation.run(f.ctx(), f.store, c); !errors.Is(err, maicontact.ErrFenced) {
					f.Errorf("%s: error is %v, want ErrFenced", operation.name, err)
				}
				if diffs := diff(f.must(f.store.Contact(f.ctx(), row.Key)), row); len(diffs) > 0 {
					f.Errorf("%s has changed the row: %q", operation.name, diffs)
				}
			}
		}})
	}
	return append(cases, check{"no row", func(f *fixture) {
		for _, operation := range claimedOperations() {
			_, err := operation.run(f.ctx(), f.store, maicontact.Claim{Key: f.key("nobody"), Token: 1})
			if !errors.Is(err, maicontact.ErrFenced) {
				f.Errorf("%s: error is %v, want ErrFenced", operation.name, err)
			}
		}
		if _, err := f.store.Contact(f.ctx(), f.key("nobody")); !errors.Is(err, maicontact.ErrNotFound) {
			f.Errorf("there is a row now: %v", err)
		}
	}})
}

type voidClaim struct {
	name    string
	prepare func(f *fixture, member string) (maicontact.Contact, maicontact.Claim)
}

// voidClaims are the ways in which a claim is no longer good. All operations
// but one would be possible in the state of the row.
func voidClaims() []voidClaim {
	type contact = maicontact.Contact
	type claim = maicontact.Claim
	return []voidClaim{
		{"taken over", func(f *fixture, member string) (contact, claim) {
			dead := f.expired(f.waiting(member).Key)
			return f.claim(dead.Key), dead.Claim()
		}},
		{"bound row taken over", func(f *fixture, member string) (contact, claim) {
			row := f.postpone(f.bound(member), 0, "status 503")
			dead := f.expired(row.Key)
			return f.claim(dead.Key), dead.Claim()
		}},
		{"taken over, bound and claimed again", func(f *fixture, member string) (contact, claim) {
			dead := f.expired(f.waiting(member).Key)
			row := f.claim(dead.Key)
			f.must(f.store.Bind(f.ctx(), row.Claim(), newID(), row.Wanted))
			f.must(f.store.Want(f.ctx(), row.Key, wanted(profile("Bob", "vip"), 11)))
			return f.claim(row.Key), dead.Claim()
		}},
		{"tombstone taken over", func(f *fixture, member string) (contact, claim) {
			dead := f.expired(f.tombstone(member).Key)
			return f.claim(dead.Key), dead.Claim()
		}},
		{"ended by Confirm", func(f *fixture, member string) (contact, claim) {
			row := f.bound(member)
			return f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, 0)), row.Claim()
		}},
		{"ended by Confirm, to be sent again", func(f *fixture, member string) (contact, claim) {
			row := f.bound(member)
			return f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, longLease)), row.Claim()
		}},
		{"ended by Postpone", func(f *fixture, member string) (contact, claim) {
			row := f.bound(member)
			return f.postpone(row, 0, "status 503"), row.Claim()
		}},
		{"ended by Park", func(f *fixture, member string) (contact, claim) {
			row := f.bound(member)
			return f.must(f.store.Park(f.ctx(), row.Claim(), row.Wanted, "name", time.Time{})), row.Claim()
		}},
		{"ended by Erased", func(f *fixture, member string) (contact, claim) {
			row := f.claim(f.tombstone(member).Key)
			return f.must(f.store.Erased(f.ctx(), row.Claim())), row.Claim()
		}},
		{"erased", func(f *fixture, member string) (contact, claim) {
			row := f.attempted(member)
			return f.must(f.store.Erase(f.ctx(), row.Key)), row.Claim()
		}},
		{"erased and claimed", func(f *fixture, member string) (contact, claim) {
			row := f.bound(member)
			f.must(f.store.Erase(f.ctx(), row.Key))
			return f.claim(row.Key), row.Claim()
		}},
		{"never claimed", func(f *fixture, member string) (contact, claim) {
			row := f.waiting(member)
			return row, row.Claim()
		}},
		{"never given, higher", func(f *fixture, member string) (contact, claim) {
			row := f.claimed(member)
			return row, claim{Key: row.Key, Token: row.Token + 1}
		}},
		{"of another member", func(f *fixture, member string) (contact, claim) {
			row := f.waiting(member)
			return row, claim{Key: row.Key, Token: f.claimed(member + "'s neighbour").Token}
		}},
	}
}
