package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/internal/reconcile"
	"github.com/maicontact/maicontact/webchat"
)

// stray is a contact of ours that the table does not have.
type stray struct {
	id      webchat.ContactID
	created time.Time
	visitor bool
}

// describe adds to a finding which contact it is about.
func (s stray) describe(f *Finding, sourceID string) *Finding {
	f.SourceID, f.ContactEnd, f.Created = sourceID, lastDigits(s.id), timeOf(s.created)
	return f
}

// checkInbox lists the contacts of the inbox, and finds those with a source id of this
// library that are in no row.
func (a *audit) checkInbox(ctx context.Context) error {
	strays := map[string]stray{} // by source id
	pace := func(read func() error) error {
		_, err := withRetries(ctx, a.Operator, func() (struct{}, error) { return struct{}{}, read() })
		return err
	}
	err := a.api.Contacts(ctx, a.scope.InboxID, pace, func(held webchat.Contact) error {
		a.count(&a.counts.Contacts)
		if !identity.IsSourceID(held.SourceID) {
			return nil
		}
		if _, err := a.store.ByContact(ctx, a.scope.InboxID, held.ID); !errors.Is(err, contacts.ErrNotFound) {
			return err
		}
		strays[held.SourceID] = stray{id: held.ID, created: held.Created, visitor: held.Profile.Name == webchat.AnonymousName}
		if len(strays) < maxStrays {
			return nil
		}
		err := a.matchStrays(ctx, strays)
		clear(strays)
		return err
	})
	if err != nil || len(strays) == 0 {
		return err
	}
	return a.matchStrays(ctx, strays)
}

// matchStrays searches the table for the persons of stray contacts.
func (a *audit) matchStrays(ctx context.Context, strays map[string]stray) error {
	for row, err := range contacts.All(ctx, a.store, a.scope, contacts.Person{}) {
		if err != nil {
			return err
		}
		for generation := 1; generation <= row.Generation+reconcile.FurtherGenerations; generation++ {
			sourceID := identity.SourceID(row.Person, generation)
			s, ok := strays[sourceID]
			if !ok {
				continue
			}
			delete(strays, sourceID)
			if f := strayFinding(row); f != nil && row.ContactID != s.id {
				if err := a.report(ctx, s.describe(f, sourceID), row); err != nil {
					return err
				}
			}
		}
	}
	for sourceID, s := range strays {
		if s.visitor {
			a.counts.Visitors++
			continue
		}
		says := "MaiAgent has a contact of this library that is nobody's in the table: of another site or namespace, or of a table that was lost"
		if err := a.report(ctx, s.describe(newFinding(Orphan, contacts.Person{}, says), sourceID), contacts.Row{}); err != nil {
			return err
		}
	}
	return nil
}

// strayFinding returns the finding for a contact of the row's person that is not the
// row's; nil: it is no finding.
func strayFinding(row contacts.Row) *Finding {
	switch {
	case row.Life == contacts.Erased:
		return newFinding(Remains, row.Person, "MaiAgent has a contact of a person who was erased")
	case row.Life == contacts.Erasing || row.Life == contacts.Reissuing || row.IsStored() && !row.DoubtUntil.IsZero():
		return nil // it is being deleted, or made
	case row.ContactID == "":
		return newFinding(Unlinked, row.Person, "MaiAgent has a contact of the person that the table does not know yet")
	}
	return newFinding(Second, row.Person, "MaiAgent has a second contact of the person; reissue deletes both, and the person gets a new one")
}

// matchesStamp reports whether a profile has that fingerprint, whichever style MaiAgent
// writes the keys of its query metadata in. The row has only the fingerprint, so
// [webchat.QueryMetadata.SeenIn] has nothing to compare.
func matchesStamp(p webchat.Profile, stamp contacts.Stamp) bool {
	if contacts.StampOf(p) == stamp {
		return true
	}
	for _, write := range []func(string) string{snakeCase, camelCase} {
		p := p
		if rewritten, err := webchat.RawQueryMetadata(rewrite(p.QueryMetadata.JSON(), write)); err == nil {
			p.QueryMetadata = rewritten
		}
		if contacts.StampOf(p) == stamp {
			return true
		}
	}
	return false
}

// rewrite rewrites the keys of a JSON object in another style, at any depth.
func rewrite(text []byte, write func(string) string) []byte {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return text
	}
	var turn func(any) any
	turn = func(value any) any {
		switch value := value.(type) {
		case map[string]any:
			object := make(map[string]any, len(value))
			for key, inner := range value {
				object[write(key)] = turn(inner)
			}
			return object
		case []any:
			for i := range value {
				value[i] = turn(value[i])
			}
		}
		return value
	}
	written, err := json.Marshal(turn(value))
	if err != nil {
		return text
	}
	return written
}

func snakeCase(key string) string {
	var b strings.Builder
	for _, r := range key {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func camelCase(key string) string {
	head, rest, ok := strings.Cut(key, "_")
	if !ok || rest == "" {
		return key
	}
	return head + strings.ToUpper(rest[:1]) + camelCase(rest[1:])
}
