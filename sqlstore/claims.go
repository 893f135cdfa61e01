package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

// Claim implements [maicontact.Store].
func (s *Store) Claim(ctx context.Context, key maicontact.Key, lease time.Duration) (maicontact.Contact, error) {
	row, err := one(ctx, s.claim, key, max(wholeMillis(lease), 1))
	switch {
	case err == nil:
		return row.read()
	case !errors.Is(err, sql.ErrNoRows):
		return maicontact.Contact{}, wrap(ctx, "claim a row", err)
	}
	contact, err := s.Contact(ctx, key)
	if err == nil {
		err = maicontact.ErrNotDue
	}
	return contact, err
}

// Attempt implements [maicontact.Store].
func (s *Store) Attempt(ctx context.Context, c maicontact.Claim) (maicontact.Contact, error) {
	return s.asClaimed(ctx, "record an attempt", s.attempt, c)
}

// Bind implements [maicontact.Store].
func (s *Store) Bind(ctx context.Context, c maicontact.Claim, id webchat.ContactID, confirmed maicontact.Stamp) (maicontact.Contact, error) {
	if id == "" {
		return maicontact.Contact{}, errors.New("sqlstore: a row cannot be bound to an empty contact id")
	}
	contact, err := s.asClaimed(ctx, "bind a contact", s.bind, c, confirmed.Profile, confirmed.Access, id.Reveal())
	if err == nil {
		return contact, nil
	}
	// Either the statement saw the other member, or both were bound at the
	// same time and the unique index refused one. Looking tells it without
	// knowing the driver's errors.
	var found int
	look := s.taken.QueryRowContext(ctx, c.Key.Namespace, c.Key.InboxID, c.Key.Member, c.Token, id.Reveal()).Scan(&found)
	if look == nil {
		err = maicontact.ErrContactTaken
	}
	return maicontact.Contact{}, err
}

// Confirm implements [maicontact.Store].
func (s *Store) Confirm(ctx context.Context, c maicontact.Claim, confirmed maicontact.Stamp, again time.Duration) (maicontact.Contact, error) {
	return s.asClaimed(ctx, "confirm a profile", s.confirm, c, confirmed.Profile, confirmed.Access, max(wholeMillis(again), 0))
}

// Postpone implements [maicontact.Store].
func (s *Store) Postpone(ctx context.Context, c maicontact.Claim, f maicontact.Failure) (maicontact.Contact, error) {
	return s.asClaimed(ctx, "postpone a row", s.postpone, c, max(wholeMillis(f.Delay), 0), storable(f.Reason), inDoubt(f.Attempted), f.Held)
}

// Park implements [maicontact.Store].
func (s *Store) Park(ctx context.Context, c maicontact.Claim, refused maicontact.Stamp, reason string, attempted time.Time) (maicontact.Contact, error) {
	return s.asClaimed(ctx, "park a row", s.park, c, refused.Profile, refused.Access, storable(reason), inDoubt(attempted))
}

// Regenerate implements [maicontact.Store].
func (s *Store) Regenerate(ctx context.Context, c maicontact.Claim) (maicontact.Contact, error) {
	return s.asClaimed(ctx, "start a generation", s.regenerate, c)
}

// Erased implements [maicontact.Store].
func (s *Store) Erased(ctx context.Context, c maicontact.Claim) (maicontact.Contact, error) {
	return s.asClaimed(ctx, "complete an erasure", s.erased, c)
}

// asClaimed runs a statement that changes nothing unless the claim holds.
func (s *Store) asClaimed(ctx context.Context, what string, stmt *sql.Stmt, c maicontact.Claim, more ...any) (maicontact.Contact, error) {
	row, err := one(ctx, stmt, c.Key, append([]any{c.Token}, more...)...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return maicontact.Contact{}, maicontact.ErrFenced
	case err != nil:
		return maicontact.Contact{}, wrap(ctx, what, err)
	}
	return row.read()
}

// inDoubt is the time of a write in doubt as the database has it.
func inDoubt(attempted time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: attempted.UnixMilli(), Valid: !attempted.IsZero()}
}

// storable makes text that PostgreSQL takes.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
