package maicontact

import (
	"context"
	"errors"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// Key names one member's row in a [Store]. It is plain ASCII of bounded
// length, whatever the business user ID holds. Make it with [NewKey].
type Key struct {
	Namespace string // the installation, see [Config].Namespace
	InboxID   string // the MaiAgent inbox the contact belongs to
	Member    string // the business user ID, encoded
}

// NewKey encodes a business user ID. Letters, digits and ._- stand for
// themselves, other bytes are escaped as %XX, and an id that gets longer than
// 128 characters so is replaced by its SHA-256 digest. Two different ids never
// share a key.
func NewKey(namespace, inboxID, memberID string) Key {
	return Key{Namespace: namespace, InboxID: inboxID, Member: encodeID(memberID)}
}

// Stamp is the fingerprint of a profile: of the whole, and of what decides
// about access (the query metadata) alone. The zero Stamp means "not known"
// and equals no profile's.
type Stamp struct {
	Profile string
	Access  string
}

// StampOf returns the fingerprints of p.
func StampOf(p webchat.Profile) Stamp {
	return Stamp{Profile: p.Fingerprint(), Access: p.AccessFingerprint()}
}

// Wanted is a profile that a member should have at MaiAgent. Of two, the one
// with the higher revision is the newer.
type Wanted struct {
	Profile  webchat.Profile
	Stamp    Stamp
	Revision int64
}

// Contact is one row of the contact management table: which contact a member
// has at MaiAgent, what MaiAgent has confirmed, and what waits to be sent.
type Contact struct {
	Key        Key
	ContactID  webchat.ContactID // zero while the member has none
	Generation int               // counts from 1; part of the source id
	Created    time.Time
	Updated    time.Time

	Wanted    Stamp            // what MaiAgent should have
	Since     time.Time        // since when that is wanted
	Confirmed Stamp            // what it is known to have
	Waiting   *webchat.Profile // the profile to be sent; nil once confirmed
	Revision  int64            // of what is wanted

	Due       time.Time // when the row is to be worked on; zero: nothing to do, or parked
	Attempted time.Time // since when a write of unknown outcome may be under way; zero: none
	Held      int       // signs that a contact which is not shown holds the source id
	Failures  int       // in a row
	Reason    string    // of the last failure; holds no personal data

	Token      int64     // fencing token of the newest claim
	LeaseUntil time.Time // when that claim ends by itself

	Erased time.Time // not zero: a tombstone, never made again until restored
}

// Ready reports whether the contact id may be handed out: there is one, it is
// not erased, and MaiAgent has confirmed the newest permissions.
func (c Contact) Ready() bool {
	return c.ContactID != "" && c.Erased.IsZero() && c.Confirmed.Access == c.Wanted.Access
}

// Parked reports whether MaiAgent has refused the waiting profile for good.
// Only another profile frees the row.
func (c Contact) Parked() bool {
	return c.Waiting != nil && c.Due.IsZero()
}

// Claim is the right to work on one row, held until the lease ends.
func (c Contact) Claim() Claim { return Claim{Key: c.Key, Token: c.Token} }

// Claim names a claimed row and the fencing token of the claim. A newer claim
// of the same row makes it void.
type Claim struct {
	Key   Key
	Token int64
}

// Failure says how the work of a claim failed.
type Failure struct {
	Delay     time.Duration // until the row is due again; negative counts as 0
	Reason    string        // holds no personal data
	Attempted time.Time     // the row's Attempted from now on; zero: no write is in doubt
	Held      int           // the row's Held from now on
}

// Errors of a [Store], to be matched with errors.Is.
var (
	// ErrNotFound is returned when there is no row for the key.
	ErrNotFound = errors.New("maicontact: no such contact row")
	// ErrNotDue is returned by Claim when another holds the row, when it is
	// to be worked on later, or when there is nothing to do.
	ErrNotDue = errors.New("maicontact: the contact row is not due")
	// ErrFenced is returned to the holder of a claim that is no longer the
	// newest. Nothing was changed.
	ErrFenced = errors.New("maicontact: a newer claim holds the contact row")
	// ErrContactTaken is returned by Bind when another member of the inbox
	// has that contact. Nothing was changed.
	ErrContactTaken = errors.New("maicontact: the contact belongs to another member")
	// ErrNotErased is returned by Restore when the row is no tombstone, or
	// its contact is not deleted at MaiAgent yet.
	ErrNotErased = errors.New("maicontact: the contact row is not erased, or not completely")
)

// Store is the contact management table. All methods are safe for concurrent
// use, by any number of processes where the store is shared. Each change of a
// row is atomic, and is refused as a whole when its guard does not hold. No
// method waits for a claim. Stores work by one clock of their own.
//
// A claim that was ended is void; one whose lease has run out is good for all
// but Attempt until another takes the row. ErrFenced is also the answer where
// the row is no longer of the kind that the method is for: a tombstone to Bind,
// Confirm, Park and Regenerate, a live row to Erased.
//
// A row goes through these states; [Contact] tells them apart:
//
//	          Want              Bind             Confirm
//	(no row) ------> waiting ---------> bound ------------> confirmed
//	                 ^ |  ^   (claimed)  | ^    (claimed)      |
//	                 | |  |              | |                   |
//	                 | |  +- Regenerate -+ +------ Want -------+
//	                 | |  (claimed; deleted at MaiAgent)
//	            Want | | Park (claimed; refused by MaiAgent)
//	       (another) | v
//	                parked    a bound row can be parked, too
//
//	bound --Confirm, again--> bound, due later --Confirm--> confirmed
//	(claimed) --Postpone--> the same, due later
//	(any) --Erase--> tombstone, due --Erased--> tombstone --Restore--> no contact, next generation
//
// waiting and bound have a waiting profile and are due; Bind of a contact that
// was just made with the wanted profile leads to confirmed at once. A claim is
// not a state: it ends with the change it was taken for, or with its lease.
//
// Package storetest holds the suite that every Store must pass.
type Store interface {
	// Contact returns the row of key, or ErrNotFound.
	Contact(ctx context.Context, key Key) (Contact, error)

	// Want records what the member's profile should be and returns the row
	// as it then is. It makes the row when there is none (generation 1).
	// It changes nothing on a tombstone, or when the row knows a higher
	// revision. A profile that differs from the wanted one replaces it, sets
	// Since, frees a parked row, clears Failures and Reason, and makes the
	// row due at once (when a lease is held: at its end). If it equals what
	// MaiAgent has confirmed, and Attempted is zero, nothing waits, nothing
	// is due, and a claim ends. A profile that equals the wanted one raises
	// the revision only. A stamp that lacks a fingerprint is an error.
	Want(ctx context.Context, key Key, w Wanted) (Contact, error)

	// Claim takes the row for the length of the lease (at least 1 ms), with
	// a new token, if it is due and no lease is held. It makes the row due
	// again at the end of the lease, so that work of a dead owner is taken
	// over. With ErrNotDue it returns the row as it stands; ErrNotFound when
	// there is none.
	Claim(ctx context.Context, key Key, lease time.Duration) (Contact, error)

	// Attempt records, before a write is sent to MaiAgent, that its outcome
	// will be unknown: it sets Attempted, forgets Confirmed.Profile, and
	// forgets Confirmed.Access unless it equals Wanted.Access. It returns the
	// row, with the newest waiting profile. ErrFenced also when the lease has
	// ended.
	Attempt(ctx context.Context, c Claim) (Contact, error)

	// Bind gives the claimed row, which has none, its contact, and records
	// what MaiAgent has confirmed with it (the zero Stamp: nothing). If that
	// is what is wanted, the profile waits no longer and the claim ends;
	// otherwise the claim goes on. Attempted and Held are cleared.
	// ErrFenced, or ErrContactTaken.
	Bind(ctx context.Context, c Claim, id webchat.ContactID, confirmed Stamp) (Contact, error)

	// Confirm records that MaiAgent has confirmed a profile. It clears the
	// waiting profile and Attempted and ends the claim as Bind does; when a
	// newer profile has come meanwhile, the claim goes on.
	//
	// With again above 0, an older write of unknown outcome may still land
	// after this one. Then the profile, if it is what is wanted, goes on
	// waiting, the claim ends, and the row is due after that time to send it
	// once more; Attempted stays as it is in any case. ErrFenced.
	Confirm(ctx context.Context, c Claim, confirmed Stamp, again time.Duration) (Contact, error)

	// Postpone ends the claim after a failure that may pass: the row is due
	// again after the delay, Failures grows by one, and Reason, Attempted (cut
	// to milliseconds) and Held are as f says. ErrFenced.
	Postpone(ctx context.Context, c Claim, f Failure) (Contact, error)

	// Park ends the claim after MaiAgent has refused the profile with this
	// stamp for good. If another is wanted by now, the row is due at once
	// instead. Attempted is as given from now on, cut to milliseconds; zero:
	// no older write is in doubt. ErrFenced.
	Park(ctx context.Context, c Claim, refused Stamp, reason string, attempted time.Time) (Contact, error)

	// Regenerate takes the contact from the claimed row and starts the next
	// generation; the claim goes on. Confirmed and Attempted are cleared, Held
	// stays. ErrFenced.
	Regenerate(ctx context.Context, c Claim) (Contact, error)

	// Erase turns the row, or a new one, into a tombstone that is due at
	// once: claims on it are void, Wanted, Waiting and Confirmed are gone,
	// and only ContactID and Attempted stay, for the deletion at MaiAgent.
	// Erasing a tombstone changes nothing.
	Erase(ctx context.Context, key Key) (Contact, error)

	// Erased records that the contact of the claimed tombstone is deleted at
	// MaiAgent: ContactID and Attempted are cleared, nothing is due, the
	// claim ends. ErrFenced.
	Erased(ctx context.Context, c Claim) (Contact, error)

	// Restore lifts a completed tombstone: the member may have a contact
	// again, of the next generation. The revision starts anew.
	// ErrNotErased, or ErrNotFound.
	Restore(ctx context.Context, key Key) (Contact, error)

	// Due returns up to limit keys that are due, the longest due first.
	Due(ctx context.Context, namespace, inboxID string, limit int) ([]Key, error)

	// Unsettled counts the rows that are due now or later.
	Unsettled(ctx context.Context, namespace, inboxID string) (int, error)
}
