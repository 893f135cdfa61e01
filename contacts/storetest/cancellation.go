package storetest

import (
	"context"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

func cancellationCases() []check {
	type operation struct {
		name string
		run  func(context.Context, *fixture, contacts.Row) error
	}
	var cases []check
	for _, one := range []operation{
		{"Get", func(ctx context.Context, f *fixture, row contacts.Row) error {
			_, _, err := f.store.Get(ctx, row.Person)
			return err
		}},
		{"Put", func(ctx context.Context, f *fixture, row contacts.Row) error {
			row.Failures, row.Trust, row.Due, row.ContactID = 3, 9, time.Time{}, newID()
			_, err := f.store.Put(ctx, row, contacts.Guard{})
			return err
		}},
		{"Delete", func(ctx context.Context, f *fixture, row contacts.Row) error {
			return f.store.Delete(ctx, row)
		}},
		{"Due", func(ctx context.Context, f *fixture, _ contacts.Row) error {
			_, err := f.store.Due(ctx, f.scope, 10)
			return err
		}},
		{"Changed", func(ctx context.Context, f *fixture, _ contacts.Row) error {
			_, err := f.store.Changed(ctx, f.scope, time.Unix(0, 0), 10)
			return err
		}},
		{"Expired", func(ctx context.Context, f *fixture, _ contacts.Row) error {
			_, err := f.store.Expired(ctx, f.scope, 10)
			return err
		}},
		{"Rows", func(ctx context.Context, f *fixture, _ contacts.Row) error {
			_, err := f.store.Rows(ctx, f.scope, contacts.Person{}, 10)
			return err
		}},
		{"ByContact", func(ctx context.Context, f *fixture, row contacts.Row) error {
			_, err := f.store.ByContact(ctx, row.InboxID, row.ContactID)
			return err
		}},
		{"Count", func(ctx context.Context, f *fixture, _ contacts.Row) error {
			_, err := f.store.Count(ctx, f.scope)
			return err
		}},
	} {
		cases = append(cases, check{one.name, func(f *fixture) {
			row := f.put(f.full("member-1"))
			cancelled, cancel := context.WithCancel(f.ctx())
			cancel()
			f.failed(row, one.run(cancelled, f, row), context.Canceled)
			f.check()
			late, cancel := context.WithDeadline(f.ctx(), time.Now().Add(-time.Second))
			defer cancel()
			f.failed(row, one.run(late, f, row), context.DeadlineExceeded)
			f.check()
			// With a context that lives, the same call works.
			if err := one.run(f.ctx(), f, row); err != nil {
				f.Errorf("error is %v without cancellation", err)
			}
		}})
	}
	return append(cases, check{"Put of a new row", func(f *fixture) {
		cancelled, cancel := context.WithCancel(f.ctx())
		cancel()
		row := f.full("member-1")
		f.model.hear(row)
		_, err := f.store.Put(cancelled, row, contacts.Guard{})
		f.failed(row, err, context.Canceled)
		f.check()
	}})
}
