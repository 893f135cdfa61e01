package databasetest

import (
	"database/sql"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/sqlstore"
)

// Two members are bound to one contact at the same time: neither sees the
// other's change, and the unique index decides. With a transaction that is
// held open the case comes every time.
func TestContactTakenMeanwhile(t *testing.T) {
	t.Parallel()
	onServers(t, contactTakenMeanwhile)
}

func contactTakenMeanwhile(t *testing.T, like database) {
	for _, test := range []struct {
		name string
		end  func(*sql.Tx) error
		want error
	}{
		{"the other commits", (*sql.Tx).Commit, contacts.ErrContactTaken},
		{"the other rolls back", (*sql.Tx).Rollback, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := like.another(t)
			store, db := d.open(t), d.pool(t)
			first, second := claimed(t, store, newPerson("1")), claimed(t, store, newPerson("2"))
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			if err := d.change(t, tx, first.Person, "contact_id", contactID.Reveal()); err != nil {
				t.Fatal(err)
			}
			result := make(chan error, 1)
			go func() {
				_, err := store.Put(t.Context(), bind(t, second, contactID), contacts.Guard{})
				result <- err
			}()
			d.waitForLocks(t, db, 1)
			if err := test.end(tx); err != nil {
				t.Fatal(err)
			}
			if err = <-result; !errors.Is(err, test.want) {
				t.Errorf("error is %v, want %v", err, test.want)
			}
			if err != nil {
				noSecrets(t, "Put", err)
				isStored(t, store, second)
			}
		})
	}
}

// change changes a column of one row, and locks no other.
func (d database) change(t *testing.T, tx *sql.Tx, p contacts.Person, column, value string) error {
	_, err := tx.ExecContext(t.Context(), d.text("UPDATE maicontact_contacts SET "+column+
		" = ? WHERE namespace = ? AND inbox_id = ? AND kind = ? AND id = ?"), value, p.Namespace, p.InboxID, p.Kind, p.ID)
	return err
}

// countWaits counts the connections of the database that wait for others.
func (d database) countWaits(t *testing.T, db *sql.DB) (n int, err error) {
	if d.dialect == sqlstore.PostgreSQL {
		err = db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
		return n, err
	}
	// The tables that tell it, too, are not made anew while somebody keeps looking.
	var engine, name, status string
	if err := db.QueryRowContext(t.Context(), "SHOW ENGINE INNODB STATUS").Scan(&engine, &name, &status); err != nil {
		return 0, err
	}
	_, status, _ = strings.Cut(status, "\nTRANSACTIONS\n") // and not the last deadlock
	threads := "0"
	for _, found := range lockWait.FindAllStringSubmatch(status, -1) {
		threads += "," + found[1]
	}
	err = db.QueryRowContext(t.Context(), "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND id IN ("+threads+")").Scan(&n)
	return n, err
}

var lockWait = regexp.MustCompile(`(?s)\nLOCK WAIT .*?thread id (\d+)`)

// waitForLocks waits until n connections of the database wait for others, or
// none does where n is 0.
func (d database) waitForLocks(t *testing.T, db *sql.DB, n int) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		waiting, err := d.countWaits(t, db)
		switch {
		case err != nil:
			t.Fatal(err)
		case n == 0 && waiting == 0, n > 0 && waiting >= n:
			return
		case time.Since(start) > 20*time.Second:
			t.Fatal("the locks are not waited for as expected")
		}
	}
}
