package crashtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const (
	namespace = "crash"
	password  = "correct-horse-battery"
	// patience is longer than a lease and what follows it.
	patience = 100 * time.Second
)

// world is one simulation, one database, and what runs on them.
type world struct {
	t          *testing.T
	program    string
	maiagent   *webchattest.Server
	database   string // DATABASE_URL
	db         *sql.DB
	dialect    sqlstore.Dialect
	sessionKey string
	ledger     ledger
}

func newWorld(t *testing.T, program, database string, options webchattest.Options) *world {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	w := &world{
		t: t, program: program, database: database, dialect: sqlstore.PostgreSQL,
		maiagent: webchattest.NewServer(options), sessionKey: hex.EncodeToString(key),
	}
	t.Cleanup(w.maiagent.Close)
	driver, name := "pgx", database
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		// Nothing stays open: a killed process shall leave its file alone.
		w.dialect, driver, name = sqlstore.SQLite, "sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)"
	}
	if strings.HasPrefix(database, "mysql:") {
		w.dialect, driver, name = sqlstore.MySQL, "mysql", mariadbtest.DSNOf(t, database)
	}
	var err error
	if w.db, err = sql.Open(driver, name); err != nil {
		t.Fatal(err)
	}
	w.db.SetMaxIdleConns(0)
	t.Cleanup(func() { w.db.Close() })
	return w
}

// text is a statement in the words of the database.
func (w *world) text(statement string) string {
	if w.dialect == sqlstore.MySQL {
		return placeholder.ReplaceAllString(statement, "?")
	}
	return statement
}

var placeholder = regexp.MustCompile(`\$[0-9]`)

func sqliteFile(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "shop.db") }

// newShop returns a shop that is not open yet, and its line. It is closed when
// the test ends.
func (w *world) newShop(database string) (*shop, *line) {
	l := newLine(w.t, w.maiagent)
	options := w.maiagent.Options()
	s := &shop{program: w.program, env: []string{
		"ADDR=127.0.0.1:0",
		"DATABASE_URL=" + database,
		"MAIAGENT_BASE_URL=" + l.URL + "/api/",
		"MAIAGENT_API_KEY=" + options.APIKey,
		"MAIAGENT_INBOX_ID=" + options.InboxID,
		"MAIAGENT_WEBCHAT_ID=" + options.WebChatID,
		"MAIAGENT_CHAT_URL=" + w.maiagent.ChatURL(),
		"SITE_NAMESPACE=" + namespace,
		"CHAT_VISITORS=on-load",
		"SESSION_KEY=" + w.sessionKey,
	}}
	l.mu.Lock()
	l.kill = s.kill
	l.mu.Unlock()
	w.t.Cleanup(s.kill)
	return s, l
}

// account reads a member's account.
func (w *world) account(ctx context.Context, email string) (account, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var a account
	err := w.db.QueryRowContext(ctx, w.text("SELECT id, email, name, phone, plan, revision FROM accounts WHERE email = $1"), email).
		Scan(&a.id, &a.email, &a.name, &a.phone, &a.plan, &a.revision)
	return a, err
}

// row reads what a row of the contact management table says of a write in doubt
// and of a contact. A store would write, and leave traces.
func (w *world) row(p contacts.Person) (inDoubt, bound bool) {
	w.t.Helper()
	var doubt sql.NullInt64
	var contact sql.NullString
	query := "SELECT doubt_until, contact_id FROM maicontact_contacts WHERE namespace = $1 AND inbox_id = $2 AND kind = $3 AND id = $4"
	if err := w.db.QueryRowContext(w.t.Context(), w.text(query), p.Namespace, p.InboxID, p.Kind, p.ID).Scan(&doubt, &contact); err != nil {
		w.t.Fatal(err)
	}
	return doubt.Valid, contact.Valid
}

// scope is that of all rows.
func (w *world) scope() contacts.Scope {
	return contacts.Scope{Namespace: namespace, InboxID: w.maiagent.Options().InboxID}
}

