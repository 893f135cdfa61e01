package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/maicontact/maicontact/sqlstore"
)

// openTime is how long the database may take to answer at start.
const openTime = 15 * time.Second

// openDatabase opens the database, and makes the shop's tables when they are
// not there. Every statement of the shop is understood by both dialects.
func openDatabase(ctx context.Context, d database) (*sql.DB, error) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	db, err := d.open()
	if err != nil {
		return nil, err
	}
	for {
		if err = db.PingContext(ctx); err == nil {
			err = makeTables(ctx, db, d.dialect)
		}
		if !isLocked(err) || ctx.Err() != nil {
			break
		}
		time.Sleep(20 * time.Millisecond) // another shop that starts is making a new file
	}
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

func (d database) open() (*sql.DB, error) {
	if d.dialect == sqlstore.PostgreSQL {
		config, err := pgx.ParseConfig(d.url)
		if err != nil {
			// The error repeats the URL, and hides passwords only at the
			// places where it expects them.
			return nil, errors.New("DATABASE_URL is not a PostgreSQL address")
		}
		db := stdlib.OpenDB(*config)
		db.SetMaxOpenConns(16)
		db.SetMaxIdleConns(16)
		return db, nil
	}
	if err := makeDefaultDir(d.path); err != nil {
		return nil, err
	}
	// It holds password hashes and contact ids: nobody else may read it.
	// Only a new file is touched; closing one that SQLite has open would end
	// its locks.
	file, err := os.OpenFile(d.path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: d.path, RawQuery: url.Values{
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	return db, nil
}

// schema is made as a whole or not at all.
var schema = [...]string{
	`CREATE TABLE IF NOT EXISTS accounts (
		id            TEXT PRIMARY KEY,
		email         TEXT NOT NULL,
		email_key     TEXT NOT NULL UNIQUE,
		name          TEXT NOT NULL,
		phone         TEXT NOT NULL,
		password_hash TEXT NOT NULL,
		plan          TEXT NOT NULL,
		status        TEXT NOT NULL,
		revision      BIGINT NOT NULL
	)`,
	`CREATE TABLE IF NOT EXISTS products (
		id          BIGINT PRIMARY KEY,
		name        TEXT NOT NULL,
		description TEXT NOT NULL,
		cents       BIGINT NOT NULL,
		art         TEXT NOT NULL,
		plan        TEXT NOT NULL
	)`,
	`CREATE TABLE IF NOT EXISTS settings (
		name  TEXT PRIMARY KEY,
		value TEXT NOT NULL
	)`,
}

// schemaLock is the advisory lock that shops take which start together.
const schemaLock = 0x73686f70

func makeTables(ctx context.Context, db *sql.DB, dialect sqlstore.Dialect) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if dialect == sqlstore.PostgreSQL {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", schemaLock); err != nil {
			return err
		}
	}
	for _, statement := range schema {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("make the shop's tables: %w", err)
		}
	}
	if err := stock(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// isLocked reports whether SQLite gave up although it may wait: it does so while
// another connection makes a new file its own.
func isLocked(err error) bool {
	lite, ok := errors.AsType[*sqlite.Error](err)
	return ok && lite.Code()&0xff == sqlite3.SQLITE_BUSY
}

// isTaken reports whether a change was refused because a unique value is in
// use already.
func isTaken(err error) bool {
	if postgres, ok := errors.AsType[*pgconn.PgError](err); ok {
		const uniqueViolation = "23505"
		return postgres.Code == uniqueViolation
	}
	lite, ok := errors.AsType[*sqlite.Error](err)
	return ok && lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
