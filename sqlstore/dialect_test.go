package sqlstore

import (
	"strings"
	"testing"
)

func TestDialectText(t *testing.T) {
	t.Parallel()
	const statement = `UPDATE t SET due_at = {now} + ? WHERE id = ? AND due_at <= {now} AND {read_only} = ?`
	for dialect, want := range map[Dialect]string{
		SQLite: `UPDATE t SET due_at = CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) + ? ` +
			`WHERE id = ? AND due_at <= CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) ` +
			`AND (SELECT query_only FROM pragma_query_only) = ?`,
		PostgreSQL: `UPDATE t SET due_at = CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT) + $1 ` +
			`WHERE id = $2 AND due_at <= CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT) ` +
			`AND CASE WHEN pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' THEN 1 ELSE 0 END = $3`,
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
