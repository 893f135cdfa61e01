package main

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite" // with the driver "sqlite"

	"github.com/maicontact/maicontact/sqlstore"
)

// openTimeout is how long the database may take to answer the first time.
const openTimeout = 15 * time.Second

// noDatabase is SQLite's error code for a file that is not a database.
const noDatabase = 26

// database is where the table is.
type database struct {
	dialect   sqlstore.Dialect
	path      string           // of the SQLite file
	connector driver.Connector // of PostgreSQL or MySQL; may hold a password
}

// parseDatabase parses DATABASE_URL. Errors never repeat it.
func parseDatabase(s string) (database, error) {
	switch {
	case s == "":
		return database{}, errors.New("is required: sqlite:PATH, postgres://... or mysql://..., as the site has it")
	case strings.HasPrefix(s, "postgres://"), strings.HasPrefix(s, "postgresql://"):
		if u, err := url.Parse(s); err != nil || u.Fragment != "" {
			return database{}, errors.New("cannot be read as a URL; escape special characters of the password as %XX")
		}
		config, err := pgx.ParseConfig(s)
		if err != nil {
			return database{}, errors.New("is not an address of a PostgreSQL database; it looks like postgres://user:password@host:5432/name")
		}
		return database{dialect: sqlstore.PostgreSQL, connector: stdlib.GetConnector(*config)}, nil
	case strings.HasPrefix(s, "mysql://"):
		connector, err := mysqlConnector(s)
		if err != nil {
			return database{}, err
		}
		return database{dialect: sqlstore.MySQL, connector: connector}, nil
	}
	path, ok := strings.CutPrefix(s, "sqlite:")
	switch {
	case !ok:
		return database{}, errors.New("must begin with sqlite:, postgres:// or mysql://")
	case path == "" || strings.HasPrefix(path, ":memory:") || strings.ContainsRune(path, 0):
		return database{}, errors.New("must name a file, such as sqlite:/var/lib/shop/shop.db")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return database{}, errors.New("names a file that cannot be found from here; give its whole path")
	}
	if dir, err := os.Stat(filepath.Dir(path)); err != nil || !dir.IsDir() {
		return database{}, errors.New("names a file in a directory that does not exist; check the path")
	}
	if file, err := os.Stat(path); err == nil && !file.Mode().IsRegular() {
		return database{}, errors.New("must name a file, and this is none")
	}
	return database{dialect: sqlstore.SQLite, path: path}, nil
}

// mysqlConnector parses mysql://user:password@host:port/name?parameters, with the
// driver's parameters. Its error does not repeat the address.
func mysqlConnector(address string) (driver.Connector, error) {
	u, err := url.Parse(address)
	if err != nil || u.Fragment != "" || u.Hostname() == "" || len(u.Path) < 2 {
		return nil, errors.New("cannot be read as mysql://user:password@host:3306/name; escape special characters of the password as %XX")
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
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, errors.New("is not an address of a MySQL database")
	}
	return connector, nil
}

// errNoFile: the SQLite file does not exist, so the path is most likely wrong.
var errNoFile = errors.New("the SQLite file of DATABASE_URL does not exist; check the path, or make it with: maicontact migrate up")

// open opens the database. It makes a missing SQLite file only if create is true.
func (d database) open(ctx context.Context, create bool) (*sql.DB, error) {
	db, err := d.connect(create)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	err = db.PingContext(ctx)
	if failed, ok := errors.AsType[*sqlite.Error](err); ok && failed.Code() == noDatabase {
		return nil, errors.Join(settingFaults{{"DATABASE_URL", "names a file that is no SQLite database; check the path"}}, db.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the database of DATABASE_URL does not answer: %w", err), db.Close())
	}
	return db, nil
}

func (d database) connect(create bool) (*sql.DB, error) {
	if d.connector != nil {
		db := sql.OpenDB(d.connector)
		db.SetMaxOpenConns(8)
		db.SetMaxIdleConns(8)
		return db, nil
	}
	if create {
		// It holds contact ids: nobody else may read it.
		file, err := os.OpenFile(d.path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
		if err == nil {
			err = file.Close()
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	} else if _, err := os.Stat(d.path); err != nil {
		return nil, errNoFile
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: d.path, RawQuery: url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"},
		"_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	return db, nil
}

// store opens the table.
func (d database) store(ctx context.Context) (*sqlstore.Store, func(), error) {
	db, err := d.open(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlstore.OpenMigrated(ctx, db, d.dialect)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("the table cannot be used; see: maicontact migrate status: %w", err), db.Close())
	}
	return store, func() { _ = store.Close(); _ = db.Close() }, nil
}
