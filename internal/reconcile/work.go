package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/webchat"
)

const (
	// maxSteps bounds the work on one row under one claim: make, replace,
	// and once more when the contact turns out to be deleted.
	maxSteps = 6
	// recordTime is how long the outcome of a call may take to be written.
	recordTime = 5 * time.Second
	// recordPause is how long to wait at first before that is tried again.
	recordPause = 100 * time.Millisecond
)

// work is what one claim does.
type work struct {
	*Reconciler
	ctx     context.Context
	cancel  context.CancelFunc
	reading *contacts.Reading
	owner   int64
	upkeep  bool // nobody waits for it

	claimed contacts.Row     // as the claim found it
	began   bool             // a write was recorded as begun
	sent    contacts.Desired // by the newest write
	doubt   time.Time        // until when a write may still land, if the work fails now
	style   writeStyle       // how what is desired is to be written
	planned contacts.Stamp   // what the style is for

	failing    time.Time // since when the store does not take what is to be written down
	keepSource bool      // MaiAgent does not take another source id
}

func (r *Reconciler) begin(ctx context.Context, reading *contacts.Reading, owner int64) *work {
	w := &work{Reconciler: r, reading: reading, owner: owner, claimed: reading.Row, doubt: reading.Row.DoubtUntil}
	left := r.Timing.Flight()
	if reading.Row.Owner == owner {
		// The Put that claimed the row may have taken long.
		left = min(left, reading.Row.LeaseUntil.Sub(reading.Now())-r.Timing.Lease/10)
	}
	w.ctx, w.cancel = context.WithTimeout(identity.WithPerson(ctx, reading.Row.Person), left)
	return w
}

// do does the work. A panic of the store, a hook or the way to MaiAgent goes on, and
// leaves no claim behind: everybody would wait for nobody until the lease is over.
func (w *work) do(f func() error) error {
	defer w.cancel()
	panics := true
	defer func() {
		if panics {
			_ = w.giveUp(errors.New("a panic; the log has its place"))
		}
	}()
	err := f()
	panics = false
	return err
}

// runSteps does one step after the other until the claim ends.
func (w *work) runSteps() error {
	for range maxSteps {
		if w.reading.Row.Owner != w.owner {
			return nil
		}
		if err := w.step(); err != nil {
			return w.giveUp(err)
		}
	}
	if w.reading.Row.Owner != w.owner {
		return nil
	}
	return w.giveUp(errors.New("no end of changes"))
}

// step does the next thing.
func (w *work) step() error {
	switch row := w.reading.Row; {
	case row.Life == contacts.Erasing || row.Life == contacts.Erased || row.Life == contacts.Reissuing:
		return w.remove()
	case row.Life != contacts.Suspended && (row.Life != contacts.Live || row.Waiting == nil):
		return w.endClaim()
	case row.ContactID == "":
		return w.make()
	default:
		return w.replace()
	}
}

// endClaim ends the claim, as there is nothing to do.
func (w *work) endClaim() error {
	return w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) { return row.Release(w.owner, now) })
}

// record puts what has happened into the row, even when the time of the work is over. It
// tries again while the store fails, because a row that stays claimed keeps everybody
// waiting. Once the store has failed for recordTime, later records are tried only once.
func (w *work) record(f contacts.Transition) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), recordTime)
	defer cancel()
	for pause := recordPause; ; pause *= 2 {
		var refused error
		err := w.reading.Change(ctx, func(row contacts.Row, now time.Time) (contacts.Row, error) {
			row, refused = f(row, now)
			return row, refused
		})
		if err == nil || refused != nil || errors.Is(err, contacts.ErrContactTaken) {
			w.failing = time.Time{}
			return err
		}
		if w.failing.IsZero() {
			w.failing = time.Now()
		}
		if time.Since(w.failing)+pause > recordTime || background.Sleep(ctx, pause) != nil {
			return err
		}
	}
}

