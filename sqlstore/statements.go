package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Each change of a row is one statement: what must hold for it is in WHERE, so
// that the database decides, and it returns the row as it then is. $1 to $3
// are the key and $4 is the token of a claim.
const (
	columns = `contact_id, generation, created_at, updated_at,
		wanted_profile, wanted_access, since_at, confirmed_profile, confirmed_access,
		waiting, revision, due_at, attempted_at, held, failures, reason, token, lease_until, erased_at`

	returning = ` RETURNING ` + columns

	thisRow = ` WHERE namespace = $1 AND inbox_id = $2 AND member = $3`

	// A claim that has ended left no lease. One whose lease has run out is
	// good for all but Attempt, until another takes the row over.
	claimed      = thisRow + ` AND token = $4 AND lease_until IS NOT NULL`
	claimedAlive = claimed + ` AND erased_at IS NULL`

	selectRow = `SELECT ` + columns + ` FROM maicontact_contacts` + thisRow

	// The row is new, or wants another profile by now. With the profile that
	// is confirmed already there is nothing to do, and a claim ends, unless
	// another write may still land.
	want = `INSERT INTO maicontact_contacts AS c (namespace, inbox_id, member, generation,
			wanted_profile, wanted_access, since_at, confirmed_profile, confirmed_access,
			waiting, revision, created_at, updated_at, due_at, failures, reason, token)
		VALUES ($1, $2, $3, 1, $4, $5, {now}, '', '', $6, $7, {now}, {now}, {now}, 0, '', 0)
		ON CONFLICT (namespace, inbox_id, member) DO UPDATE SET
			wanted_profile = excluded.wanted_profile,
			wanted_access = excluded.wanted_access,
			since_at = excluded.since_at,
			revision = excluded.revision,
			updated_at = excluded.updated_at,
			failures = 0,
			reason = '',
			waiting = CASE WHEN ` + back + ` THEN NULL ELSE excluded.waiting END,
			lease_until = CASE WHEN ` + back + ` THEN NULL ELSE c.lease_until END,
			due_at = CASE WHEN ` + back + ` THEN NULL
				WHEN c.lease_until > excluded.due_at THEN c.lease_until
				ELSE excluded.due_at END
		WHERE c.erased_at IS NULL
			AND (c.wanted_profile = '' OR c.revision <= excluded.revision)
			AND (c.wanted_profile <> excluded.wanted_profile OR c.wanted_access <> excluded.wanted_access)` + returning

	back = `c.confirmed_profile = excluded.wanted_profile AND c.confirmed_access = excluded.wanted_access
		AND c.attempted_at IS NULL`

	// The row wants that profile already.
	raise = `UPDATE maicontact_contacts SET revision = $6` + thisRow + `
		AND erased_at IS NULL AND revision < $6 AND wanted_profile = $4 AND wanted_access = $5` + returning

	// The + 0 keeps PostgreSQL from searching all due rows for the key, which
	// it finds cheap while its statistics know of few.
	claim = `UPDATE maicontact_contacts SET token = token + 1,
			lease_until = {now} + $4, due_at = {now} + $4, updated_at = {now}` + thisRow + `
		AND due_at + 0 <= {now} AND (lease_until IS NULL OR lease_until <= {now})` + returning

	attempt = `UPDATE maicontact_contacts SET attempted_at = {now}, updated_at = {now},
			confirmed_profile = '',
			confirmed_access = CASE WHEN confirmed_access = wanted_access THEN confirmed_access ELSE '' END` +
		claimed + ` AND lease_until > {now}` + returning

	bind = `UPDATE maicontact_contacts SET contact_id = $7, attempted_at = NULL, held = 0, ` + confirmation + `,
			waiting = CASE WHEN ` + asWanted + ` THEN NULL ELSE waiting END,
			due_at = CASE WHEN ` + asWanted + ` THEN NULL ELSE due_at END` + claimedAlive + `
		AND (contact_id IS NULL OR contact_id = $7)
		AND NOT EXISTS (SELECT 1 FROM maicontact_contacts AS o
			WHERE o.inbox_id = $2 AND o.contact_id = $7 AND (o.namespace <> $1 OR o.member <> $3))` + returning

	// Nothing but another member of the inbox stood in the way of bind.
	taken = `SELECT 1 FROM maicontact_contacts` + claimedAlive + `
		AND (contact_id IS NULL OR contact_id = $5)
		AND EXISTS (SELECT 1 FROM maicontact_contacts AS o
			WHERE o.inbox_id = $2 AND o.contact_id = $5 AND (o.namespace <> $1 OR o.member <> $3))`

	// After 0 milliseconds nothing is due again. Without the CAST PostgreSQL
	// would take the number for an INTEGER.
	confirm = `UPDATE maicontact_contacts SET ` + confirmation + `,
			attempted_at = CASE WHEN ` + again + ` > 0 THEN attempted_at END,
			waiting = CASE WHEN ` + asWanted + ` AND ` + again + ` = 0 THEN NULL ELSE waiting END,
			due_at = CASE WHEN ` + asWanted + ` THEN {now} + NULLIF(` + again + `, 0) ELSE due_at END` + claimedAlive + `
		AND contact_id IS NOT NULL` + returning

	again = `CAST($7 AS BIGINT)`

	confirmation = `confirmed_profile = $5, confirmed_access = $6,
			failures = 0, reason = '', updated_at = {now},
			lease_until = CASE WHEN ` + asWanted + ` THEN NULL ELSE lease_until END`

	asWanted = `wanted_profile = $5 AND wanted_access = $6`

	postpone = `UPDATE maicontact_contacts SET due_at = {now} + $5, lease_until = NULL,
			failures = failures + 1, reason = $6, attempted_at = $7, held = $8, updated_at = {now}` + claimed + returning

	park = `UPDATE maicontact_contacts SET lease_until = NULL, attempted_at = $8,
			due_at = CASE WHEN ` + asWanted + ` THEN NULL ELSE {now} END,
			reason = $7, updated_at = {now}` + claimedAlive + returning

	regenerate = `UPDATE maicontact_contacts SET contact_id = NULL, generation = generation + 1,
			confirmed_profile = '', confirmed_access = '', attempted_at = NULL,
			updated_at = {now}` + claimedAlive + returning

	erase = `INSERT INTO maicontact_contacts AS c (namespace, inbox_id, member, generation,
			wanted_profile, wanted_access, confirmed_profile, confirmed_access,
			revision, created_at, updated_at, due_at, erased_at, failures, reason, token)
		VALUES ($1, $2, $3, 1, '', '', '', '', 0, {now}, {now}, {now}, {now}, 0, '', 1)
		ON CONFLICT (namespace, inbox_id, member) DO UPDATE SET
			wanted_profile = '', wanted_access = '', since_at = NULL, confirmed_profile = '', confirmed_access = '',
			waiting = NULL, revision = 0, held = 0, failures = 0, reason = '',
			token = c.token + 1, lease_until = NULL,
			due_at = excluded.due_at, erased_at = excluded.erased_at, updated_at = excluded.updated_at
		WHERE c.erased_at IS NULL` + returning

	erased = `UPDATE maicontact_contacts SET contact_id = NULL, attempted_at = NULL,
			due_at = NULL, lease_until = NULL, failures = 0, reason = '',
			updated_at = {now}` + claimed + ` AND erased_at IS NOT NULL` + returning

	// A tombstone is due until its contact is deleted.
	restore = `UPDATE maicontact_contacts SET erased_at = NULL, generation = generation + 1,
			updated_at = {now}` + thisRow + ` AND erased_at IS NOT NULL AND due_at IS NULL` + returning

	due = `SELECT member FROM maicontact_contacts
		WHERE namespace = $1 AND inbox_id = $2 AND due_at <= {now} ORDER BY due_at LIMIT $3`

	unsettled = `SELECT count(*) FROM maicontact_contacts
		WHERE namespace = $1 AND inbox_id = $2 AND due_at IS NOT NULL`
)

