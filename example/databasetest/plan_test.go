package databasetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/sqlstore"
)

// Every statement finds its rows by an index, so that the time it takes does
// not grow with the table.
func TestPlans(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		statements := preparedBy(t, d)
		if len(statements) < 14 {
			t.Fatalf("only %d statements were seen", len(statements))
		}
		db := d.pool(t)
		db.SetMaxOpenConns(1)
		fill(t, db, d.dialect)
		used := map[string]int{}
		for _, statement := range statements {
			plan := explain(t, db, d.dialect, statement)
			t.Logf("%s\n%s", statement, plan)
			if strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "SCAN maicontact") || strings.Contains(plan, "SCAN o") {
				t.Errorf("a statement reads the whole table: %s\n%s", statement, plan)
			}
			if strings.Contains(plan, "Sort") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("a statement sorts: %s\n%s", statement, plan)
			}
			for index, want := range map[string]bool{
				"maicontact_contacts_due":     strings.Contains(statement, "SELECT member") || strings.Contains(statement, "count(*)"),
				"maicontact_contacts_contact": strings.Contains(statement, "EXISTS"),
			} {
				if got := strings.Contains(plan, index); got != want {
					t.Errorf("uses %s: %v: %s\n%s", index, got, statement, plan)
				} else if got {
					used[index]++
				}
			}
		}
		if used["maicontact_contacts_due"] != 2 || used["maicontact_contacts_contact"] != 2 {
			t.Errorf("uses of indexes are %v, want 2 each", used)
		}
	})
}

// Bounds of what is due are searched for, not filtered.
func TestDueIsSearched(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		due := slices.IndexFunc(preparedBy(t, d), func(s string) bool { return strings.Contains(s, "SELECT member") })
		if due < 0 {
			t.Fatal("the statement is not there")
		}
		db := d.pool(t)
		db.SetMaxOpenConns(1)
		fill(t, db, d.dialect)
		plan := explain(t, db, d.dialect, preparedBy(t, d)[due])
		want := regexp.MustCompile(`due_at<\?|Index Cond: .*due_at <=`)
		if !want.MatchString(plan) {
			t.Errorf("the plan is %s", plan)
		}
	})
}

func fill(t *testing.T, db *sql.DB, dialect sqlstore.Dialect) {
	t.Helper()
	key := newKey("")
	numbers := "SELECT n FROM generate_series(1, 20000) AS g(n)"
	if dialect == sqlstore.SQLite {
		numbers = "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 2000) SELECT n FROM g"
	}
	execute(t, db, `INSERT INTO maicontact_contacts (namespace, inbox_id, member, contact_id, generation,
			created_at, updated_at, wanted_profile, wanted_access, confirmed_profile, confirmed_access,
			revision, due_at, failures, reason, token)
		SELECT '`+key.Namespace+`', '`+key.InboxID+`', 'm' || n, 'contact-' || n, 1, n, n, 'p', 'a', 'p', 'a',
			1, CASE WHEN n % 100 = 0 THEN 8000000000000 + n END, 0, '', 0 FROM (`+numbers+`) AS numbers`)
	execute(t, db, "ANALYZE")
}

func explain(t *testing.T, db *sql.DB, dialect sqlstore.Dialect, statement string) string {
	t.Helper()
	numbers := regexp.MustCompile(`[$?](\d+)`).FindAllStringSubmatch(statement, -1)
	most := 0
	for _, number := range numbers {
		var n int
		fmt.Sscan(number[1], &n)
		most = max(most, n)
	}
	if dialect == sqlstore.SQLite {
		return lines(t, db, 3, "EXPLAIN QUERY PLAN "+statement, make([]any, most)...)
	}
	execute(t, db, "SET plan_cache_mode = force_generic_plan")
	execute(t, db, "PREPARE explained AS "+statement)
	defer execute(t, db, "DEALLOCATE explained")
	return lines(t, db, 0, "EXPLAIN EXECUTE explained ("+strings.TrimSuffix(strings.Repeat("NULL,", most), ",")+")")
}

// lines joins one column of all rows.
func lines(t *testing.T, db *sql.DB, column int, query string, args ...any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(sql.NullString)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		all = append(all, values[column].(*sql.NullString).String)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

// preparedBy returns the texts of a store's statements, as the driver sees them.
func preparedBy(t *testing.T, d database) []string {
	t.Helper()
	plain := d.pool(t)
	if err := sqlstore.Migrate(t.Context(), plain, d.dialect); err != nil {
		t.Fatal(err)
	}
	r := &recorder{driver: plain.Driver(), address: d.address}
	db := sql.OpenDB(r)
	t.Cleanup(func() { db.Close() })
	store, err := sqlstore.OpenMigrated(t.Context(), db, d.dialect)
	if err != nil {
		t.Fatal(err)
	}
	var _ maicontact.Store = store
	r.Lock()
	defer r.Unlock()
	return slices.DeleteFunc(slices.Clone(r.texts), func(text string) bool {
		return !strings.Contains(text, "maicontact_contacts")
	})
}

// recorder is a driver.Connector that notes what is prepared.
type recorder struct {
	driver  driver.Driver
	address string
	sync.Mutex
	texts []string
}

func (r *recorder) Driver() driver.Driver { return r.driver }

func (r *recorder) Connect(context.Context) (driver.Conn, error) {
	conn, err := r.driver.Open(r.address)
	return &recordingConn{conn, r}, err
}

type recordingConn struct {
	driver.Conn
	recorder *recorder
}

func (c *recordingConn) Prepare(text string) (driver.Stmt, error) {
	c.recorder.Lock()
	c.recorder.texts = append(c.recorder.texts, text)
	c.recorder.Unlock()
	return c.Conn.Prepare(text)
}
