package databasetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/contacts/storetest"
	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/sqlstore"
)

// with is the database opened with more parameters.
func (d database) with(parameters string) database {
	separator := "?"
	if strings.Contains(d.address, "?") {
		separator = "&"
	}
	d.address += separator + parameters
	return d
}

// What a site may set for its own tables changes nothing: the suite passes with
// each, by stores that are set up in all these ways at once.
func TestMariaDBSettings(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) contacts.Store {
		d := newMariaDB(t)
		all := new(replicas)
		for _, parameters := range []string{
			"clientFoundRows=false", "clientFoundRows=true", "interpolateParams=true", "parseTime=true&loc=Asia%2FTokyo&time_zone=%27-03%3A00%27",
			"charset=latin1", "collation=utf8mb4_turkish_ci", "sql_mode=%27ANSI%2CTRADITIONAL%2CNO_BACKSLASH_ESCAPES%27",
			"innodb_snapshot_isolation=1", "tx_isolation=%27READ-COMMITTED%27", "tx_isolation=%27REPEATABLE-READ%27", "tx_isolation=%27SERIALIZABLE%27",
		} {
			all.stores = append(all.stores, d.with(parameters).open(t))
		}
		return all
	})
}

// A change counts as one whether the server counts rows that it found or rows
// that it changed. Every Put changes the version, so that the two are the same.
func TestMariaDBFoundRows(t *testing.T) {
	t.Parallel()
	for _, parameters := range []string{"clientFoundRows=false", "clientFoundRows=true"} {
		t.Run(parameters, func(t *testing.T) {
			t.Parallel()
			store := newMariaDB(t).with(parameters).open(t)
			first := bound(t, store, newPerson("1"))
			second := put(t, store, first) // nothing else is new
			if second.Version == first.Version {
				t.Error("the version is the same")
			}
			if _, err := store.Put(t.Context(), first, contacts.Guard{}); !errors.Is(err, contacts.ErrConflict) {
				t.Errorf("the outdated row: %v", err)
			}
			late := contacts.Guard{NotAfter: first.Updated.Add(-time.Minute)}
			if _, err := store.Put(t.Context(), second, late); !errors.Is(err, contacts.ErrLate) {
				t.Errorf("too late: %v", err)
			}
			isStored(t, store, second)
		})
	}
}

// Settings that lose changes, or make others of them, are refused with what to
// set instead.
func TestMariaDBUnsafeSettings(t *testing.T) {
	t.Parallel()
	d := newMariaDB(t)
	d.open(t)
	for parameters, says := range map[string]string{
		"autocommit=0":                                      "set autocommit=1",
		"tx_isolation=%27READ-UNCOMMITTED%27":               "set transaction_isolation=",
		"sql_mode=%27%27":                                   "set sql_mode='TRADITIONAL'",
		"sql_mode=%27ANSI%27":                               "set sql_mode='TRADITIONAL'",
		"sql_mode=%27TRADITIONAL%2CEMPTY_STRING_IS_NULL%27": "remove EMPTY_STRING_IS_NULL",
	} {
		_, err := sqlstore.Open(t.Context(), d.with(parameters).pool(t), d.dialect)
		mentions(t, err, says)
		_, err = sqlstore.OpenMigrated(t.Context(), d.with(parameters).pool(t), d.dialect)
		mentions(t, err, says)
	}
}

// The store's clock is the moment in UTC, to the millisecond, in the hour that
// comes twice in autumn too. That of UNIX_TIMESTAMP(NOW()) is wrong then.
func TestMariaDBClock(t *testing.T) {
	t.Parallel()
	if os.Getenv(mariadbtest.Variable) != "" {
		t.Skip("the time zone of the server is not ours to choose")
	}
	server, err := mariadbtest.Start("TZ=Europe/Berlin")
	if err != nil {
		mariadbtest.SkipOrFail(t, err)
	}
	t.Cleanup(server.Stop)
	wrong := 0
	for _, at := range []string{"2026-10-25T00:30:00.123Z", "2026-10-25T01:30:00.123Z", "2026-03-29T00:59:59.999Z", "2026-03-29T01:00:00Z"} {
		want, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		d := database{sqlstore.MySQL, "mysql", server.DSN(mariadbtest.Database)}.with("timestamp=" + fmt.Sprintf("%d.%03d", want.Unix(), want.UnixMilli()%1000))
		if _, now, err := d.open(t).Get(t.Context(), newPerson("1")); !errors.Is(err, contacts.ErrNotFound) || !now.Equal(want) {
			t.Errorf("at %v the store's clock is %v, %v", want, now, err)
		}
		var naive int64
		if err := d.pool(t).QueryRowContext(t.Context(), "SELECT UNIX_TIMESTAMP(NOW())").Scan(&naive); err != nil {
			t.Fatal(err)
		}
		if naive != want.Unix() {
			wrong++
		}
	}
	if wrong == 0 {
		t.Error("the server has no summer time, so that this test shows nothing")
	}
}

