package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/maicontact/maicontact"
)

// Want implements [maicontact.Store]. It looks first, because most often there
// is nothing to change, and a write that changes nothing would still lock the
// row, or the whole of SQLite.
func (s *Store) Want(ctx context.Context, key maicontact.Key, w maicontact.Wanted) (maicontact.Contact, error) {
	if w.Stamp.Profile == "" || w.Stamp.Access == "" {
		return maicontact.Contact{}, errors.New("sqlstore: what is wanted needs both fingerprints, see maicontact.StampOf")
	}
	profile, err := json.Marshal(w.Profile)
	if err != nil {
		return maicontact.Contact{}, errors.New("sqlstore: the wanted profile cannot be encoded")
	}
	// Whatever was changed between the look and the statement, the row then
	// knows a higher revision, or the same profile, or is a tombstone, so this
	// comes to an end.
	for {
		row, err := one(ctx, s.selectRow, key)
		known := err == nil
		switch {
		case !known && !errors.Is(err, sql.ErrNoRows):
			return maicontact.Contact{}, wrap(ctx, "read a row", err)
		case known && isSettledFor(row.contact, w):
			return row.read()
		case known && row.contact.Wanted == w.Stamp:
			row, err = one(ctx, s.raise, key, w.Stamp.Profile, w.Stamp.Access, w.Revision)
		default:
			row, err = one(ctx, s.want, key, w.Stamp.Profile, w.Stamp.Access, string(profile), w.Revision)
		}
		if err == nil {
			return row.read()
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return maicontact.Contact{}, wrap(ctx, "record what is wanted", err)
		}
	}
}

// isSettledFor reports whether w changes nothing.
func isSettledFor(row maicontact.Contact, w maicontact.Wanted) bool {
	known := row.Wanted != maicontact.Stamp{}
	return !row.Erased.IsZero() ||
		known && row.Revision > w.Revision ||
		row.Wanted == w.Stamp && row.Revision == w.Revision
}
