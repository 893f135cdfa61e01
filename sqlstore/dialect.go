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

// text puts a statement into the dialect: its placeholders, which are ?, its
// clock, which is {now}, and {read_only}, which is 1 where the database takes no
// writes.
func (d Dialect) text(statement string) string {
	statement = strings.NewReplacer("{now}", d.now(), "{read_only}", d.readOnly()).Replace(statement)
	if d == SQLite {
		return statement
	}
	var b strings.Builder
	for n, part := range strings.Split(statement, "?") {
		if n > 0 {
			fmt.Fprintf(&b, "$%d", n)
		}
		b.WriteString(part)
	}
	return b.String()
}

// now is the database's clock in milliseconds since 1970. It is the same
// everywhere in a statement, so that the times of one change fit together, and
// an index can be searched by it.
func (d Dialect) now() string {
	if d == SQLite {
		return `CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`
	}
	return `CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT)`
}

func (d Dialect) readOnly() string {
	if d == SQLite {
		return `(SELECT query_only FROM pragma_query_only)`
	}
	return `CASE WHEN pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' THEN 1 ELSE 0 END`
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
