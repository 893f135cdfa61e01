package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/maicontact/maicontact"
)

// Erase implements [maicontact.Store].
func (s *Store) Erase(ctx context.Context, key maicontact.Key) (maicontact.Contact, error) {
	row, err := one(ctx, s.erase, key)
	switch {
	case errors.Is(err, sql.ErrNoRows): // a tombstone already
		return s.Contact(ctx, key)
	case err != nil:
		return maicontact.Contact{}, wrap(ctx, "erase a row", err)
	}
	return row.read()
}

// Restore implements [maicontact.Store].
func (s *Store) Restore(ctx context.Context, key maicontact.Key) (maicontact.Contact, error) {
	row, err := one(ctx, s.restore, key)
	switch {
	case err == nil:
		return row.read()
	case !errors.Is(err, sql.ErrNoRows):
		return maicontact.Contact{}, wrap(ctx, "restore a row", err)
	}
	if _, err := s.Contact(ctx, key); err != nil {
		return maicontact.Contact{}, err
	}
	return maicontact.Contact{}, maicontact.ErrNotErased
}
