package maicontact

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrErased is returned by [Middleware.Reissue] for a member who is erased, or
// is being erased or reissued. [Middleware.Restore] lifts that.
var ErrErased = errors.New("maicontact: the member is erased; Restore lifts that")

// Reissue is for a contact id that has leaked. It deletes the member's contact
// at MaiAgent, and the next time the member asks for the chat they get a new
// one, with another id and without the former conversations. Until then, and
// while it works, nobody gets a chat for the member. In this process the old id
// is not handed out any more; on other servers a browser may be given it, dead
// as it is, for up to Config.Recheck.
//
// When the deletion is not complete (MaiAgent is down, or a write to it may
// still be under way), Deleted is false, the member stays erased, and Run goes
// on deleting: call Erase later, and once it reports Deleted, Restore. An error
// after the deletion has Deleted set: call Restore then.
//
// It returns ErrNotFound for a member who never asked for the chat, and makes
// no tombstone for them; ErrErased for one who is erased, who never comes back
// this way. An Erase of the same member in this process, at any moment of the
// Reissue, wins: the member stays erased, and Reissue returns ErrErased. A store
// cannot tell two erasures of one member apart, so an Erase that another server
// makes while the Reissue works may be lifted with it: reissue and erase one
// member from one server, or erase again. Safe for concurrent use.
func (m *Middleware) Reissue(ctx context.Context, memberID string) (Erasure, error) {
	r, key, err := m.memberKey(memberID)
	if err != nil {
		return Erasure{}, err
	}
	done, err := r.reissue(ctx, key)
	if err != nil {
		return done, fmt.Errorf("maicontact: reissue: %w", err)
	}
	return done, nil
}

func (r *resolver) reissue(ctx context.Context, key Key) (Erasure, error) {
	e, leave := r.erasures.join(key)
	defer leave()
	if err := e.beginReissue(ctx); err != nil {
		return Erasure{}, err
	}
	defer e.endReissue()
	row, err := r.store.Contact(ctx, key)
	if err == nil && !row.Erased.IsZero() {
		err = ErrErased
	}
	if err != nil {
		return Erasure{}, err
	}
	row, err = r.entomb(ctx, key)
	if err == nil && (row.Due.IsZero() || !row.LeaseUntil.IsZero()) {
		err = ErrErased // a new tombstone is due and nobody's; this is not ours
	}
	if err == nil {
		row, err = r.finish(ctx, row)
	}
	switch {
	case err != nil:
		return Erasure{}, err
	case row.Erased.IsZero():
		return Erasure{Deleted: true}, nil // lifted elsewhere, which takes a complete deletion
	case !row.Due.IsZero():
		return Erasure{}, nil
	}
	return Erasure{Deleted: true}, r.lift(ctx, e, key)
}

// lift lifts the tombstone of a Reissue, unless an Erase has come meanwhile.
func (r *resolver) lift(ctx context.Context, e *erasure, key Key) error {
	if err := e.lock(ctx); err != nil {
		return err
	}
	defer e.unlock()
	if e.wins {
		return ErrErased
	}
	// An Erase of this member waits meanwhile.
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	_, err := r.store.Restore(ctx, key)
	if errors.Is(err, ErrNotErased) {
		// It was complete, so it is another by now, or none.
		var row Contact
		if row, err = r.store.Contact(ctx, key); err == nil && !row.Erased.IsZero() {
			err = ErrErased
		}
	}
	return err
}

// erasures joins the erasures of one member that are under way in this process,
// so that a Reissue does not lift the tombstone of an Erase. The zero erasures
// is ready; it is safe for concurrent use.
type erasures struct {
	mu    sync.Mutex
	under map[Key]*erasure
}

// erasure is what those of one member know of each other.
type erasure struct {
	users int // guarded by erasures.mu

	turn      chan struct{} // holds one while somebody reads or changes what follows, or lifts a tombstone
	reissuing bool
	wins      bool // an Erase has begun: the tombstone stays
}

// lock waits for the turn no longer than ctx.
func (e *erasure) lock(ctx context.Context) error {
	select {
	case e.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *erasure) unlock() { <-e.turn }

func (e *erasure) beginErase(ctx context.Context) error {
	if err := e.lock(ctx); err != nil {
		return err
	}
	defer e.unlock()
	e.wins = true
	return nil
}

func (e *erasure) beginReissue(ctx context.Context) error {
	if err := e.lock(ctx); err != nil {
		return err
	}
	defer e.unlock()
	if e.wins || e.reissuing {
		return ErrErased
	}
	e.reissuing = true
	return nil
}

func (e *erasure) endReissue() {
	e.turn <- struct{}{}
	defer e.unlock()
	e.reissuing = false
}

// join returns what is known of a member's erasures until all have left.
func (s *erasures) join(key Key) (_ *erasure, leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.under[key]
	if e == nil {
		if s.under == nil {
			s.under = map[Key]*erasure{}
		}
		e = &erasure{turn: make(chan struct{}, 1)}
		s.under[key] = e
	}
	e.users++
	return e, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e.users--; e.users == 0 {
			delete(s.under, key)
		}
	}
}
