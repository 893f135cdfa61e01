package doctor

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

const (
	// farClock is how far the table's clock may be from this machine's.
	farClock      = time.Minute
	mostNamesSaid = 5
)

// LongBacklog is how long a change waits at most where all is well; a site without
// Run, or a MaiAgent that is down, makes it longer.
const LongBacklog = 2 * time.Minute

func (v *visit) checkTable(ctx context.Context) []Result {
	store, err := v.Table(ctx)
	if err != nil {
		return v.wrong(Database, "%s", strings.Join(strings.Fields(err.Error()), " "))
	}
	v.store = store
	return one(Pass, "the table is there, migrated, and can be written")
}

func (v *visit) scope() contacts.Scope {
	return contacts.Scope{Namespace: v.Namespace, InboxID: v.InboxID}
}

// unread is for a store that fails in the middle of it.
func (v *visit) unread(err error) []Result {
	return v.wrong(Database, "the table cannot be read: %v", err)
}

func (v *visit) checkClock(ctx context.Context) []Result {
	changes, err := v.store.Changed(ctx, v.scope(), v.Now(), 0)
	if err != nil {
		return v.unread(err)
	}
	if far := changes.Now.Sub(v.Now()).Abs(); far > farClock {
		return one(Warn, "the database's clock and this machine's are %s apart; set both by the network's time", far.Round(time.Second))
	}
	return one(Pass, "the clocks of the table and of this machine agree")
}

func (v *visit) checkNamespace(ctx context.Context) []Result {
	found, err := v.store.Namespaces(ctx, v.InboxID)
	switch {
	case err != nil:
		return v.unread(err)
	case len(found) == 0:
		return one(Pass, "the table has nobody of this inbox yet")
	case !slices.Contains(found, v.Namespace):
		return v.wrong(Namespace, "the table has people of this inbox under %s only; with another namespace everybody gets a second contact", say(found))
	case len(found) > 1:
		others := slices.DeleteFunc(found, func(name string) bool { return name == v.Namespace })
		return one(Pass, "the site's namespace is in use; there are people under %s as well", say(others))
	}
	return one(Pass, "the table's people are under the site's namespace")
}

func say(names []string) string {
	if len(names) > mostNamesSaid {
		names = append(slices.Clone(names[:mostNamesSaid]), "others")
	}
	return strings.Join(names, ", ")
}

func (v *visit) checkBacklog(ctx context.Context) []Result {
	counts, err := v.store.Count(ctx, v.scope())
	if err != nil {
		return v.unread(err)
	}
	changes, err := v.store.Changed(ctx, v.scope(), v.Now(), 0)
	if err != nil {
		return v.unread(err)
	}
	if counts.Overdue > 0 {
		if age := changes.Now.Sub(counts.Oldest); age > LongBacklog {
			return one(Warn, "%d changes wait, the oldest for %s; see that Run runs on the site's servers, and what they log", counts.Overdue, age.Round(time.Second))
		}
	}
	return one(Pass, "%d of %d people have something to be sent", counts.Unsettled, counts.Members+counts.Visitors)
}

// rowsFound is what a walk through the table has found.
type rowsFound struct {
	rows                            int
	more                            bool // there are more than were looked at
	refused, unseen, denied         int
	misconfigured, inDoubt, oneMore int
	longestDoubt                    time.Duration
}

// walk goes through the table once for several checks.
func (v *visit) walk(ctx context.Context) (*rowsFound, error) {
	if v.rows != nil {
		return v.rows, nil
	}
	changes, err := v.store.Changed(ctx, v.scope(), v.Now(), 0)
	if err != nil {
		return nil, err
	}
	found := &rowsFound{}
	seen := map[webchat.ContactID]struct{}{}
	for row, err := range contacts.All(ctx, v.store, v.scope(), contacts.Person{}) {
		if err != nil {
			return nil, err
		}
		if found.more = v.MostRows > 0 && found.rows >= v.MostRows; found.more {
			break
		}
		found.add(row, changes.Now)
		if row.ContactID != "" {
			if _, twice := seen[row.ContactID]; twice {
				found.oneMore++
			}
			seen[row.ContactID] = struct{}{}
		}
	}
	v.rows = found
	return found, nil
}

func (f *rowsFound) add(row contacts.Row, now time.Time) {
	f.rows++
	if row.Refused != "" {
		f.refused++
	}
	if row.Failures > 0 {
		switch row.LastCall.Outcome {
		case contacts.OutcomeRefused:
			f.refused++
		case contacts.OutcomeUnseen:
			f.unseen++
		case contacts.OutcomeDenied:
			f.denied++
		case contacts.OutcomeMisconfigured:
			f.misconfigured++
		}
	}
	if !row.DoubtUntil.IsZero() {
		f.inDoubt++
		f.longestDoubt = max(f.longestDoubt, now.Sub(row.DoubtUntil))
	}
}

// looked says how much of the table a result is about.
func (f *rowsFound) looked() string {
	if f.more {
		return " (only a part of the table was looked at)"
	}
	return ""
}

func (v *visit) checkRefusals(ctx context.Context) []Result {
	f, err := v.walk(ctx)
	if err != nil {
		return v.unread(err)
	}
	var all []Result
	add := func(n int, says string) {
		if n > 0 {
			all = append(all, one(Warn, "for %d people "+says+"%s", n, f.looked())...)
		}
	}
	add(f.denied, "MaiAgent has refused the API key; if it works by now they are tried again by themselves")
	add(f.misconfigured, "MaiAgent has refused a setting of the site; if it is right by now they are tried again by themselves")
	add(f.unseen, "MaiAgent does not show the permissions that were sent, so they get no chat; look at such a contact in its console")
	add(f.refused, "MaiAgent has refused a part of the profile; see which fields with: maicontact show MEMBER")
	if len(all) == 0 {
		return one(Pass, "nothing was refused%s", f.looked())
	}
	return all
}

func (v *visit) checkDoubt(ctx context.Context) []Result {
	f, err := v.walk(ctx)
	switch {
	case err != nil:
		return v.unread(err)
	case f.longestDoubt > LongBacklog:
		return one(Warn, "%d people have a write of unknown outcome, the oldest over since %s; see that Run runs on the site's servers%s", f.inDoubt, f.longestDoubt.Round(time.Second), f.looked())
	}
	return one(Pass, "%d writes are open, none for long%s", f.inDoubt, f.looked())
}

func (v *visit) checkDuplicates(ctx context.Context) []Result {
	f, err := v.walk(ctx)
	switch {
	case err != nil:
		return v.unread(err)
	case f.oneMore > 0:
		return v.wrong(Database, "%d people have the contact of another; the unique index on inbox and contact id is missing: run maicontact migrate status", f.oneMore)
	}
	return one(Pass, "no two people have one contact%s", f.looked())
}
