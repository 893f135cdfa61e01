package scaletest

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

	"github.com/maicontact/maicontact/sqlstore"
)

// checkPlans asserts that no statement of a store reads the whole of a table of
// this size, and that the most frequent ones search the index that is for them.
func checkPlans(t *testing.T, d *table) {
	t.Helper()
	db := d.open(t, d.address)
	db.SetMaxOpenConns(1)
	statements := d.statements(t)
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
	most := 0
	for _, number := range regexp.MustCompile(`[$?](\d+)`).FindAllStringSubmatch(statement, -1) {
		var n int
		fmt.Sscan(number[1], &n)
		most = max(most, n)
	}
	values := []any{namespace, inboxID, memberKey(1).Member}
	if strings.HasPrefix(statement, "SELECT member") {
		values[2] = "64"
	}
	for len(values) < most {
		values = append(values, "1")
	}
	values = values[:most]
	if d.dialect == sqlstore.SQLite {
		return lines(t, db, "EXPLAIN QUERY PLAN "+statement, values...)
	}
	literals := make([]string, most)
	for i, value := range values {
		literals[i] = "'" + value.(string) + "'"
	}
	d.execute(t, db, "SET plan_cache_mode = "+mode)
	d.execute(t, db, "PREPARE explained AS "+statement)
	defer d.execute(t, db, "DEALLOCATE explained")
	return lines(t, db, "EXPLAIN EXECUTE explained ("+strings.Join(literals, ",")+")")
}

// lines joins the last column of all rows.
func lines(t *testing.T, db *sql.DB, query string, args ...any) string {
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
		all = append(all, values[len(values)-1].(*sql.NullString).String)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
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

// statements returns what a store prepares, as the driver sees it.
func (d *table) statements(t *testing.T) []string {
	t.Helper()
	r := &recorder{driver: d.db.Driver(), address: d.address}
	db := sql.OpenDB(r)
	defer db.Close()
	store, err := sqlstore.OpenMigrated(t.Context(), db, d.dialect)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
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