// statements are prepared once; database/sql prepares them again on each of
// its connections when it is first needed there.
type statements struct {
	selectRow, want, raise, claim, attempt, bind, taken, confirm, postpone, park,
	regenerate, erase, erased, restore, due, unsettled *sql.Stmt
}

func prepare(ctx context.Context, db *sql.DB, dialect Dialect) (*statements, error) {
	s := new(statements)
	for _, one := range []struct {
		into **sql.Stmt
		text string
	}{
		{&s.selectRow, selectRow}, {&s.want, want}, {&s.raise, raise}, {&s.claim, claim},
		{&s.attempt, attempt}, {&s.bind, bind}, {&s.taken, taken}, {&s.confirm, confirm},
		{&s.postpone, postpone}, {&s.park, park}, {&s.regenerate, regenerate}, {&s.erase, erase},
		{&s.erased, erased}, {&s.restore, restore}, {&s.due, due}, {&s.unsettled, unsettled},
	} {
		stmt, err := db.PrepareContext(ctx, dialect.text(one.text))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("sqlstore: prepare: %w", err), s.close())
		}
		*one.into = stmt
	}
	return s, nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{
		s.selectRow, s.want, s.raise, s.claim, s.attempt, s.bind, s.taken, s.confirm,
		s.postpone, s.park, s.regenerate, s.erase, s.erased, s.restore, s.due, s.unsettled,
	} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
