package maicontact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
)

// Member is a person who is logged in to the site.
type Member struct {
	// ID is the business user ID: stable, never used again for another
	// person, and best not the email. Required.
	ID string
	// Profile is what MaiAgent should know of the member. It is sent when it
	// differs from what MaiAgent has confirmed.
	Profile webchat.Profile
	// Revision orders changes of the profile: a row version, or the time of
	// the last change in microseconds. Higher is newer; give it always or
	// never. With 0 the profile that comes last counts: an old one may then
	// win for a moment when two servers race.
	Revision int64
}

// Format writes "[member]" for every verb.
func (m Member) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[member]") }

// LogValue returns "[member]".
func (m Member) LogValue() slog.Value { return slog.StringValue("[member]") }

// MarshalText returns "[member]", which is also what encoding/json writes.
func (m Member) MarshalText() ([]byte, error) { return []byte("[member]"), nil }

// Run keeps contacts in step: it sends what waits in the store, tries again
// what failed, and learns within 2 seconds what changes on other servers, until
// ctx ends. Then it takes no new work, waits for what is under way as long as
// Timing.Drain allows, and returns: nil, or an error that says what had not
// ended. Whatever is not done stays in the store.
//
// One Run per process is enough. With none, changes go out with the next
// request of their member only, and every ask reads the store. Run may be called
// again after it returned.
func (m *Middleware) Run(ctx context.Context) error { return m.resolver.Run(ctx) }

// UpdateMember tells of a change of a member's profile or permissions, from
// anywhere: an administrator's page, an import. The change is in the store
// when UpdateMember returns, and on its way to MaiAgent. A member who never
// asked for the chat has no row, and gets none; one who is asking for the first time
// at that moment gets the newer of both revisions. Changes of one member that come
// at the same time are joined, and the newest counts.
//
// The error is [ErrOlderRevision], [ErrErased], [ErrReissuing], or the store's. Safe
// for concurrent use.
func (m *Middleware) UpdateMember(ctx context.Context, member Member) error {
	profile := member.Profile.Normalized()
	desired := contacts.Desired{Profile: profile, Stamp: contacts.StampOf(profile), Revision: member.Revision}
	return changeRow("update member", m.scope.Member(member.ID), func(p contacts.Person) error { return m.resolver.Update(ctx, p, desired) })
}

// Suspend takes the chat from a member whose account is suspended: on all servers
// nothing is handed out within 2 seconds (while Run runs there), and MaiAgent is
// told that they may be answered from Config.SuspendedAccess only, so that a chat
// which is open already gets no more either. The business user ID is all it needs.
// It is in the store when Suspend returns, and lasts until [Middleware.Resume];
// changes of the profile meanwhile are kept for then. Suspending again is no error.
//
// The error is [ErrErased], [ErrReissuing], or the store's. Safe for concurrent use.
func (m *Middleware) Suspend(ctx context.Context, memberID string) error {
	return changeRow("suspend", m.scope.Member(memberID), func(p contacts.Person) error { return m.resolver.Suspend(ctx, p, false) })
}

// Resume gives a suspended member the chat back, with the newest profile: the
// contact id is handed out again once MaiAgent holds their permissions. It returns
// [ErrNotFound] for a member of whom nothing is known. Resuming who is not suspended
// is no error. Otherwise it is as [Middleware.Suspend].
func (m *Middleware) Resume(ctx context.Context, memberID string) error {
	return changeRow("resume", m.scope.Member(memberID), func(p contacts.Person) error { return m.resolver.Resume(ctx, p) })
}

// Owner tells whose contact it is, for a site that gets MaiAgent's webhooks: the
// business user ID of a member, or "" for a visitor. It reads the table. The error is
// [ErrNotFound] where that has no such contact under this namespace, or says that the
// id is one of more than 128 characters, which are not kept. Safe for concurrent use.
func (m *Middleware) Owner(ctx context.Context, id webchat.ContactID) (memberID string, err error) {
	p, err := m.Operator().Owner(ctx, id)
	switch {
	case errors.Is(err, operate.ErrOtherNamespace):
		err = ErrNotFound
	case err == nil && !p.IsVisitor():
		var ok bool
		if memberID, ok = p.MemberID(); !ok {
			err = errors.New("the business user ID is too long to be kept")
		}
	}
	return memberID, wrap("maicontact: owner", err)
}

// refused calls Config.OnRefused.
func (m *Middleware) refused(ctx context.Context, p contacts.Person, fields []webchat.Field) {
	if m.config.OnRefused == nil {
		return
	}
	id, _ := p.MemberID()
	var ended error
	defer background.Contain(ctx, m.log, &ended)
	m.config.OnRefused(isolated(ctx), id, fields)
}

