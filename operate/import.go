package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"
)

// ImportResult is what has become of a record.
type ImportResult struct {
	Record Record
	// Linked: the contact is the member's from now on (or would be, in a dry run).
	// Otherwise it was before, or the record was rejected.
	Linked bool
	// Rejected says why the record was not taken; nil when it was.
	Rejected error
}

// ImportCounts counts records.
type ImportCounts struct {
	Read      int `json:"read"`
	Linked    int `json:"linked"`
	Unchanged int `json:"unchanged"`
	Rejected  int `json:"rejected"`
}

// Import gives members the contacts that another program has made for them, as the
// mapping says. Each contact is looked up at MaiAgent, unless the options say not to.
// A record that is wrong is rejected, and the others are imported. If a record has
// query metadata, the site's servers send its profile; otherwise the profile is sent
// when the member next asks.
//
// Several records are worked on at a time. tell is called for each when it is done, one
// at a time, in no order; its error ends the import. An import that was interrupted can
// simply be run again: what it has linked is found in the table, without asking
// MaiAgent. An error means that the rest was not done: MaiAgent does not answer or does
// not accept the key, or the store or the file fails.
func (o *Operator) Import(ctx context.Context, from *Reader, options LinkOptions, tell func(ImportResult) error) (ImportCounts, error) {
	var counts ImportCounts
	if !options.NoVerify {
		if err := o.CanRead(ctx); err != nil {
			return counts, err
		}
	}
	link := o.link
	if options.DryRun {
		link = newDryRun(o).link
	}
	var mu sync.Mutex
	done := func(i ImportResult) error {
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
	var records inFlight
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
		release := records.begin(record)
		group.Go(func() error {
			defer release()
			if record.fault != nil {
				return done(ImportResult{Record: record, Rejected: record.fault})
			}
			linked, err := link(working, record, options)
			if err != nil && !IsRefusal(err) {
				return fmt.Errorf("operate: import: line %d: %w", record.line, err)
			}
			return done(ImportResult{Record: record, Linked: linked, Rejected: err})
		})
	}
	err := group.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return counts, err
}

// inFlight are the records that are being worked on. Of two records about one member or
// one contact the second waits, so that the first one in the file always counts. The
// zero value is ready for use. begin is for one goroutine.
type inFlight struct {
	mu  sync.Mutex
	now map[string]chan struct{}
}

// begin waits until no record about the same member or contact is in flight, and adds
// this one. release takes it out again.
func (f *inFlight) begin(r Record) (release func()) {
	if r.fault != nil {
		return func() {}
	}
	keys := [...]string{"contact " + r.ContactID.Reveal(), "member " + r.MemberID}
	done := make(chan struct{})
	for _, key := range keys {
		f.mu.Lock()
		before := f.now[key]
		f.mu.Unlock()
		if before != nil {
			<-before
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now == nil {
		f.now = map[string]chan struct{}{}
	}
	for _, key := range keys {
		f.now[key] = done
	}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, key := range keys {
			delete(f.now, key)
		}
		close(done)
	}
}
