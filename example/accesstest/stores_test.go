package accesstest

import (
	"testing"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/example/internal/bubble"
	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
)

func TestMain(m *testing.M) {
	bubble.ReplaceSQLiteClock()
	postgrestest.Main(m, mariadbtest.Stop)
}

// stores are those that everything is played on, and how much of it: what takes
// a moment in memory takes longer in a database.
var stores = []struct {
	name  string
	open  func(t *testing.T) func(t *testing.T) contacts.Store
	share int // one of so many pairs and histories
}{
	{"memory", func(*testing.T) func(*testing.T) contacts.Store {
		return func(*testing.T) contacts.Store { return contacts.NewMemoryStore() }
	}, 1},
	{"SQLite", func(t *testing.T) func(*testing.T) contacts.Store { return one(bubble.SQLite(t)) }, 10},
	{"PostgreSQL", func(t *testing.T) func(*testing.T) contacts.Store { return one(bubble.PostgreSQL(t)) }, 30},
	{"MariaDB", func(t *testing.T) func(*testing.T) contacts.Store { return one(bubble.MariaDB(t)) }, 60},
}

func one(open func(*testing.T, int) []contacts.Store) func(*testing.T) contacts.Store {
	return func(t *testing.T) contacts.Store { return open(t, 1)[0] }
}
