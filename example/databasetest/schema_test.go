package databasetest

import (
	"strings"
	"testing"

	"github.com/maicontact/maicontact/sqlstore"
)

// The version is told before there is a schema, and after; the statements that
// are told to be pending make what Migrate makes.
func TestReadSchema(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.pool(t)
		before, err := sqlstore.ReadSchema(t.Context(), db, d.dialect)
		if err != nil || before.Version != 0 || !before.IsBehind() || before.IsAhead() {
			t.Fatalf("an empty database has %+v, %v", before, err)
		}
		if none, err := sqlstore.NoSchema(d.dialect); none != before || err != nil {
			t.Errorf("no schema is %+v, %v", none, err)
		}
		pending, err := sqlstore.PendingSQL(d.dialect, before)
		if err != nil || !strings.Contains(pending, " maicontact_contacts (") {
			t.Fatalf("pending is %q, %v", pending, err)
		}
		if _, err := d.another(t).pool(t).ExecContext(t.Context(), pending); err != nil {
			t.Errorf("the statements do not run: %v", err)
		}
		if again, err := sqlstore.ReadSchema(t.Context(), db, d.dialect); again != before || err != nil {
			t.Errorf("asking has changed the schema: %+v, %v", again, err)
		}
		if err := sqlstore.Migrate(t.Context(), db, d.dialect); err != nil {
			t.Fatal(err)
		}
		after, err := sqlstore.ReadSchema(t.Context(), db, d.dialect)
		if err != nil || after.Version != before.Newest || after.IsBehind() || after.IsAhead() {
			t.Errorf("a migrated database has %+v, %v", after, err)
		}
		if pending, err := sqlstore.PendingSQL(d.dialect, after); pending != "" || err != nil {
			t.Errorf("pending is %q, %v", pending, err)
		}
		if _, err := db.ExecContext(t.Context(), "UPDATE maicontact_schema SET version_id = 99 WHERE version_id = 1"); err != nil {
			t.Fatal(err)
		}
		if ahead, err := sqlstore.ReadSchema(t.Context(), db, d.dialect); err != nil || !ahead.IsAhead() {
			t.Errorf("a newer schema is %+v, %v", ahead, err)
		}
	})
}
