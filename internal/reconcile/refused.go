package reconcile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// writeStyle is how a profile is written so that MaiAgent takes it.
type writeStyle struct {
	omit    []webchat.Field   // text fields that are left out
	unsaved []webchat.Field   // those of them that MaiAgent should hold and does not
	none    webchat.NoneStyle // how it is written that there is no access of their own
}

// styleFor is how the profile is written after what is known from before: what is
// still refused is left out, and so is what no contact may have null in.
func (w *work) styleFor(d contacts.Desired, held webchat.Contact, now time.Time) writeStyle {
	s := writeStyle{none: webchat.NoneStyle(w.vendor.none.Load())}
	for _, r := range w.stillRefused(d, now) {
		s.omit, s.unsaved = append(s.omit, r.field), append(s.unsaved, r.field)
	}
	for _, field := range w.vendor.refusedNulls() {
		if textOf(field, d.Profile) == "" && !slices.Contains(s.omit, field) {
			s.omit = append(s.omit, field)
			if textOf(field, held.Profile) != "" {
				s.unsaved = append(s.unsaved, field) // it cannot be cleared
			}
		}
	}
	return s
}

// adapt takes in what MaiAgent has refused, and reports whether another try is
// worth it: without the fields it named, or with "none" in another style. held
// is the contact as it is there.
func (w *work) adapt(err error, d contacts.Desired, held webchat.Contact) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	if !ok || api.Setting() != "" {
		return false
	}
	progress := false
	for _, field := range api.RefusedFields() {
		switch {
		case field == webchat.FieldQueryMetadata:
			if d.Profile.QueryMetadata.IsZero() && w.style.none < webchat.NoneOmitted {
				w.style.none++
				progress = true
			}
		case slices.Contains(w.style.omit, field):
		default:
			w.style.omit = append(w.style.omit, field)
			if textOf(field, d.Profile) != "" || textOf(field, held.Profile) != "" {
				w.style.unsaved = append(w.style.unsaved, field)
			} else {
				w.vendor.addRefusedNull(field)
			}
			progress = true
		}
	}
	return progress
}

// stillRefused is what MaiAgent has refused of this very profile less than
// RefusedTime ago.
func (w *work) stillRefused(d contacts.Desired, now time.Time) []refusal {
	return slices.DeleteFunc(parseRefusals(w.reading.Row.Refused), func(r refusal) bool {
		return r.tag != tagOf(w.reading.Row.Person, r.field, d.Profile) || !now.Before(r.at.Add(contacts.RefusedTime))
	})
}

// refused is what the row is to know of the fields that were left out. One that
// is still refused keeps its time.
func (w *work) refused(d contacts.Desired, now time.Time) string {
	known := w.stillRefused(d, now)
	var texts []string
	slices.Sort(w.style.unsaved)
	for _, field := range w.style.unsaved {
		r := refusal{field, tagOf(w.reading.Row.Person, field, d.Profile), now}
		if i := slices.IndexFunc(known, func(k refusal) bool { return k.field == field }); i >= 0 {
			r = known[i]
		}
		texts = append(texts, r.String())
	}
	return strings.Join(texts, ",")
}

// refusal is a field that MaiAgent did not take. The tag tells whether the value
// has changed since; it is too short to tell the value.
type refusal struct {
	field webchat.Field
	tag   string
	at    time.Time
}

// String writes it as the row keeps it.
func (r refusal) String() string {
	return string(r.field) + " " + r.tag + " " + strconv.FormatInt(r.at.Unix(), 10)
}

func parseRefusals(text string) []refusal {
	var all []refusal
	for one := range strings.SplitSeq(text, ",") {
		parts := strings.Fields(one)
		if len(parts) != 3 {
			continue
		}
		seconds, err := strconv.ParseInt(parts[2], 10, 64)
		if err == nil {
			all = append(all, refusal{webchat.Field(parts[0]), parts[1], time.Unix(seconds, 0)})
		}
	}
	return all
}

// refusedFields names the text fields that the row says MaiAgent did not take.
func refusedFields(row contacts.Row) []webchat.Field {
	var fields []webchat.Field
	for _, r := range parseRefusals(row.Refused) {
		fields = append(fields, r.field)
	}
	return fields
}

func tagOf(p contacts.Person, field webchat.Field, profile webchat.Profile) string {
	sum := sha256.Sum256([]byte(p.ID + "\x00" + string(field) + "\x00" + textOf(field, profile)))
	return hex.EncodeToString(sum[:2])
}

func textOf(field webchat.Field, p webchat.Profile) string {
	switch field {
	case webchat.FieldName:
		return p.Name
	case webchat.FieldEmail:
		return p.Email
	case webchat.FieldPhone:
		return p.Phone
	case webchat.FieldAvatar:
		return p.Avatar
	}
	return ""
}

// reportRefused tells the site what MaiAgent did not take, where that is new.
func (w *work) reportRefused(ctx context.Context) {
	fields := refusedFields(w.reading.Row)
	if len(fields) == 0 || slices.Equal(fields, refusedFields(w.claimed)) {
		return
	}
	w.Logger.WarnContext(ctx, "maicontact: MaiAgent does not take a part of a profile; the rest was sent, and it is tried again in a day or when it changes", "fields", fields)
	if w.OnRefused != nil {
		w.OnRefused(ctx, w.reading.Row.Person, fields)
	}
}
