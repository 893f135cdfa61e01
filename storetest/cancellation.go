package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/maicontact/maicontact"
)

func cancellationCases() []check {
	type operation struct {
		name    string
		prepare func(f *fixture) maicontact.Contact
		run     func(context.Context, *fixture, maicontact.Contact) error
	}
	operations := []operation{
		{"Contact", func(f *fixture) maicontact.Contact { return f.waiting("1") },
			func(ctx context.Context, f *fixture, row maicontact.Contact) error {
				_, err := f.store.Contact(ctx, row.Key)
				return err
			}},
		{"Want", func(f *fixture) maicontact.Contact { return f.waiting("1") },
			func(ctx context.Context, f *fixture, row maicontact.Contact) error {
				_, err := f.store.Want(ctx, row.Key, wanted(profile("Bob", "vip"), 99))
				return err
			}},
		{"Claim", func(f *fixture) maicontact.Contact { return f.waiting("1") },
			func(ctx context.Context, f *fixture, row maicontact.Contact) error {
				_, err := f.store.Claim(ctx, row.Key, longLease)
				return err
			}},
		{"Erase", func(f *fixture) maicontact.Contact { return f.confirmed("1") },
			func(ctx context.Context, f *fixture, row maicontact.Contact) error {
				_, err := f.store.Erase(ctx, row.Key)
				return err
			}},
		{"Restore", func(f *fixture) maicontact.Contact { return f.completed("1") },
			func(ctx context.Context, f *fixture, row maicontact.Contact) error {
				_, err := f.store.Restore(ctx, row.Key)
				return err
			}},
		{"Due", func(f *fixture) maicontact.Contact { return f.waiting("1") },
			func(ctx context.Context, f *fixture, _ maicontact.Contact) error {
				_, err := f.store.Due(ctx, f.namespace, f.inbox, 10)
				return err
			}},
		{"Unsettled", func(f *fixture) maicontact.Contact { return f.waiting("1") },
			func(ctx context.Context, f *fixture, _ maicontact.Contact) error {
				_, err := f.store.Unsettled(ctx, f.namespace, f.inbox)
				return err
			}},
	}
	for _, one := range claimedOperations() {
		operations = append(operations, operation{one.name,
			func(f *fixture) maicontact.Contact {
				switch one.name {
				case "Bind":
					return f.claimed("1")
				case "Erased":
					return f.claim(f.tombstone("1").Key)
				default:
					return f.bound("1")
				}
			},
			func(ctx context.Context, f *fixture, row maicontact.Contact) error {
				_, err := one.run(ctx, f.store, row.Claim())
				return err
			}})
	}
	var cases []check
	for _, one := range operations {
		cases = append(cases, check{one.name, func(f *fixture) {
			row := one.prepare(f)
			cancelled, cancel := context.WithCancel(f.ctx())
			cancel()
			f.refused(row, context.Canceled, one.run(cancelled, f, row))
			late, cancel := context.WithDeadline(f.ctx(), time.Now().Add(-time.Second))
			defer cancel()
			f.refused(row, context.DeadlineExceeded, one.run(late, f, row))
			// With a context that lives, the same call works.
			if err := one.run(f.ctx(), f, row); err != nil {
				f.Errorf("error is %v without cancellation", err)
			}
		}})
	}
	return append(cases, check{"a new row", func(f *fixture) {
		cancelled, cancel := context.WithCancel(f.ctx())
		cancel()
		_, wantErr := f.store.Want(cancelled, f.key("1"), wanted(profile("Ann", "basic"), 1))
		_, eraseErr := f.store.Erase(cancelled, f.key("1"))
		if !errors.Is(wantErr, context.Canceled) || !errors.Is(eraseErr, context.Canceled) {
			f.Errorf("errors are %v and %v", wantErr, eraseErr)
		}
		if _, err := f.store.Contact(f.ctx(), f.key("1")); !errors.Is(err, maicontact.ErrNotFound) {
			f.Errorf("there is a row now: %v", err)
		}
	}})
}
