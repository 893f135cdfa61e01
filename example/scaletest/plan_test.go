package scaletest

import (
	"database/sql"
	"regexp"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/plantest"
	"github.com/maicontact/maicontact/sqlstore"
)

// checkPlans asserts that no statement of a store reads the whole of a table of
// this size, and that the most frequent ones search the index that is for them.
func checkPlans(t *testing.T, d *table) {
	t.Helper()
	db := d.open(t, d.address)
	db.SetMaxOpenConns(1)
	statements := plantest.Prepared(t, d.db, d.address, d.dialect)
	modes := []string{""}
	if d.dialect == sqlstore.PostgreSQL {
		modes = []string{"force_generic_plan", "force_custom_plan"}
	}
	searches := map[string]*regexp.Regexp{ // what a statement holds, and its plan then
		"SELECT member":       regexp.MustCompile(`maicontact_contacts_due \(.*due_at<\?\)|Index (Only )?Scan using maicontact_contacts_due(.|\n)*Index Cond: .*due_at <=`),
		"count(*)":            regexp.MustCompile(`maicontact_contacts_due`),
		"token = token + 1,":  regexp.MustCompile(`PRIMARY KEY \(.*member=\?\)|using maicontact_contacts_pkey(.|\n)*Index Cond: .*member =`),
		"SELECT contact_id, ": regexp.MustCompile(`PRIMARY KEY \(.*member=\?\)|using maicontact_contacts_pkey(.|\n)*Index Cond: .*member =`),
	}
	for _, mode := range modes {
		met := map[string]int{}
		for _, statement := range statements {
			plan := d.plan(t, db, mode, statement)
			for _, bad := range []string{"Seq Scan", "SCAN maicontact", "SCAN o", "Sort", "TEMP B-TREE"} {
				if strings.Contains(plan, bad) {
					t.Errorf("%d members, %s: a statement reads or sorts the table: %s\n%s", d.members, mode, statement, plan)
				}
			}
			for part, want := range searches {
				if strings.HasPrefix(statement, part) || !strings.HasPrefix(part, "SELECT") && strings.Contains(statement, part) {
					met[part]++
					if !want.MatchString(plan) {
						t.Errorf("%d members, %s: the plan is not by its index: %s\n%s", d.members, mode, statement, plan)
					}
				}
			}
		}
		if len(met) != len(searches) {
			t.Errorf("the statements have changed: only %v were found", met)
		}
	}
}

// plan explains a statement, for a member that exists.
func (d *table) plan(t *testing.T, db *sql.DB, mode, statement string) string {
	t.Helper()
	most := plantest.Parameters(statement)
	values := []any{namespace, inboxID, memberKey(1).Member}
	if strings.HasPrefix(statement, "SELECT member") {
		values[2] = "64"
	}
	for len(values) < most {
		values = append(values, "1")
	}
	values = values[:most]
	if d.dialect == sqlstore.SQLite {
		return plantest.Lines(t, db, "EXPLAIN QUERY PLAN "+statement, values...)
	}
	literals := make([]string, most)
	for i, value := range values {
		literals[i] = "'" + value.(string) + "'"
	}
	d.execute(t, db, "SET plan_cache_mode = "+mode)
	d.execute(t, db, "PREPARE explained AS "+statement)
	defer d.execute(t, db, "DEALLOCATE explained")
	return plantest.Lines(t, db, "EXPLAIN EXECUTE explained ("+strings.Join(literals, ",")+")")
}

// analyze gives the planner its statistics, as the database does by itself
// after a while.
func analyze(t *testing.T, d *table) {
	t.Helper()
	if d.dialect == sqlstore.SQLite {
		d.execute(t, d.db, "ANALYZE")
		return
	}
	d.execute(t, d.db, "VACUUM ANALYZE maicontact_contacts")
	d.execute(t, d.db, "CHECKPOINT")
}
