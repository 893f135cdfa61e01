package databasetest

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/sqlstore"
)

// The program itself needs few rights.
func TestPostgreSQLRights(t *testing.T) {
	t.Parallel()
	d := newPostgreSQL(t)
	owner := d.pool(t)
	address, err := url.Parse(d.address)
	if err != nil {
		t.Fatal(err)
	}
	role := strings.TrimPrefix(address.Path, "/") + "_app"
	execute(t, owner, "CREATE ROLE "+role+" LOGIN PASSWORD 'x'")
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		for _, statement := range []string{"DROP OWNED BY " + role, "DROP ROLE " + role} {
			if _, err := owner.ExecContext(ctx, statement); err != nil {
				t.Error(err)
			}
		}
	})
	address.User = url.UserPassword(role, "x")
	app := postgrestest.OpenURL(t, address.String())

	if _, err := sqlstore.OpenMigrated(t.Context(), app, d.dialect); err == nil || !strings.Contains(err.Error(), "run sqlstore.Migrate") {
		t.Errorf("before the migration: %v", err)
	}
	if err := sqlstore.Migrate(t.Context(), owner, d.dialect); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlstore.OpenMigrated(t.Context(), app, d.dialect); err == nil || !strings.Contains(err.Error(), "grant SELECT") {
		t.Errorf("before the grants: %v", err)
	}
	execute(t, owner, "GRANT SELECT ON maicontact_schema TO "+role)
	execute(t, owner, "GRANT SELECT, INSERT, UPDATE, DELETE ON maicontact_contacts TO "+role)

	// Open has nothing to migrate and asks for no more.
	opened, err := sqlstore.Open(t.Context(), app, d.dialect)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.OpenMigrated(t.Context(), app, d.dialect)
	if err != nil {
		t.Fatal(err)
	}
	p := newPerson("1")
	if row := bound(t, store, p); !row.Ready() {
		t.Error("the row is not ready")
	}
	for name, operation := range operations(opened, p) {
		if err := operation(t.Context()); err != nil && strings.Contains(err.Error(), "denied") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPostgreSQLRestart(t *testing.T) {
	t.Parallel()
	if os.Getenv(postgrestest.Variable) != "" {
		t.Skip("the server is not ours to restart")
	}
	cluster, err := postgrestest.Start()
	if err != nil {
		postgrestest.SkipOrFail(t, err)
	}
	t.Cleanup(cluster.Stop)
	restart(t, database{sqlstore.PostgreSQL, "pgx", cluster.URL()}, cluster.Crash, cluster.Begin)
}

// restart ends the server of a database without a warning, and begins it anew.
func restart(t *testing.T, d database, crash, begin func() error) {
	t.Helper()
	store := d.open(t)
	want, next := bound(t, store, newPerson("bound")), claimed(t, store, newPerson("claimed"))

	if err := crash(); err != nil {
		t.Fatal(err)
	}
	for name, operation := range operations(store, want.Person) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		err := operation(ctx)
		if err == nil || ctx.Err() != nil {
			t.Errorf("%s without a server: %v", name, err)
		}
		cancel()
	}
	if err := begin(); err != nil {
		t.Fatal(err)
	}

	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		_, _, err := store.Get(t.Context(), want.Person)
		if err == nil {
			break
		}
		if time.Since(start) > 20*time.Second {
			t.Fatalf("the store does not recover: %v", err)
		}
	}
	isStored(t, store, want)
	isStored(t, store, put(t, store, bind(t, next, idOf(2))))
}
