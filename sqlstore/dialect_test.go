package sqlstore

import (
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestDialectText(t *testing.T) {
	t.Parallel()
	const statement = `UPDATE t SET due_at = {now} + ? WHERE id = ? AND due_at <= {now} AND {after} AND {read_only} = ?`
	for dialect, want := range map[Dialect]string{
		SQLite: `UPDATE t SET due_at = CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) + ? ` +
			`WHERE id = ? AND due_at <= CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) ` +
			`AND +kind >= ? AND (kind, id) > (?, ?) AND (SELECT query_only FROM pragma_query_only) = ?`,
		PostgreSQL: `UPDATE t SET due_at = CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT) + $1 ` +
			`WHERE id = $2 AND due_at <= CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT) ` +
			`AND kind >= $3 AND (kind, id) > ($4, $5) ` +
			`AND CASE WHEN pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' THEN 1 ELSE 0 END = $6`,
		MySQL: `UPDATE t SET due_at = (TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000) + ? ` +
			`WHERE id = ? AND due_at <= (TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000) ` +
			`AND (kind > ? OR kind = ? AND id > ?) AND CASE WHEN CAST(@@global.read_only AS CHAR) NOT IN ('0', 'OFF') ` +
			`OR @@global.innodb_read_only <> 0 THEN 1 ELSE 0 END = ?`,
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
		MySQL:      {"MySQL", true},
		4:          {"Dialect(4)", false},
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

// The same versions and columns for all: a site may be moved from one to another.
func TestMigrationsOfAllDialects(t *testing.T) {
	t.Parallel()
	want, err := newestVersion(SQLite)
	if err != nil || want < 1 {
		t.Fatal(want, err)
	}
	for dialect := range dialects {
		if got, err := newestVersion(dialect); got != want || err != nil {
			t.Errorf("%v has version %d, %v, and SQLite %d", dialect, got, err, want)
		}
	}
	columns := columnsOf(t, SQLite)
	if len(columns) < 30 {
		t.Fatalf("SQLite has the columns %q", columns)
	}
	for dialect := range dialects {
		if got := columnsOf(t, dialect); !slices.Equal(got, columns) {
			t.Errorf("%v has the columns %q, and SQLite %q", dialect, got, columns)
		}
	}
}

// columnsOf are those of the table, in its order: rows are moved as they are.
func columnsOf(t *testing.T, dialect Dialect) []string {
	t.Helper()
	text, err := PendingSQL(dialect, Schema{})
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, found := range regexp.MustCompile(`(?m)^    ([a-z_]+) `).FindAllStringSubmatch(text, -1) {
		columns = append(columns, found[1])
	}
	return columns
}

// Each dialect says all that the statements need.
func TestDialectsAreWhole(t *testing.T) {
	t.Parallel()
	for dialect := SQLite; dialect <= MySQL; dialect++ {
		own := dialects[dialect]
		for _, text := range []string{own.name, own.now, own.readOnly, own.after, own.hasVersions, own.folder} {
			if text == "" {
				t.Errorf("%v lacks something", dialect)
			}
		}
		if n := strings.Count(own.after, "?"); n != 3 {
			t.Errorf("%v takes %d values for where to go on", dialect, n)
		}
		if _, err := newProvider(new(sql.DB), dialect); err != nil {
			t.Errorf("%v: %v", dialect, err)
		}
	}
}
