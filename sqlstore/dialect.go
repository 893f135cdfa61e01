package sqlstore

import (
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"
)

// Dialect says which database a [Store] talks to.
type Dialect int

const (
	// SQLite 3.35 or newer, by any driver.
	SQLite Dialect = iota + 1
	// PostgreSQL 12 or newer, by any driver with $1 placeholders.
	PostgreSQL
)

// String returns the name of the database.
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "SQLite"
	case PostgreSQL:
		return "PostgreSQL"
	default:
		return fmt.Sprintf("Dialect(%d)", int(d))
	}
}

func (d Dialect) check() error {
	if d != SQLite && d != PostgreSQL {
		return fmt.Errorf("sqlstore: unknown dialect %d: use sqlstore.SQLite or sqlstore.PostgreSQL", int(d))
	}
	return nil
}

// text puts a statement into the dialect. {now} is the database's clock in
// milliseconds since 1970. It is the same everywhere in a statement, so that
// the times of one change fit together, and an index can be searched by it.
func (d Dialect) text(statement string) string {
	if d == SQLite {
		// $1 would be a name to some drivers, and ?1 is a number to all.
		return strings.NewReplacer("$", "?",
			"{now}", `CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`).Replace(statement)
	}
	return strings.ReplaceAll(statement,
		"{now}", `CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT)`)
}

// folder holds the migrations of the dialect.
func (d Dialect) folder() string {
	if d == SQLite {
		return "migrations/sqlite"
	}
	return "migrations/postgres"
}

func (d Dialect) goose() goose.Dialect {
	if d == SQLite {
		return goose.DialectSQLite3
	}
	return goose.DialectPostgres
}
