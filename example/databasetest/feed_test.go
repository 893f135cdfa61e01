package databasetest

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/sqlstore"
)

var feed = flag.Duration("feed", 3*time.Second, "how long TestFeed changes rows")

const (
	feedRate    = 400 // changes in a second, of both writers
	feedSlow    = 50  // of so many changes one waits for a lock, and one for its commit
	feedEvery   = time.Second
	feedOverlap = 10 * time.Second
)

// What has changed is asked for again and again while changes wait for locks and
// take long to commit: with polls that overlap none is missed. Polls that overlap
// less show that the test would see it.
func TestFeed(t *testing.T) {
	t.Parallel()
	onServers(t, followFeed)
}

func followFeed(t *testing.T, d database) {
	longest := min(*feed/2, 8*time.Second)
	total := int(feed.Seconds() * feedRate)
	db, first, second := d.pool(t), d.pool(t), d.pool(t)
	for _, pool := range []*sql.DB{db, first, second} {
		pool.SetMaxOpenConns(50)
	}
	writers := []contacts.Store{d.openOn(t, first), d.openOn(t, second)}
	makeSlow(t, db, d, total)

	var readers []*reader
	var polls, puts sync.WaitGroup
	done := make(chan struct{})
	for _, overlap := range []time.Duration{feedOverlap, 2 * time.Second, 0} {
		r := &reader{store: d.open(t), overlap: overlap, seen: map[contacts.Person]bool{}}
		r.poll(t)
		readers = append(readers, r)
		polls.Go(func() {
			for end := false; !end; r.poll(t) {
				select {
				case <-done:
					end = true
				case <-time.After(feedEvery):
				}
			}
		})
	}

	var slowest, failed atomic.Int64
	ticker := time.NewTicker(time.Second / feedRate)
	defer ticker.Stop()
	for n := range total {
		<-ticker.C
		row := contacts.Row{Person: newPerson(fmt.Sprint(n)), Version: int64(n + 1), Trust: 1, Generation: 1}
		switch pause := rand.N(longest); n % feedSlow {
		case 0:
			time.AfterFunc(pause, d.lock(t, db, row.Person))
		case 1:
			row.Failures = int(pause.Milliseconds())
		}
		puts.Go(func() {
			start := time.Now()
			if _, err := writers[n%len(writers)].Put(t.Context(), row, contacts.Guard{}); err != nil {
				failed.Add(1)
				t.Error(err)
			}
			for took := int64(time.Since(start)); ; {
				old := slowest.Load()
				if took <= old || slowest.CompareAndSwap(old, took) {
					break
				}
			}
		})
	}
	puts.Wait()
	close(done)
	polls.Wait()

	for _, r := range readers {
		missed := total - int(failed.Load()) - len(r.seen)
		t.Logf("overlap %v: %d changes, %d missed, %d polls, the longest %v, the slowest change %v",
			r.overlap, total, missed, r.polls, r.longest, time.Duration(slowest.Load()))
		if (missed > 0) != (r.overlap == 0) && r.overlap != 2*time.Second {
			t.Errorf("with an overlap of %v %d changes were missed", r.overlap, missed)
		}
	}
}

// makeSlow makes rows, and a trigger that delays commits by as many milliseconds
// as the row has failures.
func makeSlow(t *testing.T, db *sql.DB, d database, rows int) {
	t.Helper()
	execute(t, db, d.text(`INSERT INTO maicontact_contacts (namespace, inbox_id, kind, id, version, trust, generation,
			desired_profile, desired_access, confirmed_profile, confirmed_access, revision, owner,
			doubt_other, conflicts, denials, refused, failures, reason, call_operation, call_outcome, life, passing, checks)
		SELECT ?, ?, 'member', n - 1, n, 0, 1, '', '', '', '', 0, 0, 0, 0, 0, '', 0, '', '', '', 0, 0, 0
		FROM (`+numbers(rows)+`) AS numbers`), scope.Namespace, scope.InboxID)
	if d.dialect == sqlstore.MySQL {
		execute(t, db, "CREATE TRIGGER slow AFTER UPDATE ON maicontact_contacts FOR EACH ROW DO SLEEP(NEW.failures / 1000)")
		return
	}
	execute(t, db, `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN PERFORM pg_sleep(NEW.failures / 1000.0); RETURN NULL; END'`)
	execute(t, db, `CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON maicontact_contacts DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW WHEN (NEW.failures > 0) EXECUTE FUNCTION slow()`)
}

// reader follows the changes as a server does.
type reader struct {
	store   contacts.Store
	overlap time.Duration
	last    time.Time // of the store's clock, at the last poll
	seen    map[contacts.Person]bool
	polls   int
	longest time.Duration
}

func (r *reader) poll(t *testing.T) {
	start := time.Now()
	found, err := r.store.Changed(context.WithoutCancel(t.Context()), scope, r.last.Add(-r.overlap), 1<<20)
	if err != nil || found.More {
		t.Errorf("a poll fails: %v", err)
		return
	}
	r.longest = max(r.longest, time.Since(start))
	r.last = found.Now
	r.polls++
	for _, change := range found.List {
		r.seen[change.Person] = true
	}
}