// giveUp ends the claim after a failure. What was in doubt stays so.
func (w *work) giveUp(cause error) error {
	if errors.Is(cause, contacts.ErrFenced) || errors.Is(cause, contacts.ErrLate) {
		return w.claimLost()
	}
	if errors.Is(cause, contacts.ErrContactTaken) {
		w.Logger.ErrorContext(w.ctx, "maicontact: MaiAgent gave one contact for two people; the second does not get it. Look for a proxy that answers API calls from a cache")
	}
	unseen := errors.Is(cause, errUnseen)
	shared := errors.Is(cause, upstream.ErrBusy) || w.API.IsOutage(cause)
	var failure contacts.Failure
	err := w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		if shared && row.Failures > 0 {
			row.Failures-- // how often it failed says nothing about when MaiAgent is back or it is the row's turn
		}
		failure = w.failure(row, cause, shared, now)
		if call := callOf(cause, now); call.Operation != "" { // otherwise none was made
			row.LastCall = call
		}
		if unseen {
			return row.Unseen(w.owner, failure, now)
		}
		return row.Postpone(w.owner, failure, now)
	})
	if errors.Is(err, contacts.ErrFenced) {
		return w.claimLost()
	}
	if err == nil {
		w.logFailure(cause, failure.Delay)
	}
	return err
}

// logFailure logs a failure: a setting that the site must change as an error that names
// it, and what concerns many people once a minute for all of them.
func (w *work) logFailure(cause error, retry time.Duration) {
	switch setting := upstream.Setting(cause); {
	case setting != "":
		if n := w.vendor.settingLog.Count(time.Now()); n > 0 {
			w.Logger.ErrorContext(w.ctx, "maicontact: MaiAgent refuses what the site's settings say", "setting", setting, "times", n, "error", cause)
		}
	case errors.Is(cause, errUnseen):
		if n := w.vendor.countUnseen(w.reading.Row.Person, time.Now()); n > 0 {
			w.Logger.WarnContext(w.ctx, "maicontact: MaiAgent does not show the permissions that were sent, so people wait for their chat; check in MaiAgent's console what the contact's query metadata is, and who else changes it; keys that MaiAgent adds itself belong in Config.VendorKeys",
				"people", n, "retry_in", retry)
		}
	case w.reading.Row.Life == contacts.Suspended && upstream.IsRefusal(cause):
		w.Logger.ErrorContext(w.ctx, "maicontact: MaiAgent does not take the permissions of a suspended person; check Config.SuspendedAccess", "error", cause, "retry_in", retry)
	case errors.Is(cause, errDenied):
		w.Logger.ErrorContext(w.ctx, "maicontact: MaiAgent has answered creations for one person with something else, so that no more are made for them; look for a proxy that changes or caches API calls, then use Reissue for the member", "retry_in", retry)
	default:
		w.Logger.WarnContext(w.ctx, "maicontact: a contact is not in step yet", "error", cause, "failures", w.reading.Row.Failures, "retry_in", retry)
	}
}

// claimLost ends work whose claim another has taken over, an erasure has made void, or
// whose lease has run out: what was sent may still land.
func (w *work) claimLost() error {
	return w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		if row.Owner == w.owner {
			if row.Life == contacts.Live && row.Waiting == nil {
				// A suspended person was resumed, and nothing waits. Only what the answers
				// left in doubt is so.
				row, _ = row.NotWritten(w.owner, w.doubt, now)
				return row.Release(w.owner, now)
			}
			// The claim is still ours; only its lease is over.
			f := contacts.Failure{Reason: "the lease was over", DoubtUntil: row.DoubtUntil, Conflicts: row.Conflicts, Denials: row.Denials}
			return row.Postpone(w.owner, f, now)
		}
		if w.doubt.IsZero() || !w.began {
			return row, nil
		}
		return row.Lost(w.sent, w.doubt, now), nil
	})
}

func (w *work) purpose() upstream.Purpose {
	switch {
	case w.upkeep, w.reading.Row.Life == contacts.Erasing, w.reading.Row.Life == contacts.Reissuing, w.reading.Row.Life == contacts.Erased:
		return upstream.Upkeep // no browser waits for a deletion
	case w.reading.Row.IsVisitor():
		return upstream.MakeVisitor
	}
	return upstream.MakeMember
}

// target is what MaiAgent is to hold of the person now. Of a suspended one only the
// access changes.
func (w *work) target(current webchat.Contact) contacts.Desired {
	row := w.reading.Row
	if row.Life == contacts.Suspended {
		p := current.Profile
		p.QueryMetadata = w.Suspended
		return contacts.Desired{Profile: p, Stamp: contacts.Stamp{Access: p.AccessFingerprint()}}
	}
	d := contacts.Desired{Stamp: row.Desired, Revision: row.Revision}
	if row.Waiting != nil {
		d.Profile = *row.Waiting
	}
	return d
}
