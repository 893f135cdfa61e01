package operate

import (
	"context"
	"crypto/sha256"
	"sync"

	"github.com/maicontact/maicontact/contacts"
)

// dryRun remembers which members of the file would have which contact by now, which
// the table says otherwise. It keeps only digests, as the file may be large. Of two
// records about one member or one contact, the second must begin when the first is
// done.
type dryRun struct {
	operator *Operator
	mu       sync.Mutex
	members  map[digest]digest // the contact of each
	taken    map[digest]struct{}
}

type digest [16]byte

func digestOf(text string) digest {
	sum := sha256.Sum256([]byte(text))
	return digest(sum[:16])
}

func newDryRun(o *Operator) *dryRun {
	return &dryRun{operator: o, members: map[digest]digest{}, taken: map[digest]struct{}{}}
}

// link returns what Operator.link would return after the records before.
func (d *dryRun) link(ctx context.Context, r Record, options LinkOptions) (changed bool, err error) {
	member, contact := digestOf(r.MemberID), digestOf(r.ContactID.Reveal())
	d.mu.Lock()
	has, linked := d.members[member]
	d.mu.Unlock()
	switch {
	case linked && has == contact:
		return false, nil
	case linked:
		return false, contacts.ErrLinked
	}
	if changed, err = d.operator.link(ctx, r, options); !changed || err != nil {
		return changed, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, anothers := d.taken[contact]; anothers {
		return false, contacts.ErrContactTaken
	}
	d.members[member], d.taken[contact] = contact, struct{}{}
	return true, nil
}
