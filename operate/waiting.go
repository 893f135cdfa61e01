package operate

import (
	"context"
	"errors"
	"fmt"

	"github.com/maicontact/maicontact/contacts"
)

// mostLooked bounds how many rows one call of [Operator.Waiting] reads.
const mostLooked = 5000

// Waiter is a person of whom something waits to be sent, was refused or is in
// doubt.
type Waiter struct {
	Person contacts.Person
	Status Status
}

// Waiters are what [Operator.Waiting] has found.
type Waiters struct {
	Found  []Waiter
	Looked int             // rows that were looked at
	Next   contacts.Person // to look further after; zero: the table is at its end
}

// Overdue returns up to most people for whom it is time, the longest first. It
// reads no other rows.
func (o *Operator) Overdue(ctx context.Context, most int) ([]Waiter, error) {
	due, err := o.store.Due(ctx, o.scope, most)
	if err != nil {
		return nil, fmt.Errorf("operate: overdue: %w", err)
	}
	found := make([]Waiter, 0, len(due))
	for _, p := range due {
		row, _, err := o.store.Get(ctx, p)
		switch {
		case errors.Is(err, contacts.ErrNotFound):
			continue // gone meanwhile
		case err != nil:
			return nil, fmt.Errorf("operate: overdue: %w", err)
		}
		found = append(found, Waiter{p, statusOf(row)})
	}
	return found, nil
}

// Waiting goes through the table in its own order, after that person (the zero
// Person is before all), for people of whom something waits, was refused or is in
// doubt. It stops at most of them, or after 5,000 rows.
func (o *Operator) Waiting(ctx context.Context, after contacts.Person, most int) (Waiters, error) {
	var w Waiters
	for row, err := range contacts.All(ctx, o.store, o.scope, after) {
		switch {
		case err != nil:
			return Waiters{}, fmt.Errorf("operate: waiting: %w", err)
		case len(w.Found) >= most || w.Looked >= mostLooked:
			w.Next = after
			return w, nil
		}
		w.Looked++
		after = row.Person
		if waits(row) {
			w.Found = append(w.Found, Waiter{row.Person, statusOf(row)})
		}
	}
	return w, nil
}

func waits(row contacts.Row) bool {
	return !row.Due.IsZero() || row.Refused != "" || row.Failures > 0 || !row.DoubtUntil.IsZero()
}
