package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/maicontact/maicontact"
)

// Contact implements [maicontact.Store].
func (s *Store) Contact(ctx context.Context, key maicontact.Key) (maicontact.Contact, error) {
	row, err := one(ctx, s.selectRow, key)
	if errors.Is(err, sql.ErrNoRows) {
		return maicontact.Contact{}, maicontact.ErrNotFound
	}
	if err != nil {
		return maicontact.Contact{}, wrap(ctx, "read a row", err)
	}
	return row.read()
}

// Due implements [maicontact.Store].
func (s *Store) Due(ctx context.Context, namespace, inboxID string, limit int) ([]maicontact.Key, error) {
	keys, err := s.dueKeys(ctx, namespace, inboxID, max(limit, 0))
	if err != nil {
		return nil, wrap(ctx, "list due rows", err)
	}
	return keys, nil
}

func (s *Store) dueKeys(ctx context.Context, namespace, inboxID string, limit int) ([]maicontact.Key, error) {
	rows, err := s.due.QueryContext(ctx, namespace, inboxID, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []maicontact.Key
	for rows.Next() {
		key := maicontact.Key{Namespace: namespace, InboxID: inboxID}
		if err := rows.Scan(&key.Member); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

// Unsettled implements [maicontact.Store].
func (s *Store) Unsettled(ctx context.Context, namespace, inboxID string) (int, error) {
	var n int
	if err := s.unsettled.QueryRowContext(ctx, namespace, inboxID).Scan(&n); err != nil {
		return 0, wrap(ctx, "count due rows", err)
	}
	return n, nil
}
