package operate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// PruneOptions say which visitors are pruned, and how.
type PruneOptions struct {
	// Unseen is how long a visitor was not seen. Required.
	Unseen time.Duration
	// CookieMaxAge is the site's Config.Cookie.MaxAge. Together with the time at which a
	// row expires it says when the visitor was last seen. Required.
	CookieMaxAge time.Duration
	// Delete deletes the visitors' contacts at MaiAgent too, with their conversations.
	// Otherwise only rows are deleted, and a visitor who comes back after all gets the
	// contact again.
	Delete bool
	// DryRun changes nothing.
	DryRun bool
	// Each is called for each visitor of the table, to show progress. Optional.
	Each func()
}

// PruneCounts counts visitors.
type PruneCounts struct {
	Visitors int `json:"visitors"` // in the table
	Unseen   int `json:"unseen"`   // of these, for so long
	Rows     int `json:"rows"`     // deleted rows
	Contacts int `json:"contacts"` // contacts deleted at MaiAgent
	// Left are those that could not be pruned: a change of theirs is under way, or
	// MaiAgent has not deleted the contact yet.
	Left int `json:"left"`
}

// Prune removes visitors who were not seen for long. If a visitor's contact is deleted,
// their row stays until their cookie has expired, and the site's servers delete it
// then: so a visitor who comes back is a new one. Visitors who were erased keep their
// tombstones.
func (o *Operator) Prune(ctx context.Context, options PruneOptions) (PruneCounts, error) {
	var counts PruneCounts
	if options.Unseen <= 0 || options.CookieMaxAge <= 0 {
		return counts, errors.New("operate: prune needs to know how long visitors were not seen, and how long cookies last")
	}
	now, err := o.now(ctx)
	if err != nil {
		return counts, fmt.Errorf("operate: prune: %w", err)
	}
	before := now.Add(-options.Unseen)
	for row, err := range contacts.All(ctx, o.store, o.scope, contacts.Person{Kind: contacts.KindVisitor}) {
		if err == nil {
			counts.Visitors++
			if options.Each != nil {
				options.Each()
			}
			if lastSeen(row, options.CookieMaxAge).Before(before) {
				err = o.prune(ctx, row, now, options, &counts)
			}
		}
		if err != nil {
			return counts, fmt.Errorf("operate: prune: %w", err)
		}
	}
	return counts, nil
}

// lastSeen is when a visitor was last seen, or a little later: each visit keeps the row
// for the life of a cookie and a little more.
func lastSeen(row contacts.Row, cookie time.Duration) time.Time {
	seen := row.Updated
	if renewed := row.Expires.Add(-cookie); !row.Expires.IsZero() && renewed.After(seen) {
		seen = renewed
	}
	return seen
}

func (o *Operator) prune(ctx context.Context, row contacts.Row, now time.Time, options PruneOptions, counts *PruneCounts) error {
	if row.Life != contacts.Live && row.Life != contacts.Retired || row.ContactID == "" && options.Delete {
		return nil // a tombstone, or a former run has deleted the contact
	}
	counts.Unseen++
	switch {
	case !row.Due.IsZero() || !row.DoubtUntil.IsZero():
		counts.Left++
		return nil
	case options.DryRun:
		return nil
	case options.Delete:
		return o.pruneContact(ctx, row, counts)
	case row.Life == contacts.Retired && row.Expires.After(now):
		counts.Left++ // the cookie may come back, and must be refused then
		return nil
	}
	err := o.store.Delete(ctx, row)
	switch {
	case errors.Is(err, contacts.ErrConflict):
		counts.Left++ // the visitor has come back
		return nil
	case err != nil:
		return err
	}
	counts.Rows++
	return nil
}

// pruneContact deletes the contact. A visitor who has logged in since keeps a
// tombstone, and the others a row that may get a new contact.
func (o *Operator) pruneContact(ctx context.Context, row contacts.Row, counts *PruneCounts) error {
	do := o.resolver.Reissue
	if row.Life == contacts.Retired {
		do = o.resolver.Erase
	}
	done, err := do(ctx, row.Person)
	switch {
	case err != nil && !IsRefusal(err):
		return err
	case err != nil, done.ContactID != "" || done.Life == contacts.Reissuing || done.Life == contacts.Erasing:
		counts.Left++ // a change has come first, or it is not done yet
	default:
		counts.Contacts++
	}
	return nil
}
