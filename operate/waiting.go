package operate

import (
	"context"
	"errors"
	"fmt"

	"github.com/maicontact/maicontact/contacts"
)

// maxRowsRead is how many rows one call of [Operator.Waiting] reads at most.
const maxRowsRead = 5000

// WaitingPerson is a person for whom something waits to be sent, was refused or is in
// doubt.
type WaitingPerson struct {
	Person contacts.Person
	Status Status
}

// WaitingPage is a part of the table, as [Operator.Waiting] returns it.
type WaitingPage struct {
	Found    []WaitingPerson
	RowsRead int
	Next     contacts.Person // where to continue after; zero: this was the end of the table
}

// Overdue returns up to most people whose row is due, the longest overdue first. It
// reads no other rows.
func (o *Operator) Overdue(ctx context.Context, most int) ([]WaitingPerson, error) {
	due, err := o.store.Due(ctx, o.scope, most)
	if err != nil {
		return nil, fmt.Errorf("operate: overdue: %w", err)
	}
	found := make([]WaitingPerson, 0, len(due))
	for _, p := range due {
		row, _, err := o.store.Get(ctx, p)
		switch {
		case errors.Is(err, contacts.ErrNotFound):
			continue // deleted meanwhile
		case err != nil:
			return nil, fmt.Errorf("operate: overdue: %w", err)
		}
		found = append(found, WaitingPerson{p, statusOf(row)})
	}
	return found, nil
}

// Waiting reads the table in its own order, after that person (the zero Person is before
// all), and returns people for whom something waits, was refused or is in doubt. It
// stops at most of them, or after 5,000 rows.
func (o *Operator) Waiting(ctx context.Context, after contacts.Person, most int) (WaitingPage, error) {
	var w WaitingPage
	for row, err := range contacts.All(ctx, o.store, o.scope, after) {
		switch {
		case err != nil:
			return WaitingPage{}, fmt.Errorf("operate: waiting: %w", err)
		case len(w.Found) >= most || w.RowsRead >= maxRowsRead:
			w.Next = after
			return w, nil
		}
		w.RowsRead++
		after = row.Person
		if waits(row) {
			w.Found = append(w.Found, WaitingPerson{row.Person, statusOf(row)})
		}
	}
	return w, nil
}

func waits(row contacts.Row) bool {
	return !row.Due.IsZero() || row.Refused != "" || row.Failures > 0 || !row.DoubtUntil.IsZero()
}
