package operate

import (
	"context"
	"crypto/sha256"
	"sync"

	"github.com/maicontact/maicontact/contacts"
)

// dryRun know in a dry run which members of the file would have which contact by
// now, as the table does otherwise. They keep nothing of the file itself, which may
// be large. Of two records about one member or one contact the second must begin
// when the first is done.
type dryRun struct {
	operator *Operator
	mu       sync.Mutex
	members  map[digest]digest // to their contacts
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

// link tells what Operator.link would do after what was told before.
func (c *dryRun) link(ctx context.Context, r Record, options LinkOptions) (changed bool, err error) {
	member, contact := digestOf(r.MemberID), digestOf(r.ContactID.Reveal())
	c.mu.Lock()
	has, linked := c.members[member]
	c.mu.Unlock()
	switch {
	case linked && has == contact:
		return false, nil
	case linked:
		return false, contacts.ErrLinked
	}
	if changed, err = c.operator.link(ctx, r, options); !changed || err != nil {
		return changed, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, anothers := c.taken[contact]; anothers {
		return false, contacts.ErrContactTaken
	}
	c.members[member], c.taken[contact] = contact, struct{}{}
	return true, nil
}