// Erase deletes a member's contact at MaiAgent and leaves a tombstone, so that
// no request, replica or retry ever makes it again until [Middleware.Restore].
// The business user ID is all it needs; a member who never had a contact gets
// a tombstone too. The tombstone is in the store before anybody is called, so
// an error after that (ctx ended, MaiAgent down) loses nothing: Run finishes
// it. It overrides a Reissue on any server, at any moment. Contacts of the
// member's time as a visitor are not known to belong to the member and stay:
// see [Middleware.EraseVisitor]. Safe for concurrent use.
//
// It is deleted when MaiAgent was asked to delete the contact, and reading it back
// no longer finds it. MaiAgent's delete is a soft one: the contact can no longer be
// used or listed, but only MaiAgent can say what it keeps. Otherwise the deletion
// waits in the store, and Run goes on trying; for a while, too, when a write to
// MaiAgent may still be under way.
func (m *Middleware) Erase(ctx context.Context, memberID string) (deleted bool, err error) {
	return deleteContact(ctx, "erase", m.scope.Member(memberID), m.resolver.Erase)
}

// Restore lifts a tombstone once the deletion is complete, and no write of before
// is waited for (that takes a day where one was in doubt): the next time the member
// asks for the chat they get a new contact, also if they were suspended before. It
// returns [ErrNotErased] or [ErrNotFound] otherwise. Safe for concurrent use.
func (m *Middleware) Restore(ctx context.Context, memberID string) error {
	return changeRow("restore", m.scope.Member(memberID), func(p contacts.Person) error { return m.resolver.Restore(ctx, p) })
}

// Reissue is for a contact id that has leaked. It deletes the member's contact
// at MaiAgent, and the next time the member asks for the chat they get a new
// one, with another id and without the former conversations. Until then, and
// while it works, nobody gets a chat for the member: in this process at once,
// on other servers within 2 seconds while Run runs there.
//
// When MaiAgent is down, or a write to it may still be under way, it is not deleted
// yet, and Run finishes that, also after a crash.
//
// It returns [ErrNotFound] for a member who never asked for the chat, [ErrErased] for
// one who is erased, who never comes back this way, [ErrSuspended] for one who is
// suspended, and [ErrReissuing] while another is under way. Safe for concurrent use.
func (m *Middleware) Reissue(ctx context.Context, memberID string) (deleted bool, err error) {
	return deleteContact(ctx, "reissue", m.scope.Member(memberID), m.resolver.Reissue)
}

// EraseVisitor is [Middleware.Erase] for the visitor whose browser makes the
// request, and forgets them there: who asks next is a new visitor. The error is
// [ErrNotFound] when the request is none of a known visitor. Call it before anything
// of the reply is written.
func (m *Middleware) EraseVisitor(ctx context.Context) (deleted bool, err error) {
	x, p, err := m.visitorOf(ctx)
	if err != nil {
		return false, wrap("maicontact: erase visitor", err)
	}
	deleted, err = deleteContact(ctx, "erase visitor", p, m.resolver.Erase)
	return deleted, errors.Join(err, x.logOut(ctx, nil))
}

// ReissueVisitor is [Middleware.Reissue] for the visitor whose browser makes the
// request. They stay the same visitor, with another contact. The error is
// [ErrNotFound] when the request is none of a known visitor.
func (m *Middleware) ReissueVisitor(ctx context.Context) (deleted bool, err error) {
	_, p, err := m.visitorOf(ctx)
	if err != nil {
		return false, wrap("maicontact: reissue visitor", err)
	}
	return deleteContact(ctx, "reissue visitor", p, m.resolver.Reissue)
}

// changeRow has something done to a person's row.
func changeRow(what string, p contacts.Person, do func(contacts.Person) error) error {
	if p.ID == "" {
		return wrap("maicontact: "+what, operate.ErrNoMember)
	}
	err := do(p)
	if errors.Is(err, contacts.ErrSuspended) {
		err = ErrSuspended
	}
	return wrap("maicontact: "+what, err)
}

// deleteContact has a person's contact deleted.
func deleteContact(ctx context.Context, what string, p contacts.Person, do func(context.Context, contacts.Person) (contacts.Row, error)) (deleted bool, err error) {
	err = changeRow(what, p, func(p contacts.Person) error {
		row, err := do(ctx, p)
		deleted = err == nil && row.Life != contacts.Erasing && row.Life != contacts.Reissuing
		return err
	})
	return deleted, err
}
