package databasetest

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/sqlstore"
)

// Whatever goes wrong, the text of the error must not tell whose row it was.
func TestErrorsHoldNoSecrets(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		for name, spoil := range map[string]func(*testing.T, *sql.DB){
			"table gone": func(t *testing.T, db *sql.DB) {
				execute(t, db, "DROP TABLE maicontact_contacts")
			},
			"profile spoiled": func(t *testing.T, db *sql.DB) {
				execute(t, db, `UPDATE maicontact_contacts SET waiting = '{"name":5,"email":"`+secretEmail+`","`+secretName+`"'`)
			},
			"profile of another type": func(t *testing.T, db *sql.DB) {
				execute(t, db, `UPDATE maicontact_contacts SET waiting = '["`+secretName+`"]'`)
			},
			"every change refused": func(t *testing.T, db *sql.DB) { refuseChanges(t, db, d.dialect) },
			"column spoiled": func(t *testing.T, db *sql.DB) {
				alter(t, db, d, map[sqlstore.Dialect]string{
					sqlstore.PostgreSQL: "ALTER generation TYPE TEXT", sqlstore.MySQL: "MODIFY generation VARCHAR(99)",
				})
				execute(t, db, d.text("UPDATE maicontact_contacts SET generation = ?"), secretEmail)
			},
			"contact and life spoiled": func(t *testing.T, db *sql.DB) {
				if d.dialect == sqlstore.PostgreSQL {
					execute(t, db, "DROP INDEX maicontact_contacts_contact")
				}
				execute(t, db, "UPDATE maicontact_contacts SET contact_id = NULL")
				alter(t, db, d, map[sqlstore.Dialect]string{
					sqlstore.PostgreSQL: "ALTER contact_id TYPE BIGINT USING 1", sqlstore.MySQL: "MODIFY contact_id DOUBLE",
				})
				execute(t, db, "UPDATE maicontact_contacts SET life = 99")
			},
			"what waits must be unique": func(t *testing.T, db *sql.DB) {
				execute(t, db, "UPDATE maicontact_contacts SET contact_id = NULL")
				column := map[sqlstore.Dialect]string{sqlstore.SQLite: "waiting", sqlstore.PostgreSQL: "waiting", sqlstore.MySQL: "waiting(200)"}
				execute(t, db, "CREATE UNIQUE INDEX spoiled ON maicontact_contacts ("+column[d.dialect]+")")
			},
			"pool closed": func(t *testing.T, db *sql.DB) { db.Close() },
		} {
			t.Run(name, func(t *testing.T) {
				d := d.another(t)
				db := d.pool(t)
				store, err := sqlstore.Open(t.Context(), db, d.dialect)
				if err != nil {
					t.Fatal(err)
				}
				bound(t, store, newPerson("1"))
				claimed(t, store, newPerson("2"))
				spoil(t, db)
				failed := 0
				for _, member := range []string{"1", "2", "3"} { // the last has no row
					for operation, run := range operations(store, newPerson(member)) {
						ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
						if err := run(ctx); err != nil {
							failed++
							noSecrets(t, operation, err)
						}
						cancel()
					}
				}
				if failed == 0 {
					t.Error("nothing failed")
				}
			})
		}
	})
}

// refuseChanges makes the database say no in its own words, with the whole row
// at hand: PostgreSQL puts it into the error's details.
func refuseChanges(t *testing.T, db *sql.DB, dialect sqlstore.Dialect) {
	t.Helper()
	refuse := "BEGIN SELECT RAISE(ABORT, 'refused'); END"
	switch dialect {
	case sqlstore.PostgreSQL:
		execute(t, db, "ALTER TABLE maicontact_contacts ADD CHECK (revision < 0) NOT VALID")
		return
	case sqlstore.MySQL:
		refuse = "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'"
	}
	for _, event := range []string{"INSERT", "UPDATE"} {
		execute(t, db, "CREATE TRIGGER refuse_"+event+" BEFORE "+event+" ON maicontact_contacts "+refuse)
	}
}

// alter changes the table where the database keeps types apart.
func alter(t *testing.T, db *sql.DB, d database, how map[sqlstore.Dialect]string) {
	t.Helper()
	if change, ok := how[d.dialect]; ok {
		execute(t, db, "ALTER TABLE maicontact_contacts "+change)
	}
}

func TestContactTakenHoldsNoSecrets(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		store := d.open(t)
		bound(t, store, newPerson("1"))
		row := claimed(t, store, newPerson("2"))
		_, err := store.Put(t.Context(), bind(t, row, contactID), contacts.Guard{})
		if !errors.Is(err, contacts.ErrContactTaken) {
			t.Fatalf("error is %v", err)
		}
		noSecrets(t, "Put", err)
		isStored(t, store, row)
	})
}

func noSecrets(t *testing.T, what string, err error) {
	t.Helper()
	text := strings.ToLower(err.Error())
	for _, secret := range []string{contactID.Reveal(), contactID.Reveal()[:8], secretName, secretEmail, "secret"} {
		if strings.Contains(text, strings.ToLower(secret)) {
			t.Errorf("%s: the error tells %q: %v", what, secret, err)
		}
	}
}
