package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/reconcile"
	"github.com/maicontact/maicontact/internal/resolve"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/webchat"
)

// Defaults of [Options].
const (
	DefaultCalls          = 8
	DefaultCallsPerSecond = 20
)

// Options configures an [Operator].
type Options struct {
	// Namespace and InboxID are those of the site's configuration. Required.
	Namespace, InboxID string
	// Store is the site's. Required.
	Store contacts.Store
	// API calls MaiAgent. Required.
	API *webchat.Client

	// SuspendedAccess is what suspended people may be answered from. Defaults to
	// webchat.NoAccess(); give what the site gives.
	SuspendedAccess webchat.QueryMetadata
	// Calls is how many calls to MaiAgent may be under way, and CallsPerSecond
	// how many begin in a second; negative: no limit. They default to DefaultCalls
	// and DefaultCallsPerSecond, so that the site's own calls have room.
	Calls          int
	CallsPerSecond float64
	// Lease, WriteDoubt and SearchLag are those of the site's Config.Timing.
	// Default to its defaults.
	Lease, WriteDoubt, SearchLag time.Duration
	// OnWait is called each time before a call is retried because MaiAgent does not
	// answer. Retries go on for 2 minutes at most. It must be safe for concurrent use.
	// Optional.
	OnWait func()
	// Logger defaults to none.
	Logger *slog.Logger
}

// Operator is made by [New] and safe for concurrent use.
type Operator struct {
	scope    contacts.Scope
	store    contacts.Store
	api      *upstream.Client
	workers  int
	onWait   func()
	resolver *resolve.Resolver
}

// New returns an Operator. It starts no goroutine and makes no call.
func New(o Options) (*Operator, error) {
	inbox, err := webchat.ParseInboxID(o.InboxID)
	switch {
	case err != nil:
		return nil, errors.New("operate: the inbox must be its id, a UUID")
	case !contacts.IsName(o.Namespace):
		return nil, errors.New("operate: the namespace must be 1 to 64 letters, digits and ._-")
	case o.Store == nil || o.API == nil:
		return nil, errors.New("operate: a store and a client are needed")
	}
	o.Calls = max(1, cmp.Or(o.Calls, DefaultCalls))
	o.CallsPerSecond = cmp.Or(o.CallsPerSecond, DefaultCallsPerSecond)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	operator := Over(resolve.New(resolve.Options{
		Scope: contacts.Scope{Namespace: o.Namespace, InboxID: inbox}, Store: o.Store, Workers: o.Calls,
		Options: reconcile.Options{
			API:    upstream.New(o.API, upstream.Options{Calls: o.Calls, PerSecond: o.CallsPerSecond, Logger: o.Logger}),
			Logger: o.Logger, Suspended: o.SuspendedAccess,
			Timing: reconcile.Timing{
				Lease:      cmp.Or(o.Lease, reconcile.DefaultLease),
				WriteDoubt: cmp.Or(o.WriteDoubt, reconcile.DefaultWriteDoubt),
				SearchLag:  cmp.Or(o.SearchLag, reconcile.DefaultSearchLag),
			},
		},
	}))
	operator.onWait = o.OnWait
	return operator, nil
}

// Errors of an [Operator], to be matched with errors.Is, beside those of package
// contacts.
var (
	// ErrOtherNamespace: the contact is of a person of another namespace.
	ErrOtherNamespace = errors.New("the contact belongs to another namespace of this inbox")
	// ErrNoMember: a business user ID is needed.
	ErrNoMember = errors.New("a business user ID is needed")
)

// Scope returns the inbox and the namespace that the Operator works on.
func (o *Operator) Scope() contacts.Scope { return o.scope }

// Member returns the person of a business user ID.
func (o *Operator) Member(id string) (contacts.Person, error) {
	if id == "" {
		return contacts.Person{}, ErrNoMember
	}
	return o.scope.Member(id), nil
}

// Owner returns the person who has that contact, a member or a visitor. The error is
// [contacts.ErrNotFound] if nobody in the table has it.
func (o *Operator) Owner(ctx context.Context, id webchat.ContactID) (contacts.Person, error) {
	row, err := o.store.ByContact(ctx, o.scope.InboxID, id)
	switch {
	case err != nil:
		return contacts.Person{}, err
	case row.Scope() != o.scope:
		return contacts.Person{}, fmt.Errorf("%w: %s", ErrOtherNamespace, row.Namespace)
	}
	return row.Person, nil
}
