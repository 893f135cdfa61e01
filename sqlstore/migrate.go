package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

const (
	versionTable = "maicontact_schema"

	// lockID is the advisory lock that replicas which start together take one after
	// the other: the first 8 letters of the package's name.
	lockID = 0x6d6169636f6e7461

	// maxBusy is how long a migration waits for other users of SQLite, and
	// busyPause about how long between two tries.
	maxBusy   = 30 * time.Second
	busyPause = 50 * time.Millisecond
	// maxTries bounds failures of other kinds. One of two processes that make the
	// same table fails; its next try finds the table made.
	maxTries = 5
)

// Migrate creates the tables, or brings them up to date; when there is nothing
// to do it only reads. Any number of processes may run it at the same time.
// Run it from your deployment when the programs themselves have no right to
// change the schema, and then use [OpenMigrated]. A schema of a newer release
// of this package is an error. There is no way back to an older version.
func Migrate(ctx context.Context, db *sql.DB, dialect Dialect) error {
	if err := check(db, dialect); err != nil {
		return err
	}
	start := time.Now()
	for try := 1; ; try++ {
		schema, err := ReadSchema(ctx, db, dialect)
		switch {
		case err == nil && schema.IsAhead():
			return schema.newerError()
		case err == nil && !schema.IsBehind():
			return nil
		}
		if err = up(ctx, db, dialect); err == nil {
			continue // and see
		}
		if ctx.Err() != nil || try >= maxTries && !isBusy(err) || time.Since(start) > maxBusy {
			return wrap(ctx, "migrate", err)
		}
		select {
		case <-time.After(busyPause/2 + rand.N(busyPause)):
		case <-ctx.Done():
			return wrap(ctx, "migrate", ctx.Err())
		}
	}
}

func up(ctx context.Context, db *sql.DB, dialect Dialect) error {
	provider, err := newProvider(db, dialect)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

func newProvider(db *sql.DB, dialect Dialect) (*goose.Provider, error) {
	own := dialects[dialect]
	folder, err := fs.Sub(migrations, own.folder)
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{
		goose.WithTableName(versionTable),
		goose.WithDisableGlobalRegistry(true), // the application's own migrations
		goose.WithLogger(goose.NopLogger()),
	}
	if own.locker != nil {
		locker, err := own.locker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(own.goose, db, folder, options...)
}

// newestVersion is the version of the schema that this package works with.
func newestVersion(dialect Dialect) (int64, error) {
	names, err := fs.Glob(migrations, dialects[dialect].folder+"/*.sql")
	if err != nil || len(names) == 0 {
		return 0, errors.New("sqlstore: no migrations are embedded")
	}
	version, err := goose.NumericComponent(names[len(names)-1])
	if err != nil {
		return 0, fmt.Errorf("sqlstore: %w", err)
	}
	return version, nil
}

// isBusy reports whether SQLite was in use by another connection. Drivers have
// different types for that and pass on the words of SQLite.
func isBusy(err error) bool {
	return strings.Contains(err.Error(), "is locked")
}
