package scaletest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

const (
	namespace = "shop-production"
	inboxID   = "11111111-1111-4111-8111-111111111111"

	// dueRows is how many rows of a table are due.
	dueRows = 100
	// connections are enough for eight readers and a writer.
	connections = 12
)

// kind is a database with the settings that package sqlstore recommends.
type kind struct {
	name    string
	dialect sqlstore.Dialect
	driver  string
}

var (
	sqlite     = kind{"SQLite", sqlstore.SQLite, "sqlite"}
	postgreSQL = kind{"PostgreSQL", sqlstore.PostgreSQL, "pgx"}
)

// table is a contact management table with members in it.
type table struct {
	kind
	members int
	address string
	db      *sql.DB
	store   *sqlstore.Store
	added   atomic.Int64 // members that were added since
}

// newTable makes a table in which the members have a contact. Of those,
// waiting have a profile that waits, and are due. Their keys do not come in
// order, as random ids do not.
func newTable(t testing.TB, k kind, members, waiting int) *table {
	t.Helper()
	d := &table{kind: k, members: members}
	loading := ""
	if k.dialect == sqlstore.SQLite {
		d.address = "file:" + filepath.Join(t.TempDir(), "app.db") + "?_pragma=busy_timeout(10000)"
		loading = "&_pragma=synchronous(OFF)&_pragma=journal_mode(OFF)&_pragma=cache_size(-800000)"
	} else {
		d.address = postgrestest.URL(t)
	}
	db := d.open(t, d.address+loading)
	if err := sqlstore.Migrate(t.Context(), db, k.dialect); err != nil {
		t.Fatal(err)
	}
	if members > 0 {
		d.load(t, db, waiting)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if k.dialect == sqlstore.SQLite {
		d.address += "&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"
	}
	d.db = d.open(t, d.address)
	d.db.SetMaxOpenConns(connections)
	d.db.SetMaxIdleConns(connections)
	store, err := sqlstore.OpenMigrated(t.Context(), d.db, k.dialect)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	d.store = store
	return d
}

func (d *table) open(t testing.TB, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open(d.driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func (d *table) execute(t testing.TB, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%.200s: %v", statement, err)
	}
}

func (d *table) load(t testing.TB, db *sql.DB, waiting int) {
	t.Helper()
	numbers := fmt.Sprintf("SELECT n FROM generate_series(CAST(1 AS BIGINT), %d) AS g(n)", d.members)
	hex := func(digits int, number string) string {
		return fmt.Sprintf("lpad(to_hex(%s), %d, '0')", number, digits)
	}
	if d.dialect == sqlstore.SQLite {
		numbers = fmt.Sprintf("WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < %d) SELECT n FROM g", d.members)
		hex = func(digits int, number string) string { return fmt.Sprintf("printf('%%0%dx', %s)", digits, number) }
	}
	profile, err := json.Marshal(profileOf(1))
	if err != nil {
		t.Fatal(err)
	}
	member := hex(8, fmt.Sprintf("(n * %d) %% 4294967296", memberFactor)) + " || '-5ca1-4000-8000-' || " + hex(12, "n")
	contact := hex(8, fmt.Sprintf("(n * %d) %% 4294967296", contactFactor)) + " || '-c0de-4000-8000-' || " + hex(12, "n")
	stamp := hex(22, "n")
	waits := "n * " + fmt.Sprint(waiting) + fmt.Sprintf(" %% %d < %d", d.members, waiting)
	start := time.Now()
	d.execute(t, db, `INSERT INTO maicontact_contacts (namespace, inbox_id, kind, id, version, trust, contact_id, generation,
			created_at, updated_at, desired_profile, desired_access, since_at, confirmed_profile, confirmed_access,
			waiting, revision, due_at, owner, doubt_other, conflicts, denials, refused, failures, reason, call_operation, call_outcome, life, passing, checks)
		SELECT '`+namespace+`', '`+inboxID+`', 'member', `+member+`, n, 0, `+contact+`, 1,
			1760000000000 + n, 1760000000000 + n, `+stamp+`, 'abcdefghijklmnopqrstuv', 1760000000000 + n,
			CASE WHEN waits THEN '' ELSE `+stamp+` END, 'abcdefghijklmnopqrstuv',
			CASE WHEN waits THEN '`+strings.ReplaceAll(string(profile), "'", "''")+`' END, 1760000000000000 + n,
			CASE WHEN waits THEN 1760000000000 + n END, 0, 0, 0, 0, '', 0, '', '', '', 0, 0, 0
		FROM (SELECT n, `+waits+` AS waits FROM (`+numbers+`) AS numbers) AS members`)
	t.Logf("%s: %d members loaded in %.1f s", d.name, d.members, time.Since(start).Seconds())
}

const (
	memberFactor  = 2654435761
	contactFactor = 2246822519
)

var scope = contacts.Scope{Namespace: namespace, InboxID: inboxID}

// person is the member with that number.
func person(n int) contacts.Person {
	return scope.Member(fmt.Sprintf("%08x-5ca1-4000-8000-%012x", uint32(n*memberFactor), n))
}

func contactOf(n int) webchat.ContactID {
	return webchat.ContactID(fmt.Sprintf("%08x-c0de-4000-8000-%012x", uint32(n*contactFactor), n))
}

// permissions of all members; they are made once, as building them is not what
// is measured.
var permissions = sync.OnceValue(func() webchat.QueryMetadata {
	labels := webchat.AllOf(webchat.Label("9c1f2a34-7b8d-4e5f-8a6b-3d4c5e6f7a01"))
	p, err := webchat.Permissions{
		KnowledgeBases: []webchat.KnowledgeBase{{ID: "5b0d7c6e-1f5a-4f3c-9a53-0c2d6a1e7f01", All: true}},
		Labels:         &labels,
	}.QueryMetadata()
	if err != nil {
		panic(err)
	}
	return p
})

// profileOf is an ordinary profile with permissions.
func profileOf(n int) webchat.Profile {
	return webchat.Profile{
		Name: "Alice Chen", Email: fmt.Sprintf("alice.chen.%08d@example.com", n), Phone: fmt.Sprintf("+8869%08d", n),
		QueryMetadata: permissions(),
	}
}

func desired(n int) contacts.Desired {
	p := profileOf(n)
	return contacts.Desired{Profile: p, Stamp: contacts.StampOf(p), Revision: 1760000000000000}
}

// makeContact does to a store what one new member does: a read and three writes.
func makeContact(ctx context.Context, store contacts.Store, n int) error {
	at, err := contacts.Read(ctx, store, person(n))
	if err != nil {
		return err
	}
	const owner = 7
	d := desired(n)
	for _, step := range []contacts.Transition{
		func(row contacts.Row, now time.Time) (contacts.Row, error) {
			row, err := row.SetDesired(d, now)
			if err != nil {
				return row, err
			}
			return row.Claim(owner, 30*time.Second, now)
		},
		func(row contacts.Row, now time.Time) (contacts.Row, error) {
			return row.BeginWrite(owner, time.Minute, now)
		},
		func(row contacts.Row, now time.Time) (contacts.Row, error) {
			return row.Bind(owner, contactOf(n), d.Stamp, now)
		},
	} {
		if err := at.Change(ctx, step); err != nil {
			return err
		}
	}
	if !at.Row.Ready() {
		return fmt.Errorf("the row of member %d is not ready", n)
	}
	return nil
}
