package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pressly/goose/v3/lock"
)

// maxWait is how long a program waits in seconds for others that migrate.
const maxWait = 300

// advisoryLock looks every second.
func advisoryLock() (lock.SessionLocker, error) {
	return lock.NewPostgresSessionLocker(lock.WithLockID(lockID), lock.WithLockTimeout(1, maxWait))
}

// namedLock is a lock of MySQL, which ends with its connection. Names of locks are
// shared by a whole server, so the name of the database is part of it.
func namedLock() (lock.SessionLocker, error) { return mysqlLock{}, nil }

type mysqlLock struct{}

const lockName = `CONCAT('` + versionTable + `.', CRC32(DATABASE()))`

var (
	errLockHeld = errors.New("another program is migrating the schema and does not end")
	errNoLock   = errors.New("the database gives no lock for the migration; its own log says why")
)

// SessionLock implements [lock.SessionLocker]. It asks again every second, because a
// statement that waits may not end with ctx: no server, and not every driver, stops it.
func (mysqlLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	for range maxWait {
		var got sql.NullInt64
		err := conn.QueryRowContext(ctx, `SELECT GET_LOCK(`+lockName+`, 1)`).Scan(&got)
		switch {
		case err != nil || got.Int64 == 1:
			return err
		case !got.Valid: // told at once: to ask again would be of no use
			return errNoLock
		}
	}
	return errLockHeld
}

// SessionUnlock implements [lock.SessionLocker].
func (mysqlLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `DO RELEASE_LOCK(`+lockName+`)`)
	return err
}
