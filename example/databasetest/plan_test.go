package databasetest

import (
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/plantest"
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
	most := plantest.Parameters(statement)
	if dialect == sqlstore.SQLite {
		return plantest.Lines(t, db, "EXPLAIN QUERY PLAN "+statement, make([]any, most)...)
	}
	execute(t, db, "SET plan_cache_mode = force_generic_plan")
	execute(t, db, "PREPARE explained AS "+statement)
	defer execute(t, db, "DEALLOCATE explained")
	return plantest.Lines(t, db, "EXPLAIN EXECUTE explained ("+strings.TrimSuffix(strings.Repeat("NULL,", most), ",")+")")
}

// preparedBy returns the texts of a store's statements, as the driver sees them.
func preparedBy(t *testing.T, d database) []string {
	t.Helper()
	plain := d.pool(t)
	if err := sqlstore.Migrate(t.Context(), plain, d.dialect); err != nil {
		t.Fatal(err)
	}
	return plantest.Prepared(t, plain, d.address, d.dialect)
}
