// Package sqlstore keeps the contact management table in SQLite, PostgreSQL,
// MySQL or MariaDB. It imports no driver: open the database with the one you use
// already.
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	...
//	store, err := sqlstore.Open(ctx, db, sqlstore.PostgreSQL)
//	...
//	defer store.Close()
//
// # The table
//
// maicontact_contacts has one row per person and inbox, see [contacts.Row]: the
// encoded business user ID or the visitor key, the contact id, what MaiAgent has
// confirmed, and what waits to be sent.
//
// A contact id is a bearer secret, so whoever can read the table can chat as
// any person in it: give it the rights of a password table. The profile (name,
// email, phone, permissions) is in the row only while it waits to be confirmed;
// of a confirmed one there are fingerprints. Fingerprints are no protection for
// data that can be guessed. An erased person is a tombstone: the key, a
// generation and times. Backups and write-ahead logs keep older states as long
// as you keep them.
//
// All statements must reach one server, the one that takes writes: opening and
// each look for changes refuse a replica.
//
// maicontact_schema records which migrations were applied.
//
// # Rights
//
// [Migrate], and [Open] when there is something to migrate, need the right to
// create and alter tables in the current schema (PostgreSQL: CREATE on it; MySQL:
// CREATE, ALTER, SELECT and INSERT on the database).
// [OpenMigrated] and all methods of [Store] need SELECT, INSERT, UPDATE and
// DELETE on maicontact_contacts and SELECT on maicontact_schema, nothing else.
//
// # SQLite
//
// Several processes on one machine may share the file. Each connection should
// set WAL and must set a busy timeout, with modernc.org/sqlite for example
//
//	file:app.db?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=synchronous(NORMAL)
//
// synchronous(NORMAL) may lose the last changes when the machine loses power;
// contacts are then found again at MaiAgent, but a tombstone or a profile of
// these last moments would be forgotten: use FULL where that matters. A few
// connections are enough; with ":memory:" use exactly one
// ([sql.DB.SetMaxOpenConns]), since each has a database of its own.
//
// # PostgreSQL
//
// Leave the isolation level at its default, read committed; on a stricter one
// concurrent changes of a row fail and are tried again later. Statements are
// prepared, so PgBouncer in transaction mode must be 1.21 or newer with
// max_prepared_statements set. The pool needs no connection for longer than
// one statement takes; 2 to 4 per processor core are plenty. Set synchronous
// commit as for your own data.
//
// # MySQL and MariaDB
//
// MySQL 8.0 and MariaDB 10.6, or newer, with InnoDB. The tests of this package run
// on MariaDB. Open it with github.com/go-sql-driver/mysql and nothing more than
//
//	user:password@tcp(host:3306)/database
//
// The table holds bytes and numbers only, so that collations, character sets, time
// zones, parseTime, loc, clientFoundRows and interpolateParams may be what your own
// tables need, and the isolation level read committed, repeatable read or
// serializable. Opening refuses settings of a session that lose changes or store
// others: autocommit off, read uncommitted, an sql_mode that is not strict or that
// takes an empty text for none. It looks at one connection: set such things in the
// data source name or on the server, for all alike. In a client the columns of
// bytes may need CONVERT(id USING utf8mb4) to be read.
//
// Of a deadlock or a lock that was waited for too long the change is made again
// later. On a cluster with several servers that take writes (Galera, group
// replication) all statements must reach the same one; a proxy must not send reads
// to replicas. Each connection has eleven prepared statements:
// max_prepared_stmt_count must be more than eleven times the connections of all
// processes. Errors of the classes 22, 23 and HY are told by their numbers only,
// since the server quotes values of the row in them.
//
// # Time
//
// Leases and delays go by the clock of the database server, so the clocks of
// the replicas do not matter. Processes that share an SQLite file share the
// machine's clock.
package sqlstore
