package modeltest

import (
	"flag"
	"os"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/example/internal/bubble"
	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
)

// verbose writes what the replicas log: for one run that fails.
var verbose = os.Getenv("MODELTEST_LOG") != ""

func TestMain(m *testing.M) {
	bubble.ReplaceSQLiteClock()
	// The steps of a run that fails are printed, and made fewer by ourselves.
	set("rapid.nofailfile", "true")
	set("rapid.shrinktime", "0s")
	if os.Getenv("CI") != "" {
		// The checks of a change play the same runs each time, so that they
		// judge the change; everywhere else the runs are other ones each time.
		set("rapid.seed", "20261122")
	}
	postgrestest.Main(m, mariadbtest.Stop)
}

func set(name, value string) {
	if err := flag.Set(name, value); err != nil {
		panic(err)
	}
}

const most = 50 // motifs in a run

func TestMemory(t *testing.T)     { check(t, 2, memory) }
func TestSQLite(t *testing.T)     { check(t, 0.25, in(bubble.SQLite(t))) }
func TestPostgreSQL(t *testing.T) { check(t, 0.08, in(bubble.PostgreSQL(t))) }
func TestMariaDB(t *testing.T)    { check(t, 0.05, in(bubble.MariaDB(t))) }

// in opens a database for all replicas.
func in(open func(*testing.T, int) []contacts.Store) func(*testing.T) []contacts.Store {
	return func(t *testing.T) []contacts.Store { return open(t, replicas) }
}

// memory is one store for all replicas, as a database is.
func memory(*testing.T) []contacts.Store {
	shared := contacts.NewMemoryStore()
	return []contacts.Store{shared, shared, shared}
}

// check plays random runs, so many times as many as -rapid.checks says (100;
// a fifth of them with -short).
func check(t *testing.T, factor float64, open func(*testing.T) []contacts.Store) {
	base := flag.Lookup("rapid.checks").Value.String()
	n, err := strconv.Atoi(base)
	if err != nil {
		t.Fatal(err)
	}
	set("rapid.checks", strconv.Itoa(max(5, int(float64(n)*factor/slowness))))
	defer set("rapid.checks", base)

	var failing plan
	var failed, particulars string
	defer func() { // rapid.Check does not return when it fails
		if failed != "" {
			t.Logf("did not hold: %s\n%s\n%s", failed, particulars, failing)
			p, details := smallest(t, failing, failed, particulars, open)
			t.Logf("the smallest run that fails:\n%sdid not hold: %s\n%s", p, failed, details)
		}
	}()
	runs, start, played := plans(most, nil), time.Now(), 0
	rapid.Check(t, func(rt *rapid.T) {
		p := runs.Draw(rt, "plan")
		played++
		rule, details := run(t, p, control{}, open)
		if rule != "" {
			if failed == "" {
				failing, failed, particulars = p, rule, details
			}
			rt.Fatalf("did not hold: %s", rule)
		}
	})
	t.Logf("%d runs in %v", played, time.Since(start).Round(time.Millisecond))
}
