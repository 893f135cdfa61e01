package main

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/sqlstore"
)

// onEachDatabase runs a test on a new shop's tables.
func onEachDatabase(t *testing.T, test func(t *testing.T, db *tables)) {
	for name, settings := range map[string]func(t *testing.T) database{
		"SQLite":     func(t *testing.T) database { return database{dialect: sqlstore.SQLite, path: t.TempDir() + "/shop.db"} },
		"PostgreSQL": func(t *testing.T) database { return database{dialect: sqlstore.PostgreSQL, url: postgrestest.URL(t)} },
		"MariaDB":    func(t *testing.T) database { return database{dialect: sqlstore.MySQL, url: mariadbtest.URL(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := settings(t)
			var opening sync.WaitGroup
			for range 4 { // shops that start together
				opening.Go(func() {
					db, err := openDatabase(t.Context(), d)
					if err != nil {
						t.Error(err)
						return
					}
					db.Close()
				})
			}
			opening.Wait()
			db, err := openDatabase(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			test(t, db)
		})
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db *tables) {
		ctx := t.Context()
		table := &accounts{db}
		ana, err := table.create(ctx, fields{email: "Ana@Example.com", name: "Ana", phone: "1", password: password})
		want := account{ID: ana.ID, Email: "Ana@Example.com", Name: "Ana", Phone: "1", Plan: basicPlan, Status: activeStatus, Revision: 1}
		if err != nil || ana != want || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(ana.ID) {
			t.Fatalf("create: %+v, %v", ana, err)
		}
		if _, err := table.create(ctx, fields{email: "ANA@example.com", name: "Eva", password: password}); !errors.Is(err, errEmailTaken) {
			t.Errorf("create with a taken email: %v", err)
		}
		ben, err := table.create(ctx, fields{email: "ben@example.com", name: "Ben", password: password})
		if err != nil || ben.ID == ana.ID {
			t.Fatalf("create: %+v, %v", ben, err)
		}

		for _, login := range []struct {
			email, password string
			want            string
		}{
			{"ana@example.com", password, ana.ID},
			{"ANA@EXAMPLE.COM", password, ana.ID},
			{"ana@example.com", password + "!", ""},
			{"ana@example.com", password + strings.Repeat("x", maxPassword), ""},
			{"ana@example.com", "", ""},
			{"eva@example.com", password, ""},
			{"", "", ""},
			{"' OR 1=1 --", password, ""},
		} {
			got, err := table.logIn(ctx, login.email, login.password)
			if got.ID != login.want || (login.want == "") != errors.Is(err, errNoAccount) {
				t.Errorf("log in as %q: %q, %v", login.email, got.ID, err)
			}
		}

		change := func(f fields) (account, error) { return table.change(ctx, ana.ID, f) }
		want.Name, want.Revision = "Ana Maria", 2
		if got, err := change(fields{name: "Ana Maria", phone: "left out", has: map[string]bool{"name": true}}); err != nil || got != want {
			t.Errorf("change the name: %+v, %v", got, err)
		}
		want.Email, want.Phone, want.Revision = "ana@example.org", "", 3
		if got, err := change(fields{email: "ana@example.org", has: map[string]bool{"email": true, "phone": true}}); err != nil || got != want {
			t.Errorf("change the email and the phone: %+v, %v", got, err)
		}
		if _, err := change(fields{email: "BEN@example.com", has: map[string]bool{"email": true}}); !errors.Is(err, errEmailTaken) {
			t.Errorf("change to a taken email: %v", err)
		}
		want.Plan, want.Revision = vipPlan, 4
		if got, err := table.setPlan(ctx, ana.ID, vipPlan); err != nil || got != want {
			t.Errorf("set the plan: %+v, %v", got, err)
		}
		if got, err := table.get(ctx, ana.ID); err != nil || got != want {
			t.Errorf("get: %+v, %v", got, err)
		}
		if got, err := table.logIn(ctx, "ana@example.org", password); err != nil || got != want {
			t.Errorf("log in with the new email: %+v, %v", got, err)
		}
		for name, err := range map[string]error{
			"get":      second(table.get(ctx, newUUID())),
			"change":   second(table.change(ctx, newUUID(), fields{})),
			"set plan": second(table.setPlan(ctx, newUUID(), vipPlan)),
			"log in":   second(table.logIn(ctx, "Ana@Example.com", password)),
		} {
			if !errors.Is(err, errNoAccount) {
				t.Errorf("%s of nobody: %v", name, err)
			}
		}
		var hash string
		if err := db.QueryRowContext(ctx, db.text("SELECT password_hash FROM accounts WHERE id = $1"), ana.ID).Scan(&hash); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(hash, "$2a$10$") {
			t.Error("the password is not kept as a bcrypt hash of the default cost")
		}
	})
}

// A login for nobody must take as long as any other.
func TestNobodysHash(t *testing.T) {
	t.Parallel()
	if cost, err := bcrypt.Cost([]byte(nobodysHash)); cost != bcrypt.DefaultCost || err != nil {
		t.Errorf("the cost is %d, %v", cost, err)
	}
}

func second(_ account, err error) error { return err }

// Changes at the same time each get a revision of their own.
func TestRevisions(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db *tables) {
		table := &accounts{db}
		ana, err := table.create(t.Context(), fields{email: "ana@example.com", name: "Ana", password: password})
		if err != nil {
			t.Fatal(err)
		}
		const changes = 20
		revisions := make(chan int64, changes)
		var changing sync.WaitGroup
		for i := range changes {
			changing.Go(func() {
				a, err := table.setPlan(t.Context(), ana.ID, []string{basicPlan, vipPlan}[i%2])
				if err != nil {
					t.Error(err)
				}
				revisions <- a.Revision
			})
		}
		changing.Wait()
		close(revisions)
		seen := map[int64]bool{}
		for revision := range revisions {
			if seen[revision] || revision < 2 || revision > changes+1 {
				t.Errorf("revision %d", revision)
			}
			seen[revision] = true
		}
	})
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db *tables) {
		c := catalogue{db}
		products, err := c.products(t.Context())
		if err != nil || len(products) != 6 || products[0].Name != "Celadon teapot" || products[0].Price() != "€68.00" || products[5].Plan != vipPlan {
			t.Errorf("products: %+v, %v", products, err)
		}
		for plan, want := range map[string]string{basicPlan: "#2f6b52", vipPlan: "#8a5a1f", "other": ""} {
			if got, err := c.colour(t.Context(), plan); err != nil || got != want {
				t.Errorf("colour of %s: %q, %v", plan, got, err)
			}
		}
		if err := c.check(t.Context()); err != nil {
			t.Error(err)
		}
		db.Close()
		if err := c.check(t.Context()); err == nil {
			t.Error("a closed database is healthy")
		}
	})
}
