package scaletest

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/plantest"
	"github.com/maicontact/maicontact/sqlstore"
)

// checkPlans asserts that no statement of a store reads the whole of a table of
// this size, or sorts it. By which index each searches is asserted elsewhere.
func checkPlans(t *testing.T, d *table) {
	t.Helper()
	db := d.open(t, d.address)
	db.SetMaxOpenConns(1)
	statements := plantest.Prepared(t, d.db, d.address, d.dialect)
	modes := []string{""}
	if d.dialect == sqlstore.PostgreSQL {
		modes = []string{"force_generic_plan", "force_custom_plan"}
	}
	for _, mode := range modes {
		for _, statement := range statements {
			if strings.Contains(statement, "count(") {
				continue // it looks at all that are due
			}
			plan := d.plan(t, db, mode, statement)
			for _, bad := range []string{"Seq Scan", "SCAN maicontact", "Sort", "TEMP B-TREE"} {
				if strings.Contains(plan, bad) {
					t.Errorf("%d members, %s: a statement reads or sorts the table: %s\n%s", d.members, mode, statement, plan)
				}
			}
		}
	}
}

// plan explains a statement, for a member that exists.
func (d *table) plan(t *testing.T, db *sql.DB, mode, statement string) string {
	t.Helper()
	most := plantest.Parameters(statement)
	var values []any
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
