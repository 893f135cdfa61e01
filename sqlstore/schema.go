package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

// Schema says how far the schema of a database is.
type Schema struct {
	Version int64 // 0: there is none yet
	Newest  int64 // the version that this release works with
}

// IsBehind reports whether [Migrate] has something to do.
func (s Schema) IsBehind() bool { return s.Version < s.Newest }

// IsAhead reports whether the schema was made by a newer release.
func (s Schema) IsAhead() bool { return s.Version > s.Newest }

func (s Schema) newerError() error {
	return fmt.Errorf("sqlstore: the schema has version %d, made by a newer release of this package, which knows %d only: upgrade the program", s.Version, s.Newest)
}

// ReadSchema tells how far the schema of a database is. It changes nothing. On
// MySQL a table that the user has no right to is one that is not there.
func ReadSchema(ctx context.Context, db *sql.DB, dialect Dialect) (Schema, error) {
	if err := check(db, dialect); err != nil {
		return Schema{}, err
	}
	newest, err := newestVersion(dialect)
	if err != nil {
		return Schema{}, err
	}
	s := Schema{Newest: newest}
	var tables int
	if err := db.QueryRowContext(ctx, dialects[dialect].hasVersions).Scan(&tables); err != nil {
		return Schema{}, wrap(ctx, "look for the schema", err)
	}
	if tables == 0 {
		return s, nil
	}
	var version sql.NullInt64
	if err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM "+versionTable).Scan(&version); err != nil {
		return Schema{}, wrap(ctx, "read the schema version", err)
	}
	s.Version = version.Int64
	return s, nil
}

// PendingSQL returns the statements that [Migrate] would run on a schema, for
// those who review or run them by other means; empty when there are none. Beside
// them Migrate keeps a table of the versions it has applied.
func PendingSQL(dialect Dialect, s Schema) (string, error) {
	if err := dialect.check(); err != nil {
		return "", err
	}
	names, err := fs.Glob(migrations, dialects[dialect].folder+"/*.sql")
	if err != nil {
		return "", fmt.Errorf("sqlstore: %w", err)
	}
	var all strings.Builder
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return "", fmt.Errorf("sqlstore: %w", err)
		}
		if version <= s.Version {
			continue
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("sqlstore: %w", err)
		}
		fmt.Fprintf(&all, "-- version %d\n%s", version, strings.TrimPrefix(string(text), "-- +goose Up\n"))
	}
	return all.String(), nil
}

// NoSchema is the [Schema] of a database in which there is nothing.
func NoSchema(dialect Dialect) (Schema, error) {
	if err := dialect.check(); err != nil {
		return Schema{}, err
	}
	newest, err := newestVersion(dialect)
	return Schema{Newest: newest}, err
}
