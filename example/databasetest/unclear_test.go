package databasetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/sqlstore"
)

// A Put that was given up waits for a lock at the server and
// lands later, beside that of another worker: one of them has the claim, and
// never both. Counting versions instead of random ones made two.
func TestLateLanding(t *testing.T) {
	t.Parallel()
	onServers(t, lateLanding)
}

func lateLanding(t *testing.T, like database) {
	for _, test := range []struct {
		name    string
		givenUp []int // in line for the lock
	}{
		{"the one given up comes first", []int{0}},
		{"the one given up comes last", []int{1}},
		{"both are given up", []int{0, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := like.another(t)
			_, behind := newWire(t, d)
			db := d.pool(t)
			workers := []contacts.Store{behind.open(t), behind.open(t)}
			for range 5 {
				row := waiting(t, workers[0], newPerson(time.Now().Format("150405.000000")))
				unlock := d.lock(t, db, row.Person)
				errs := []chan error{make(chan error, 1), make(chan error, 1)}
				var giveUp []context.CancelFunc
				for i, store := range workers {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					giveUp = append(giveUp, cancel)
					go func() {
						claim, err := row.Claim(int64(i+1), time.Hour, row.Updated)
						if err == nil {
							_, err = store.Put(ctx, claim, contacts.Guard{})
						}
						errs[i] <- err
					}()
					d.waitForLocks(t, db, i+1)
				}
				for _, i := range test.givenUp {
					giveUp[i]()
					err := <-errs[i]
					if !errors.Is(err, contacts.ErrUnclear) || !errors.Is(err, context.Canceled) {
						t.Fatalf("the Put that was given up says %v", err)
					}
					errs[i] <- err
				}
				isStored(t, workers[0], row)
				unlock()
				landed := waitForChange(t, workers[0], row)
				d.waitForLocks(t, db, 0)

				for i, done := range errs {
					switch err := <-done; {
					case err == nil && landed.Owner != int64(i+1):
						t.Errorf("worker %d believes that it has the claim of worker %d", i+1, landed.Owner)
					case errors.Is(err, contacts.ErrConflict) && landed.Owner == int64(i+1):
						t.Errorf("worker %d does not believe that it has the claim", i+1)
					case err != nil && !errors.Is(err, contacts.ErrConflict) && !errors.Is(err, contacts.ErrUnclear):
						t.Errorf("worker %d: %v", i+1, err)
					}
				}
				if first := int64(1); landed.Owner != first {
					t.Errorf("worker %d has the claim, and the first in line was %d", landed.Owner, first)
				}
				isStored(t, workers[1], landed)
			}
		})
	}
}

// The row was stored and the reply got lost: a look finds it.
func TestReplyIsLost(t *testing.T) {
	t.Parallel()
	onServers(t, replyIsLost)
}

func replyIsLost(t *testing.T, d database) {
	network, behind := newWire(t, d)
	direct := d.open(t)
	for name, open := range map[string]func(testing.TB) *sqlstore.Store{"pool": behind.open, "one connection": behind.openSingle} {
		for _, old := range []bool{true, false} {
			store := open(t)
			row := waiting(t, store, newPerson(fmt.Sprint(name, old)))
			if !old {
				row = contacts.New(newPerson(fmt.Sprint(name, "new")), row.Updated)
			}
			release := network.hold()
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				defer cancel()
				waitForChange(t, direct, row)
			}()
			got, err := store.Put(ctx, row, contacts.Guard{})
			if err != nil || ctx.Err() == nil {
				t.Errorf("%s, old %v: error is %v", name, old, err)
			}
			isStored(t, store, got)
			release()
			if err := store.Delete(t.Context(), got); err != nil {
				t.Error(err)
			}
		}
	}
}

// Neither the reply nor the look comes: Put says so, in bounded time.
func TestNetworkIsGone(t *testing.T) {
	t.Parallel()
	onServers(t, networkIsGone)
}

func networkIsGone(t *testing.T, d database) {
	network, behind := newWire(t, d)
	store := behind.open(t)
	row := waiting(t, store, newPerson("1"))
	network.listener.Close()
	release := network.hold()
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := store.Put(ctx, row, contacts.Guard{})
	if !errors.Is(err, contacts.ErrUnclear) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
}

// The database refuses a change in its own words.
func TestErrorOfTheDriverIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.pool(t)
		store := d.openOn(t, db)
		row := waiting(t, store, newPerson("1"))
		refuseChanges(t, db, d.dialect)
		for _, next := range []contacts.Row{row, contacts.New(newPerson("2"), row.Updated)} {
			_, err := store.Put(t.Context(), next, contacts.Guard{NotAfter: row.Updated.Add(time.Hour)})
			if joined, ok := err.(interface{ Unwrap() []error }); !errors.Is(err, contacts.ErrUnclear) || !ok || len(joined.Unwrap()) != 2 {
				t.Errorf("error is %v", err)
			}
		}
		isStored(t, store, row)
	})
}

// Nothing is stored, nothing fails, and the row reads as before: that can only
// be another server.
func TestReadsFromAReplica(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.pool(t)
		store := d.openOn(t, db)
		row := waiting(t, store, newPerson("1"))
		ignoreChanges(t, db, d)
		for _, guard := range []contacts.Guard{{}, {NotAfter: row.Updated.Add(time.Hour)}} {
			_, err := store.Put(t.Context(), row, guard)
			mentions(t, err, "replica")
			if errors.Is(err, contacts.ErrConflict) || errors.Is(err, contacts.ErrLate) || errors.Is(err, contacts.ErrUnclear) {
				t.Errorf("it looks like what may happen: %v", err)
			}
		}
		if _, err := store.Put(t.Context(), row, contacts.Guard{NotAfter: row.Updated.Add(-time.Second)}); !errors.Is(err, contacts.ErrLate) {
			t.Errorf("error is %v", err)
		}
		isStored(t, store, row)
	})
}

// lock takes the person's row, as another program may.
func (d database) lock(t *testing.T, db *sql.DB, p contacts.Person) (unlock func()) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err == nil {
		_, err = tx.ExecContext(t.Context(), d.text("SELECT 1 FROM maicontact_contacts WHERE namespace = ? AND inbox_id = ? AND kind = ? AND id = ? FOR UPDATE"),
			p.Namespace, p.InboxID, p.Kind, p.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}

// waitForChange returns the row that comes in the place of the old one.
func waitForChange(t *testing.T, store contacts.Store, old contacts.Row) contacts.Row {
	t.Helper()
	for start := time.Now(); time.Since(start) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		row, _, err := store.Get(t.Context(), old.Person)
		if err == nil && row.Version != old.Version {
			return row
		}
		if err != nil && !errors.Is(err, contacts.ErrNotFound) {
			t.Error(err)
			return old
		}
	}
	t.Error("nothing lands")
	return old
}
