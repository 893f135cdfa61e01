package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Dialect says which database a [Store] talks to.
type Dialect int

const (
	// SQLite 3.35 or newer, by any driver.
	SQLite Dialect = iota + 1
	// PostgreSQL 12 or newer, by any driver with $1 placeholders.
	PostgreSQL
	// MySQL 8.0 or newer, or MariaDB 10.6 or newer, by any driver.
	MySQL
)

// differences are all that tells one database from another here.
type differences struct {
	name string
	// now is the database's clock in milliseconds since 1970. It is the same
	// everywhere in a statement, so that the times of one change fit together,
	// and an index can be searched by it.
	now string
	// readOnly is 1 where the database takes no writes, and 0 otherwise.
	readOnly string
	// after is the condition for rows after a kind and an id in the order of the two.
	// It lets the database use the index. Its values: a kind, the kind again, an id.
	after string
	// numbered placeholders are $1, $2 and so on. The others are ?.
	numbered bool
	// hasVersions is 1 where there is a table of versions, and 0 otherwise. It needs no
	// right to that table.
	hasVersions string
	// folder holds the migrations, which goose knows by its own name of the database.
	folder string
	goose  goose.Dialect
	// locker makes programs that start together migrate one after the other; nil: the
	// database locks itself.
	locker func() (lock.SessionLocker, error)
	// checkSettings refuses a database that is set up so that changes would fail
	// or get lost; nil: it cannot be.
	checkSettings func(context.Context, *sql.DB) error
}

var dialects = map[Dialect]differences{
	SQLite: {
		name:          "SQLite",
		now:           `CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`,
		readOnly:      `(SELECT query_only FROM pragma_query_only)`,
		after:         `+kind >= ? AND (kind, id) > (?, ?)`, // + keeps the index for the second
		hasVersions:   `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '` + versionTable + `'`,
		folder:        "migrations/sqlite",
		goose:         goose.DialectSQLite3,
		checkSettings: checkBusyTimeout,
	},
	PostgreSQL: {
		name:        "PostgreSQL",
		now:         `CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT)`,
		readOnly:    `CASE WHEN pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' THEN 1 ELSE 0 END`,
		after:       `kind >= ? AND (kind, id) > (?, ?)`,
		numbered:    true,
		hasVersions: `SELECT count(found) FROM (SELECT to_regclass('` + versionTable + `') AS found) AS t`,
		folder:      "migrations/postgres",
		goose:       goose.DialectPostgres,
		locker:      advisoryLock,
	},
	MySQL: {
		name: "MySQL",
		// Neither a time zone nor the end of summer time changes it.
		now: `(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000)`,
		// Some releases have a number there, and others a word.
		readOnly: `CASE WHEN CAST(@@global.read_only AS CHAR) NOT IN ('0', 'OFF') OR @@global.innodb_read_only <> 0 THEN 1 ELSE 0 END`,
		// MySQL does not use an index to compare rows.
		after:         `(kind > ? OR kind = ? AND id > ?)`,
		hasVersions:   `SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '` + versionTable + `'`,
		folder:        "migrations/mysql",
		goose:         goose.DialectMySQL,
		locker:        namedLock,
		checkSettings: checkSession,
	},
}

// String returns the name of the database.
func (d Dialect) String() string {
	if known, ok := dialects[d]; ok {
		return known.name
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

func (d Dialect) check() error {
	if _, ok := dialects[d]; !ok {
		return fmt.Errorf("sqlstore: unknown dialect %d: use sqlstore.SQLite, sqlstore.PostgreSQL or sqlstore.MySQL", int(d))
	}
	return nil
}

// text writes a statement in the dialect: it replaces the placeholders ?, and {now},
// {read_only} and {after}.
func (d Dialect) text(statement string) string {
	own := dialects[d]
	statement = strings.NewReplacer("{now}", own.now, "{read_only}", own.readOnly, "{after}", own.after).Replace(statement)
	if !own.numbered {
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
