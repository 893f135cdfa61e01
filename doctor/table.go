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
	// maxClockSkew is how far the table's clock may be from this machine's.
	maxClockSkew = time.Minute
	maxNames     = 5
)

// LongBacklog is how long a change waits at most if all is well. It waits longer without
// Run, or while MaiAgent is down.
const LongBacklog = 2 * time.Minute

func (v *examination) checkTable(ctx context.Context) []Result {
	store, err := v.Table(ctx)
	if err != nil {
		return v.failSetting(Database, "%s", strings.Join(strings.Fields(err.Error()), " "))
	}
	v.store = store
	return result(Pass, "the table is there, migrated, and can be written")
}

func (v *examination) scope() contacts.Scope {
	return contacts.Scope{Namespace: v.Namespace, InboxID: v.InboxID}
}

// tableUnreadable is the result when the store fails during a check.
func (v *examination) tableUnreadable(err error) []Result {
	return v.failSetting(Database, "the table cannot be read: %v", err)
}

func (v *examination) checkClock(ctx context.Context) []Result {
	changes, err := v.store.Changed(ctx, v.scope(), v.Now(), 0)
	if err != nil {
		return v.tableUnreadable(err)
	}
	if far := changes.Now.Sub(v.Now()).Abs(); far > maxClockSkew {
		return result(Warn, "the database's clock and this machine's are %s apart; set both by the network's time", far.Round(time.Second))
	}
	return result(Pass, "the clocks of the table and of this machine agree")
}

func (v *examination) checkNamespace(ctx context.Context) []Result {
	found, err := v.store.Namespaces(ctx, v.InboxID)
	switch {
	case err != nil:
		return v.tableUnreadable(err)
	case len(found) == 0:
		return result(Pass, "the table has nobody of this inbox yet")
	case !slices.Contains(found, v.Namespace):
		return v.failSetting(Namespace, "the table has people of this inbox under %s only; with another namespace everybody gets a second contact", joinNames(found))
	case len(found) > 1:
		others := slices.DeleteFunc(found, func(name string) bool { return name == v.Namespace })
		return result(Pass, "the site's namespace is in use; there are people under %s as well", joinNames(others))
	}
	return result(Pass, "the table's people are under the site's namespace")
}

func joinNames(names []string) string {
	if len(names) > maxNames {
		names = append(slices.Clone(names[:maxNames]), "others")
	}
	return strings.Join(names, ", ")
}

func (v *examination) checkBacklog(ctx context.Context) []Result {
	counts, err := v.store.Count(ctx, v.scope())
	if err != nil {
		return v.tableUnreadable(err)
	}
	changes, err := v.store.Changed(ctx, v.scope(), v.Now(), 0)
	if err != nil {
		return v.tableUnreadable(err)
	}
	if counts.Overdue > 0 {
		if age := changes.Now.Sub(counts.Oldest); age > LongBacklog {
			return result(Warn, "%d changes wait, the oldest for %s; see that Run runs on the site's servers, and what they log", counts.Overdue, age.Round(time.Second))
		}
	}
	return result(Pass, "%d of %d people have something to be sent", counts.Unsettled, counts.Members+counts.Visitors)
}

// rowCounts counts what the rows of the table say.
type rowCounts struct {
	rows                               int
	more                               bool // there are more rows than were read
	refused, unseen, denied            int
	misconfigured, inDoubt, duplicates int
	longestDoubt                       time.Duration
}

// countRows reads the table once for several checks.
func (v *examination) countRows(ctx context.Context) (*rowCounts, error) {
	if v.rows != nil {
		return v.rows, nil
	}
	changes, err := v.store.Changed(ctx, v.scope(), v.Now(), 0)
	if err != nil {
		return nil, err
	}
	found := &rowCounts{}
	seen := map[webchat.ContactID]struct{}{}
	for row, err := range contacts.All(ctx, v.store, v.scope(), contacts.Person{}) {
		if err != nil {
			return nil, err
		}
		if found.more = v.MaxRows > 0 && found.rows >= v.MaxRows; found.more {
			break
		}
		found.add(row, changes.Now)
		if row.ContactID != "" {
			if _, twice := seen[row.ContactID]; twice {
				found.duplicates++
			}
			seen[row.ContactID] = struct{}{}
		}
	}
	v.rows = found
	return found, nil
}

func (f *rowCounts) add(row contacts.Row, now time.Time) {
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

// partNote says so if only a part of the table was read.
func (f *rowCounts) partNote() string {
	if f.more {
		return " (only a part of the table was looked at)"
	}
	return ""
}

func (v *examination) checkRefusals(ctx context.Context) []Result {
	f, err := v.countRows(ctx)
	if err != nil {
		return v.tableUnreadable(err)
	}
	var all []Result
	add := func(n int, says string) {
		if n > 0 {
			all = append(all, result(Warn, "for %d people "+says+"%s", n, f.partNote())...)
		}
	}
	add(f.denied, "MaiAgent has refused the API key; if it works by now they are tried again by themselves")
	add(f.misconfigured, "MaiAgent has refused a setting of the site; if it is right by now they are tried again by themselves")
	add(f.unseen, "MaiAgent does not show the permissions that were sent, so they get no chat; look at such a contact in its console")
	add(f.refused, "MaiAgent has refused a part of the profile; see which fields with: maicontact show MEMBER")
	if len(all) == 0 {
		return result(Pass, "nothing was refused%s", f.partNote())
	}
	return all
}

func (v *examination) checkDoubt(ctx context.Context) []Result {
	f, err := v.countRows(ctx)
	switch {
	case err != nil:
		return v.tableUnreadable(err)
	case f.longestDoubt > LongBacklog:
		return result(Warn, "%d people have a write of unknown outcome, the oldest over since %s; see that Run runs on the site's servers%s", f.inDoubt, f.longestDoubt.Round(time.Second), f.partNote())
	}
	return result(Pass, "%d writes are open, none for long%s", f.inDoubt, f.partNote())
}

func (v *examination) checkDuplicates(ctx context.Context) []Result {
	f, err := v.countRows(ctx)
	switch {
	case err != nil:
		return v.tableUnreadable(err)
	case f.duplicates > 0:
		return v.failSetting(Database, "%d people have the contact of another; the unique index on inbox and contact id is missing: run maicontact migrate status", f.duplicates)
	}
	return result(Pass, "no two people have one contact%s", f.partNote())
}
