// Package postgrestest gives tests real PostgreSQL databases.
package postgrestest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Variable names the environment variable with the URL of a server to use
// instead of one that is started here. Its user must have the right to create
// databases.
const Variable = "MAICONTACT_POSTGRES"

// Main runs the tests of a package and then stops the server, if one was
// started, and whatever else the tests may have started. Call it from TestMain;
// it does not return.
func Main(m *testing.M, others ...func()) {
	code := m.Run()
	for _, stop := range others {
		stop()
	}
	shared.Lock()
	if shared.cluster != nil {
		shared.cluster.Stop()
	}
	os.Exit(code)
}

// shared is the one cluster of the test process.
var shared struct {
	sync.Mutex
	cluster *Cluster
}

// URL returns the address of a new, empty database, which is dropped when the
// test ends. The first call starts a server for the whole test process: the
// package must have a TestMain that calls [Main]. Where no server is installed
// the test is skipped, but fails when the environment variable CI is set.
func URL(t testing.TB) string {
	t.Helper()
	return newDatabase(t, serverURL(t))
}

// Open is URL, opened with the driver "pgx" and closed when the test ends.
func Open(t testing.TB) *sql.DB {
	t.Helper()
	return OpenURL(t, URL(t))
}

// OpenURL opens another pool on a database.
func OpenURL(t testing.TB, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatalf("postgrestest: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func serverURL(t testing.TB) string {
	t.Helper()
	if address := os.Getenv(Variable); address != "" {
		return address
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil {
		cluster, err := Start()
		if err != nil {
			SkipOrFail(t, err)
		}
		shared.cluster = cluster
	}
	return shared.cluster.URL()
}

// SkipOrFail ends the test because there is no server: where the environment
// variable CI is set somebody counts on it.
func SkipOrFail(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("postgrestest: %v", err)
	}
	t.Skipf("postgrestest: %v; install PostgreSQL or set %s to the URL of a server", err, Variable)
}

func newDatabase(t testing.TB, server string) string {
	t.Helper()
	suffix := make([]byte, 8)
	_, _ = rand.Read(suffix) // never fails
	name := "maicontact_test_" + hex.EncodeToString(suffix)
	if err := execute(t.Context(), server, "CREATE DATABASE "+name); err != nil {
		t.Fatalf("postgrestest: %v", err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := execute(ctx, server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("postgrestest: %v", err)
		}
	})
	address, err := url.Parse(server)
	if err != nil {
		t.Fatalf("postgrestest: %s is not a URL", Variable)
	}
	address.Path = "/" + name
	return address.String()
}

func execute(ctx context.Context, address, statement string) error {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