// A connection that has read a row reads what others have made of it since:
// nothing is read in a transaction, which would see the table as it once was.
func TestReadsAreFresh(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		store, other := d.openSingle(t), d.open(t)
		row := waiting(t, store, newPerson("1"))
		for range 3 {
			isStored(t, store, row)
			row = put(t, other, row)
		}
		isStored(t, store, row)
	})
}

// A change that loses a deadlock changes nothing, and is made again: with the
// other rolled back it succeeds, and where the other has committed it finds the
// contact taken.
func TestMariaDBDeadlock(t *testing.T) {
	t.Parallel()
	for name, commit := range map[string]bool{"the other commits": true, "the other rolls back": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newMariaDB(t)
			store, db := d.open(t), d.pool(t)
			first, second := waiting(t, store, newPerson("1")), claimed(t, store, newPerson("2"))
			execute(t, db, "CREATE TABLE work (id INTEGER PRIMARY KEY) ENGINE = InnoDB")

			// The other has more to lose, so that the server ends the store's statement.
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			if _, err := tx.ExecContext(t.Context(), "INSERT INTO work "+numbers(1000)); err != nil {
				t.Fatal(err)
			}
			if err := d.change(t, tx, first.Person, "contact_id", contactID.Reveal()); err != nil {
				t.Fatal(err)
			}
			watched := &watchedStore{Store: store, failed: make(chan error, 1)}
			binding, err := contacts.Read(t.Context(), watched, second.Person)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				done <- binding.Change(t.Context(), func(row contacts.Row, _ time.Time) (contacts.Row, error) {
					return row.Bind(row.Owner, contactID, row.Desired, row.Updated)
				})
			}()
			d.waitForLocks(t, db, 1)
			if err := d.change(t, tx, second.Person, "failures", "1"); err != nil {
				t.Fatalf("the other was to win: %v", err)
			}
			lost := <-watched.failed
			if !errors.Is(lost, contacts.ErrUnclear) || !strings.Contains(lost.Error(), "Deadlock") {
				t.Errorf("the change that lost says %v", lost)
			}
			noSecrets(t, "Put", lost)
			end, want := tx.Rollback, error(nil)
			if commit {
				end, want = tx.Commit, contacts.ErrContactTaken
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if err := <-done; !errors.Is(err, want) {
				t.Errorf("in the end it says %v, want %v", err, want)
			}
			row, _, err := store.Get(t.Context(), second.Person)
			if err != nil || commit == (row.ContactID == contactID) {
				t.Errorf("bound: %v, %v", row.ContactID != "", err)
			}
		})
	}
}

// watchedStore tells of the first Put that fails.
type watchedStore struct {
	contacts.Store
	failed chan error
}

func (s *watchedStore) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	stored, err := s.Store.Put(ctx, r, g)
	if err != nil {
		select {
		case s.failed <- err:
		default:
		}
	}
	return stored, err
}

// Whatever the connection's character set, all servers read what one has written.
func TestMariaDBCharacterSets(t *testing.T) {
	t.Parallel()
	d := newMariaDB(t)
	for _, parameters := range []string{"charset=latin1", "charset=utf8mb3", "charset=utf8mb4", "charset=gbk"} {
		store := d.with(parameters).open(t)
		row := waiting(t, store, newPerson(parameters))
		row.Reason, row.Refused, row.Waiting.Name = "déjà vu \u2026 \U0001F600", "測試", "Zoë \U0001F469\u200D\U0001F680 \\' 測試"
		row = put(t, store, row)
		for _, others := range []string{"charset=latin1", "charset=utf8mb4"} {
			isStored(t, d.with(others).open(t), row)
		}
	}
}

// The longest keys that there are fit the indexes, and a longer one is refused
// and not cut.
func TestLongKeys(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		store := d.open(t)
		long := contacts.Scope{Namespace: strings.Repeat("n", 64), InboxID: scope.InboxID}
		rows := []contacts.Row{
			contacts.New(long.Member(strings.Repeat("x", contacts.MaxIDLength)), time.Now()),
			contacts.New(long.Member(strings.Repeat("x", contacts.MaxIDLength-1)+"y"), time.Now()),
			contacts.New(long.Visitor(strings.Repeat("x", contacts.MaxIDLength)), time.Now()),
		}
		for i, row := range rows {
			row.ContactID = idOf(i)
			rows[i] = put(t, store, row)
		}
		for _, row := range rows {
			isStored(t, store, row)
		}
		tooLong := contacts.New(contacts.Person{Namespace: "n", InboxID: scope.InboxID, Kind: contacts.KindMember, ID: strings.Repeat("z", 300)}, time.Now())
		switch stored, err := store.Put(t.Context(), tooLong, contacts.Guard{}); {
		case err == nil:
			isStored(t, store, stored)
		default:
			noSecrets(t, "Put", err)
			if found, err := store.Rows(t.Context(), tooLong.Scope(), contacts.Person{}, 10); len(found) != 0 || err != nil {
				t.Errorf("%d rows are stored of a key that is too long, %v", len(found), err)
			}
		}
	})
}

