package sqlstore

import (
	"strings"
	"testing"
)

func TestDialectText(t *testing.T) {
	t.Parallel()
	const statement = `UPDATE t SET due_at = {now} + $10 WHERE id = $1 AND due_at <= {now}`
	for dialect, want := range map[Dialect]string{
		SQLite: `UPDATE t SET due_at = CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) + ?10 ` +
			`WHERE id = ?1 AND due_at <= CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`,
		PostgreSQL: `UPDATE t SET due_at = CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT) + $10 ` +
			`WHERE id = $1 AND due_at <= CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT)`,
	} {
		if got := dialect.text(statement); got != want {
			t.Errorf("%v: got %s\nwant %s", dialect, got, want)
		}
	}
}

func TestDialectCheck(t *testing.T) {
	t.Parallel()
	for dialect, want := range map[Dialect]struct {
		name string
		good bool
	}{
		0:          {"Dialect(0)", false},
		SQLite:     {"SQLite", true},
		PostgreSQL: {"PostgreSQL", true},
		3:          {"Dialect(3)", false},
	} {
		err := dialect.check()
		if got := dialect.String(); got != want.name || (err == nil) != want.good {
			t.Errorf("%d is %q, %v; want %q, good %v", int(dialect), got, err, want.name, want.good)
		}
		if err != nil && !strings.Contains(err.Error(), "sqlstore.PostgreSQL") {
			t.Errorf("the error does not say what to do: %v", err)
		}
	}
}

// The same versions for both: a program may be moved from one to the other.
func TestMigrationsOfBothDialects(t *testing.T) {
	t.Parallel()
	sqlite, err := newestVersion(SQLite)
	if err != nil {
		t.Fatal(err)
	}
	postgres, err := newestVersion(PostgreSQL)
	if err != nil {
		t.Fatal(err)
	}
	if sqlite != postgres || sqlite < 1 {
		t.Errorf("SQLite has version %d, PostgreSQL %d", sqlite, postgres)
	}
}
