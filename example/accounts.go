package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// account is a person who has signed up.
type account struct {
	ID       string // the business user ID: random, never used again
	Email    string
	Name     string
	Phone    string
	Plan     string
	Status   string // active or suspended
	Revision int64  // grows with every change
}

var (
	errEmailTaken = errors.New("the email is taken")
	errNoAccount  = errors.New("there is no such account")
)

// accounts is the table of that name.
type accounts struct{ db *tables }

// nobodysHash is compared with when there is no account, so that the time of
// an answer does not tell which emails have one. Its password was random and
// is not known.
const nobodysHash = "$2a$10$wHV.1Vs8OsLQX3giX3It1.7o9a4hKGrMebst4TQkji3FoM3QKLpRC"

const selectAccount = `SELECT id, email, name, phone, plan, status, revision FROM accounts WHERE id = $1`

func scanAccount(row *sql.Row) (account, error) {
	var a account
	if err := row.Scan(&a.ID, &a.Email, &a.Name, &a.Phone, &a.Plan, &a.Status, &a.Revision); err != nil {
		return account{}, fault(err)
	}
	return a, nil
}

// fault is what an error of the database means for an account.
func fault(err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return errNoAccount
	case isTaken(err):
		return errEmailTaken
	}
	return fmt.Errorf("accounts: %w", err)
}

// create makes an account of plan basic. The error may be errEmailTaken.
func (t *accounts) create(ctx context.Context, f fields) (account, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(f.password), bcrypt.DefaultCost)
	if err != nil {
		return account{}, fmt.Errorf("accounts: hash the password: %w", err)
	}
	a := account{ID: newUUID(), Email: f.email, Name: f.name, Phone: f.phone, Plan: basicPlan, Status: activeStatus, Revision: 1}
	_, err = t.db.ExecContext(ctx, t.db.text(
		`INSERT INTO accounts (id, email, email_key, name, phone, password_hash, plan, status, revision)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`),
		a.ID, a.Email, emailKey(a.Email), a.Name, a.Phone, string(hash), a.Plan, a.Status, a.Revision)
	if err != nil {
		return account{}, fault(err)
	}
	return a, nil
}

// get returns an account, or errNoAccount.
func (t *accounts) get(ctx context.Context, id string) (account, error) {
	return scanAccount(t.db.QueryRowContext(ctx, t.db.text(selectAccount), id))
}

// logIn returns the account with this email and password, or errNoAccount.
func (t *accounts) logIn(ctx context.Context, email, password string) (account, error) {
	var id string
	var hash []byte
	err := t.db.QueryRowContext(ctx, t.db.text(`SELECT id, password_hash FROM accounts WHERE email_key = $1`), emailKey(email)).Scan(&id, &hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		hash = []byte(nobodysHash)
	case err != nil:
		return account{}, fmt.Errorf("accounts: %w", err)
	}
	// bcrypt would look at the first 72 bytes only, and longer passwords are
	// refused at sign-up.
	wrong := len(password) > maxPassword
	if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil || wrong || id == "" {
		return account{}, errNoAccount
	}
	return t.get(ctx, id)
}

// change sets what the form has, and returns the account as it then is. The
// error may be errEmailTaken or errNoAccount.
func (t *accounts) change(ctx context.Context, id string, f fields) (account, error) {
	given := func(name, value string) sql.NullString { return sql.NullString{String: value, Valid: f.has[name]} }
	return t.update(ctx, id, `email = COALESCE($1, email), email_key = COALESCE($2, email_key), name = COALESCE($3, name), phone = COALESCE($4, phone)`,
		given("email", f.email), given("email", emailKey(f.email)), given("name", f.name), given("phone", f.phone))
}

// setPlan is change for the plan.
func (t *accounts) setPlan(ctx context.Context, id, plan string) (account, error) {
	return t.update(ctx, id, `plan = $1`, plan)
}

// setStatus is change for the status.
func (t *accounts) setStatus(ctx context.Context, id, status string) (account, error) {
	return t.update(ctx, id, `status = $1`, status)
}

// update changes an account and reads it before anybody else can change it, so
// that no two changes can get the same revision.
func (t *accounts) update(ctx context.Context, id, what string, values ...any) (account, error) {
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return account{}, fault(err)
	}
	defer func() { _ = tx.Rollback() }()
	statement := fmt.Sprintf(`UPDATE accounts SET %s, revision = revision + 1 WHERE id = $%d`, what, len(values)+1) // #nosec G201 -- no value is in it
	if _, err := tx.ExecContext(ctx, t.db.text(statement), append(values, id)...); err != nil {                     // #nosec G701 -- the values are parameters
		return account{}, fault(err)
	}
	a, err := scanAccount(tx.QueryRowContext(ctx, t.db.text(selectAccount), id))
	if err != nil {
		return account{}, err
	}
	if err := tx.Commit(); err != nil {
		return account{}, fault(err)
	}
	return a, nil
}

// delete removes an account. One that is not there is no error.
func (t *accounts) delete(ctx context.Context, id string) error {
	if _, err := t.db.ExecContext(ctx, t.db.text(`DELETE FROM accounts WHERE id = $1`), id); err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	return nil
}

// emailKey is what two spellings of one email have in common.
func emailKey(email string) string { return strings.ToLower(email) }

// newUUID returns a random UUID, version 4.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