// A server that takes no writes, or a replica, may be behind the one that does.
func TestMariaDBReadOnly(t *testing.T) {
	t.Parallel()
	if os.Getenv(mariadbtest.Variable) != "" {
		t.Skip("the server is not ours to restart")
	}
	server, err := mariadbtest.Start()
	if err != nil {
		mariadbtest.SkipOrFail(t, err)
	}
	t.Cleanup(server.Stop)
	d := database{sqlstore.MySQL, "mysql", server.DSN(mariadbtest.Database)}
	db := d.pool(t)
	store := d.openOn(t, db)
	row := bound(t, store, newPerson("1"))

	execute(t, db, "SET GLOBAL read_only = 1")
	_, err = store.Changed(t.Context(), scope, time.Now(), 10)
	mentions(t, err, "read-only")
	_, err = sqlstore.Open(t.Context(), d.pool(t), d.dialect)
	mentions(t, err, "read-only")
	isStored(t, store, row)
	execute(t, db, "SET GLOBAL read_only = 0")
	if _, err = store.Changed(t.Context(), scope, time.Now(), 10); err != nil {
		t.Errorf("after it takes writes again: %v", err)
	}

	// The readers of some clusters say so in this way.
	if err := server.End(); err != nil {
		t.Fatal(err)
	}
	if err := server.Begin("--innodb-read-only", "--innodb-fast-shutdown=0"); err != nil {
		t.Fatal(err)
	}
	_, err = sqlstore.OpenMigrated(t.Context(), d.pool(t), d.dialect)
	mentions(t, err, "read-only")
}

// The program itself needs few rights.
func TestMariaDBRights(t *testing.T) {
	t.Parallel()
	d := newMariaDB(t)
	owner := d.pool(t)
	config, err := mysql.ParseDSN(d.address)
	if err != nil {
		t.Fatal(err)
	}
	config.User, config.Passwd = strings.TrimPrefix(config.DBName, "maicontact_")+"_app", "x"
	user := "'" + config.User + "'@'%'"
	execute(t, owner, "CREATE USER "+user+" IDENTIFIED BY 'x'")
	t.Cleanup(func() {
		if _, err := owner.ExecContext(context.WithoutCancel(t.Context()), "DROP USER "+user); err != nil {
			t.Error(err)
		}
	})
	execute(t, owner, "GRANT CREATE TEMPORARY TABLES ON "+config.DBName+".* TO "+user) // without any it cannot connect
	app := mariadbtest.Open(t, config.FormatDSN())

	if _, err := sqlstore.OpenMigrated(t.Context(), app, d.dialect); err == nil || !strings.Contains(err.Error(), "run sqlstore.Migrate") {
		t.Errorf("before the migration: %v", err)
	}
	if err := sqlstore.Migrate(t.Context(), owner, d.dialect); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlstore.OpenMigrated(t.Context(), app, d.dialect); err == nil || !strings.Contains(err.Error(), "grant SELECT") {
		t.Errorf("before the grants: %v", err)
	}
	execute(t, owner, "GRANT SELECT ON "+config.DBName+".maicontact_schema TO "+user)
	execute(t, owner, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+config.DBName+".maicontact_contacts TO "+user)

	// Open has nothing to migrate and asks for no more.
	store, err := sqlstore.Open(t.Context(), app, d.dialect)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	p := newPerson("1")
	if row := bound(t, store, p); !row.Ready() {
		t.Error("the row is not ready")
	}
	for name, operation := range operations(store, p) {
		if err := operation(t.Context()); err != nil && strings.Contains(err.Error(), "denied") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMariaDBRestart(t *testing.T) {
	t.Parallel()
	if os.Getenv(mariadbtest.Variable) != "" {
		t.Skip("the server is not ours to restart")
	}
	server, err := mariadbtest.Start()
	if err != nil {
		mariadbtest.SkipOrFail(t, err)
	}
	t.Cleanup(server.Stop)
	restart(t, database{sqlstore.MySQL, "mysql", server.DSN(mariadbtest.Database)}, server.Crash, func() error { return server.Begin() })
}
