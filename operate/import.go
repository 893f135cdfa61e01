package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// Imported is what has become of a record.
type Imported struct {
	Record Record
	// Linked: the contact is the member's from now on (or would be, in a dry
	// run). Otherwise it was before, or the record was rejected.
	Linked bool
	// Rejected says why the record was not taken; nil when it was.
	Rejected error
}

// ImportCounts counts records.
type ImportCounts struct {
	Read, Linked, Unchanged, Rejected int
}

// Import gives members the contacts that another program has made for them, as
// the mapping says. Each contact is asked for at MaiAgent, unless the options say
// not to; what is wrong with a record is told, and the others are taken. A record
// that says what the query metadata is has its profile sent by the site's servers;
// of the others the profile goes out when the member next asks.
//
// Several records are worked on at a time. tell is called for each as it is done,
// one at a time, in no order; its error ends the import. A run that was ended is
// simply started again: what it has taken is found in the table, without asking
// MaiAgent. An error means that the rest was not done: MaiAgent does not answer or
// does not take the key, or the store or the file fails.
func (o *Operator) Import(ctx context.Context, from *Reader, options LinkOptions, tell func(Imported) error) (ImportCounts, error) {
	var counts ImportCounts
	if !options.NoVerify {
		if err := o.CanRead(ctx); err != nil {
			return counts, err
		}
	}
	var seen claimed
	if options.DryRun {
		seen.by = map[webchat.ContactID]string{}
	}
	var mu sync.Mutex
	done := func(i Imported) error {
		mu.Lock()
		defer mu.Unlock()
		counts.Read++
		switch {
		case i.Rejected != nil:
			counts.Rejected++
		case i.Linked:
			counts.Linked++
		default:
			counts.Unchanged++
		}
		return tell(i)
	}
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(o.workers)
	for working.Err() == nil {
		record, err := from.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			group.Go(func() error { return fmt.Errorf("operate: import: %w", err) })
			break
		}
		if record.fault == nil && !seen.isFirst(record) {
			record.fault = contacts.ErrContactTaken
		}
		group.Go(func() error {
			if record.fault != nil {
				return done(Imported{Record: record, Rejected: record.fault})
			}
			linked, err := o.link(working, record, options)
			if _, ok := errors.AsType[failure](err); ok {
				return fmt.Errorf("operate: import: line %d: %w", record.line, err)
			}
			return done(Imported{Record: record, Linked: linked, Rejected: err})
		})
	}
	err := group.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return counts, err
}

// claimed knows in a dry run which member of the file has a contact, as the table
// does otherwise.
type claimed struct{ by map[webchat.ContactID]string }

func (c claimed) isFirst(r Record) bool {
	if c.by == nil {
		return true
	}
	if other, there := c.by[r.ContactID]; there {
		return other == r.MemberID
	}
	c.by[r.ContactID] = r.MemberID
	return true
}
