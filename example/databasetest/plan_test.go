package databasetest

import (
	"database/sql"
	"regexp"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/plantest"
	"github.com/maicontact/maicontact/sqlstore"
)

// Every statement finds its rows by an index, so that the time it takes does
// not grow with the table, and bounds of time are searched for, not filtered:
// with statistics of the table and without, which is how most SQLite files are.
func TestPlans(t *testing.T) {
	for _, open := range []func(testing.TB) database{newSQLite, newPostgreSQL} {
		d := open(t)
		plain := d.pool(t)
		if err := sqlstore.Migrate(t.Context(), plain, d.dialect); err != nil {
			t.Fatal(err)
		}
		db := d.pool(t)
		db.SetMaxOpenConns(1)
		fillTable(t, db, d.dialect)
		statements := plantest.Prepared(t, plain, d.address, d.dialect)
		if len(statements) != 11 {
			t.Errorf("there are %d statements, want 11", len(statements))
		}
		checkPlans(t, db, d.dialect, statements)
		execute(t, db, "ANALYZE")
		checkPlans(t, db, d.dialect, statements)
	}
}

func checkPlans(t *testing.T, db *sql.DB, dialect sqlstore.Dialect, statements []string) {
	t.Helper()
	used := map[string]int{}
	for _, statement := range statements {
		plan := explain(t, db, dialect, statement)
		t.Logf("%s\n%s", statement, plan)
		if strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "SCAN maicontact") {
			t.Errorf("a statement reads the whole table: %s\n%s", statement, plan)
		}
		if strings.Contains(plan, "Sort") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("a statement sorts: %s\n%s", statement, plan)
		}
		for name, bound := range searches {
			if bound.MatchString(plan) {
				used[name]++
			}
		}
	}
	for name, want := range map[string]int{"key": 3, "page": 1, "contact": 1, "due": 1, "trusted": 1, "expires": 1} {
		if used[name] != want {
			t.Errorf("%d statements search by %s, want %d", used[name], name, want)
		}
	}
}

// searches are what plans say of an index and of how much of it is searched by.
var searches = map[string]*regexp.Regexp{
	"key":     regexp.MustCompile(`PRIMARY KEY \(namespace=\? AND inbox_id=\? AND kind=\? AND id=\?\)|_pkey[^;]*\n *Index Cond: .*namespace = .*inbox_id = .*kind = .*id = `),
	"page":    regexp.MustCompile(`PRIMARY KEY \(namespace=\? AND inbox_id=\? AND \(kind,id\)>\(\?,\?\)\)|Index Cond: .*ROW\(kind, id\) > `),
	"contact": regexp.MustCompile(`maicontact_contacts_contact \(inbox_id=\? AND contact_id=\?\)|_contact on [^;]*\n *Index Cond: .*inbox_id = .*contact_id = `),
	"due":     regexp.MustCompile(`maicontact_contacts_due \(.*due_at<\?\)|_due on [^;]*\n *Index Cond: .*due_at <= `),
	"trusted": regexp.MustCompile(`maicontact_contacts_trusted \(.*trusted_at>\?\)|_trusted on [^;]*\n *Index Cond: .*trusted_at >= `),
	"expires": regexp.MustCompile(`maicontact_contacts_expires \(.*expires_at<\?\)|_expires on [^;]*\n *Index Cond: .*expires_at <= `),
}

func fillTable(t *testing.T, db *sql.DB, dialect sqlstore.Dialect) {
	t.Helper()
	rows := 20000
	if dialect == sqlstore.SQLite {
		rows = 2000
	}
	execute(t, db, `INSERT INTO maicontact_contacts (namespace, inbox_id, kind, id, version, trust, trusted_at,
			contact_id, generation, created_at, updated_at, desired_profile, desired_access, confirmed_profile, confirmed_access,
			revision, due_at, owner, doubt_other, conflicts, denials, refused, failures, reason, call_operation, call_outcome, life, passing, checks, expires_at)
		SELECT concat('n', n % 10), '`+scope.InboxID+`', CASE WHEN n % 2 = 0 THEN 'member' ELSE 'visitor' END, concat('m', n), n, n, n,
			concat('contact-', n), 1, n, n, 'p', 'a', 'p', 'a',
			1, CASE WHEN n % 100 < 10 THEN 8000000000000 + n END, 0, 0, 0, 0, '', 0, '', '', '', 0, 0, 0,
			CASE WHEN n % 2 = 1 THEN 8000000000000 + n END FROM (`+numbers(rows)+`) AS numbers`)
}

func explain(t *testing.T, db *sql.DB, dialect sqlstore.Dialect, statement string) string {
	t.Helper()
	most := plantest.Parameters(statement)
	if dialect == sqlstore.SQLite {
		return plantest.Lines(t, db, "EXPLAIN QUERY PLAN "+statement, make([]any, most)...)
	}
	execute(t, db, "SET plan_cache_mode = force_generic_plan")
	execute(t, db, "PREPARE explained AS "+statement)
	defer execute(t, db, "DEALLOCATE explained")
	return plantest.Lines(t, db, "EXPLAIN EXECUTE explained ("+strings.TrimSuffix(strings.Repeat("NULL,", most), ",")+")")
}
