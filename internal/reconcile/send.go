package reconcile

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// write is a creation or a replacement. It calls before just before it sends; before
// returns what to send.
type write func(before func(context.Context) (webchat.Draft, error)) (webchat.Contact, error)

// send sends a write once it is its turn, and keeps what is then in doubt. Before that
// it records in the row that the write begins; first is applied in the same Put. held is
// the contact as MaiAgent has it, empty for a creation.
func (w *work) send(first contacts.Transition, held webchat.Contact, call write) (webchat.Contact, error) {
	var before time.Time
	again, doubt := w.began, w.doubt
	result, err := call(func(ctx context.Context) (webchat.Draft, error) {
		err := w.reading.ChangeInLease(ctx, func(row contacts.Row, now time.Time) (contacts.Row, error) {
			row, err := first(row, now)
			if err == nil && again {
				row, err = row.NotWritten(w.owner, doubt, now)
			}
			if err != nil {
				return row, err
			}
			if row.Waiting == nil && row.Life == contacts.Live {
				return row, contacts.ErrFenced // it has been sent meanwhile
			}
			before = row.DoubtUntil
			return row.BeginWrite(w.owner, w.Timing.WriteDoubt, now)
		})
		if err != nil {
			return webchat.Draft{}, err
		}
		w.began, w.doubt = true, w.reading.Row.DoubtUntil
		w.sent = w.target(held)
		if w.planned != w.sent.Stamp {
			w.planned, w.style = w.sent.Stamp, w.styleFor(w.sent, held, w.reading.Now())
		}
		return w.draft(held), nil
	})
	w.doubt = w.doubtAfter(before, err)
	return result, err
}

// draft is what is sent. A contact stays in the inboxes that it is in. If ours is not
// among them any more, it is not moved back.
func (w *work) draft(held webchat.Contact) webchat.Draft {
	row := w.reading.Row
	d := webchat.Draft{
		InboxID: row.InboxID, InboxIDs: held.InboxIDs, SourceID: sourceID(row), Profile: w.sent.Profile,
		Omit: w.style.omit, None: w.style.none,
	}
	if w.keepSource {
		d.SourceID = held.SourceID
	}
	if w.isMoved(held) {
		d.InboxID = held.InboxIDs[0]
	}
	return d
}

// isMoved reports whether the contact is only in other inboxes than ours.
func (w *work) isMoved(c webchat.Contact) bool {
	return len(c.InboxIDs) > 0 && !c.IsIn(w.reading.Row.InboxID)
}

// doubtAfter is until when a write may still land, after this answer. If this write
// clearly did not happen, the doubt is what it was before. If MaiAgent itself has
// answered, the doubt lasts only while the search may lag behind. What MaiAgent says
// about one write says nothing about another.
func (w *work) doubtAfter(before time.Time, err error) time.Time {
	api, ok := errors.AsType[*webchat.Error](err)
	switch {
	case !ok:
		return w.doubt
	case !api.Unknown:
		return before
	case api.Status/100 == 2 || api.Status == http.StatusInternalServerError || api.Status == http.StatusServiceUnavailable:
		if lag := w.reading.Now().Add(w.Timing.SearchLag); lag.After(before) {
			return lag
		}
		return before
	}
	return w.doubt
}
