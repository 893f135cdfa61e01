package databasetest

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/maicontact/maicontact"
)

// Two members are bound to one contact at the same time: neither sees the
// other's change, and the unique index decides. With a transaction that is
// held open the case comes every time.
func TestPostgreSQLContactTakenMeanwhile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		end  func(*sql.Tx) error
		want error
	}{
		{"the other commits", (*sql.Tx).Commit, maicontact.ErrContactTaken},
		{"the other rolls back", (*sql.Tx).Rollback, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newPostgreSQL(t)
			store, db := d.open(t), d.pool(t)
			first, second := claimed(t, store, newKey("1")), claimed(t, store, newKey("2"))
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			_, err = tx.ExecContext(t.Context(), "UPDATE maicontact_contacts SET contact_id = $1 WHERE member = $2",
				contactID.Reveal(), first.Key.Member)
			if err != nil {
				t.Fatal(err)
			}
			result := make(chan error, 1)
			go func() {
				_, err := store.Bind(t.Context(), second.Claim(), contactID, second.Wanted)
				result <- err
			}()
			waitForLock(t, db)
			if err := test.end(tx); err != nil {
				t.Fatal(err)
			}
			if err = <-result; !errors.Is(err, test.want) {
				t.Errorf("error is %v, want %v", err, test.want)
			}
			if err != nil {
				noSecrets(t, "Bind", err)
				if got, err := store.Contact(t.Context(), second.Key); err != nil || got.ContactID != "" || got.Token != second.Token {
					t.Errorf("the row is %+v, %v; it was %+v", got, err, second)
				}
			}
		})
	}
}

// waitForLock waits until a connection of the database waits for another.
func waitForLock(t *testing.T, db *sql.DB) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		var waiting int
		err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		switch {
		case err != nil:
			t.Fatal(err)
		case waiting > 0:
			return
		case time.Since(start) > 20*time.Second:
			t.Fatal("nobody waits for the other transaction")
		}
	}
}
