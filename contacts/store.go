package contacts

import (
	"context"
	"errors"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// Errors of a [Store], to be matched with errors.Is.
var (
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("maicontact: no such row")
	// ErrConflict: the row has changed since it was read. Read it again.
	ErrConflict = errors.New("maicontact: the row has changed")
	// ErrContactTaken: another person of the inbox has that contact.
	ErrContactTaken = errors.New("maicontact: the contact belongs to somebody else")
	// ErrLate: the time that a Guard allows was over. Nothing was changed.
	ErrLate = errors.New("maicontact: too late to change the row")
	// ErrUnclear: it is not known whether the row was put, and it may still
	// happen. Read it again: a row with the version that was to be put is there
	// or it is not.
	ErrUnclear = errors.New("maicontact: it is not known whether the row was stored")
)

// Guard is a condition of a Put. The zero Guard asks for nothing.
type Guard struct {
	NotAfter time.Time // refused with ErrLate once the store's clock is past it
}

// Change says that what sessions believe of a person has stopped being true.
type Change struct {
	Person Person
	Trust  int64 // what was read under a lower one is not to be believed
}

// Changes is what [Store].Changed found.
type Changes struct {
	Now  time.Time // the store's clock, read before the list was
	List []Change
	More bool // there are more than the limit
}

// Counts says how many rows a scope has.
type Counts struct {
	Members   int
	Visitors  int
	Unsettled int       // due now or later
	Overdue   int       // due now
	Oldest    time.Time // when the longest due row became due; zero: none is
}

// MaxNamespaces bounds what [Store].Namespaces returns.
const MaxNamespaces = 100

// Store keeps rows. It decides nothing but three things: whether the version is
// still the one that was read, whether the contact is nobody else's in its inbox,
// and whether it is in time. Its clock is one for all processes. All methods are
// safe for concurrent use, by any number of processes where the store is shared.
// No method waits for a claim, and none keeps a lock or a connection when it
// returns. Errors hold nothing personal and no contact id.
//
// Package storetest holds the suite that every Store must pass.
type Store interface {
	// Get returns the person's row, and the store's clock, which it also does
	// with ErrNotFound.
	Get(ctx context.Context, p Person) (Row, time.Time, error)

	// Put stores the row, as a whole or not at all, if the stored one still has
	// r.Version, and there is none where that is 0. It returns the row as it is
	// stored, with a new random version. A row whose Trust differs from the
	// stored one's, or which is new and has one, is stamped with the store's
	// clock, for Changed. ErrConflict, ErrContactTaken, ErrLate, ErrUnclear.
	Put(ctx context.Context, r Row, g Guard) (Row, error)

	// Delete takes out exactly this version of the row. ErrConflict.
	Delete(ctx context.Context, r Row) error

	// Due returns up to limit persons whose rows are due, the longest due first.
	Due(ctx context.Context, s Scope, limit int) ([]Person, error)

	// Changed returns up to limit changes of trust since that time of the
	// store's clock, in any order.
	Changed(ctx context.Context, s Scope, since time.Time, limit int) (Changes, error)

	// Expired returns up to limit visitors whose rows have expired, and have
	// nothing due, in any order.
	Expired(ctx context.Context, s Scope, limit int) ([]Person, error)

	// Rows returns up to limit rows in the order of kind and id (by bytes)
	// after that person; the zero Person is before all.
	Rows(ctx context.Context, s Scope, after Person, limit int) ([]Row, error)

	// ByContact returns the row that has the contact in that inbox.
	ByContact(ctx context.Context, inboxID string, id webchat.ContactID) (Row, error)

	// Count counts the rows of a scope.
	Count(ctx context.Context, s Scope) (Counts, error)

	// Namespaces returns the namespaces that have rows of the inbox, in the order
	// of their bytes, MaxNamespaces at most.
	Namespaces(ctx context.Context, inboxID string) ([]string, error)
}