// rows reads whose rows there are, and of what life.
func (w *world) rows() ([]contacts.Row, error) {
	query := "SELECT kind, id, generation, life FROM maicontact_contacts WHERE namespace = $1"
	list, err := w.db.QueryContext(w.t.Context(), w.text(query), namespace)
	if err != nil {
		return nil, err
	}
	defer list.Close()
	var rows []contacts.Row
	for list.Next() {
		row := contacts.Row{Person: w.scope().Member("")}
		if err := list.Scan(&row.Kind, &row.ID, &row.Generation, &row.Life); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, list.Err()
}

// rest waits until nothing is due any more.
func (w *world) rest(deadline time.Time) error {
	return eventually(deadline, func() error {
		var due int
		err := w.db.QueryRowContext(w.t.Context(), "SELECT count(*) FROM maicontact_contacts WHERE due_at IS NOT NULL").Scan(&due)
		if err == nil && due > 0 {
			err = fmt.Errorf("%d rows are due", due)
		}
		return err
	})
}

// ask notes which contact a browser gets. That contact must have the account's
// plan, unless the account was changed meanwhile.
func (w *world) ask(b *browser, site, email string) (string, error) {
	before, beforeErr := w.account(b.context, email)
	id, err := b.contactID(site)
	if err != nil {
		return "", err
	}
	w.ledger.note(email, id)
	contact, ok := w.maiagent.Contact(id)
	if !ok {
		w.ledger.complain("%s was given a contact that is nowhere", email)
		return id, nil
	}
	after, afterErr := w.account(b.context, email)
	if beforeErr == nil && afterErr == nil && before.revision == after.revision && planOf(contact) != after.plan {
		w.ledger.complain("%s was given a contact of plan %s and has the plan %s", email, planOf(contact), after.plan)
	}
	return id, nil
}

// settled reports why a member's contact is not in step yet: it must be the
// same in the member's own browser and in a fresh one, at every shop.
func (w *world) settled(m *member, sites []string) error {
	var first string
	for _, site := range sites {
		for _, b := range []*browser{m.browser, m.browser.withoutChat(site)} {
			id, err := w.ask(b, site, m.email)
			if err != nil {
				return err
			}
			if first == "" {
				first = id
			}
			if id != first {
				return fmt.Errorf("%s has several contacts", m.email)
			}
		}
	}
	a, err := w.account(m.browser.context, m.email)
	if err != nil {
		return err
	}
	c, _ := w.maiagent.Contact(first)
	if c.Name != a.name || c.Phone != a.phone || planOf(c) != a.plan {
		return fmt.Errorf("the contact of %s has an old profile", m.email)
	}
	return nil
}

// settle waits until a member's contact is in step.
func (w *world) settle(m *member, deadline time.Time, sites []string) error {
	return eventually(deadline, func() error { return w.settled(m, sites) })
}

// faults reads everything and compares it.
func (w *world) faults(members []*member) []string {
	accounts := make([]account, 0, len(members))
	for _, m := range members {
		a, err := w.account(w.t.Context(), m.email)
		if err != nil {
			w.t.Fatalf("the account of %s: %v", m.email, err)
		}
		accounts = append(accounts, a)
	}
	rows, err := w.rows()
	if err != nil {
		w.t.Fatal(err)
	}
	return w.ledger.faults(w.maiagent.Contacts(), accounts, rows)
}

// secrets are what no process may print.
func (w *world) secrets(members []*member, site string) []string {
	list := []string{w.maiagent.Options().APIKey, w.sessionKey, password, namePrefix, emailDomain, phonePrefix}
	for _, c := range w.maiagent.All() {
		list = append(list, c.ID)
	}
	rows, err := w.rows()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range rows {
		if row.IsVisitor() {
			list = append(list, row.ID)
		}
	}
	for _, m := range members {
		list = append(list, m.browser.secrets(site)...)
	}
	return list
}

// eventually tries until it works or the time is over.
func eventually(deadline time.Time, try func() error) error {
	for {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}
