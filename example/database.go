package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
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
// not there.
func openDatabase(ctx context.Context, d database) (*tables, error) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	pool, err := d.open()
	if err != nil {
		return nil, err
	}
	db := &tables{pool, d.dialect}
	for {
		if err = db.PingContext(ctx); err == nil {
			err = db.make(ctx)
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
	switch d.dialect {
	case sqlstore.PostgreSQL:
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
	case sqlstore.MySQL:
		config, err := mysqlConfig(d.url)
		if err != nil {
			return nil, err
		}
		connector, err := mysql.NewConnector(config)
		if err != nil {
			return nil, errors.New("DATABASE_URL is not a MySQL address")
		}
		db := sql.OpenDB(connector)
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

// mysqlConfig reads mysql://user:password@host:port/name?parameters, where the
// parameters are those of the driver. Its error does not repeat the address.
func mysqlConfig(address string) (*mysql.Config, error) {
	u, err := url.Parse(address)
	if err != nil || u.Fragment != "" || u.Hostname() == "" || len(u.Path) < 2 {
		return nil, errors.New("cannot be read as mysql://user:password@host:port/name; escape special characters of the password as %XX")
	}
	config, err := mysql.ParseDSN("/?" + u.RawQuery)
	if err != nil {
		return nil, errors.New("has a parameter that the MySQL driver does not know")
	}
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.Net, config.Addr = "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "3306"))
	config.DBName = u.Path[1:]
	config.Logger = new(mysql.NopLogger) // the errors say it too
	return config, nil
}

// tables are those of the shop. Their statements are written with $1, $2 and so
// on, each once and in order.
type tables struct {
	*sql.DB
	dialect sqlstore.Dialect
}

var placeholder = regexp.MustCompile(`\$[0-9]+`)

// text is a statement in the words of the database.
func (t *tables) text(statement string) string {
	if t.dialect == sqlstore.MySQL {
		return placeholder.ReplaceAllString(statement, "?")
	}
	return statement
}

// schema is made as a whole or not at all, but on MySQL, where each statement
// commits by itself. {key} is a text that is compared by its bytes.
var schema = [...]string{
	`CREATE TABLE IF NOT EXISTS accounts (
		id            {key} PRIMARY KEY,
		email         {text} NOT NULL,
		email_key     {key} NOT NULL UNIQUE,
		name          {text} NOT NULL,
		phone         {text} NOT NULL,
		password_hash {text} NOT NULL,
		plan          {text} NOT NULL,
		status        {text} NOT NULL,
		revision      BIGINT NOT NULL
	)`,
	`CREATE TABLE IF NOT EXISTS products (
		id          BIGINT PRIMARY KEY,
		name        {text} NOT NULL,
		description {text} NOT NULL,
		cents       BIGINT NOT NULL,
		art         {text} NOT NULL,
		plan        {text} NOT NULL
	)`,
	`CREATE TABLE IF NOT EXISTS settings (
		name  {key} PRIMARY KEY,
		value {text} NOT NULL
	)`,
}

// types are those of MySQL, whatever its character set and collation are.
var types = map[bool]*strings.Replacer{
	false: strings.NewReplacer("{key}", "TEXT", "{text}", "TEXT"),
	true:  strings.NewReplacer("{key}", "VARBINARY(1024)", "{text}", "TEXT CHARACTER SET utf8mb4"),
}

// These are the locks that shops take which start together.
const (
	schemaLock     = 0x73686f70                           // of a database of PostgreSQL
	schemaLockName = "CONCAT('shop.', CRC32(DATABASE()))" // of a server of MySQL
)

func (t *tables) make(ctx context.Context) error {
	conn, err := t.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if t.dialect == sqlstore.MySQL { // whose lock outlives the transaction
		if _, err := conn.ExecContext(ctx, "DO GET_LOCK("+schemaLockName+", 60)"); err != nil {
			return err
		}
		defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+schemaLockName+")") }()
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if t.dialect == sqlstore.PostgreSQL {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", schemaLock); err != nil {
			return err
		}
	}
	for _, statement := range schema {
		if _, err := tx.ExecContext(ctx, types[t.dialect == sqlstore.MySQL].Replace(statement)); err != nil {
			return fmt.Errorf("make the shop's tables: %w", err)
		}
	}
	if err := t.stock(ctx, tx); err != nil {
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
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		const duplicateEntry = 1062
		return my.Number == duplicateEntry
	}
	lite, ok := errors.AsType[*sqlite.Error](err)
	return ok && lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
