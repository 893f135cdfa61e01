package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
)

// actionTimeout is how long an action may take.
const actionTimeout = 20 * time.Second

// notInTable is the state of a person who is not in the table.
const notInTable contacts.State = ""

// action is something that can be done to a person.
type action struct {
	Name        string
	Label       string
	Effect      string // what will happen, before it is confirmed
	Destructive bool   // it deletes something
	// Contact asks for a contact id.
	Contact bool

	states []contacts.State // in which it makes sense
	ends   contacts.State   // in which it should end; empty: it ends at once
	do     func(o *operate.Operator, ctx context.Context, p contacts.Person, id webchat.ContactID) error
}

func plain(do func(*operate.Operator, context.Context, contacts.Person) (operate.Status, error)) func(*operate.Operator, context.Context, contacts.Person, webchat.ContactID) error {
	return func(o *operate.Operator, ctx context.Context, p contacts.Person, _ webchat.ContactID) error {
		_, err := do(o, ctx, p)
		return err
	}
}

func link(o *operate.Operator, ctx context.Context, p contacts.Person, id webchat.ContactID) error {
	member, ok := p.MemberID()
	if !ok {
		return operate.ErrNoMember
	}
	_, err := o.Link(ctx, member, id, operate.LinkOptions{})
	return err
}

var actions = []action{
	{
		Name: "suspend", Label: "Suspend", do: plain((*operate.Operator).Suspend), ends: contacts.StateSuspended,
		Effect: "They get no chat from now on, on any server, and MaiAgent is told that an open one may be answered from nothing. Resume gives it back as it was.",
		states: []contacts.State{notInTable, contacts.StateIdle, contacts.StateWaiting, contacts.StatePending, contacts.StateBehind, contacts.StateSettled},
	},
	{
		Name: "resume", Label: "Resume", do: plain((*operate.Operator).Resume),
		Effect: "They get the chat back, with the same contact, once MaiAgent holds their permissions again.",
		states: []contacts.State{contacts.StateSuspended},
	},
	{
		Name: "reissue", Label: "Reissue", do: plain((*operate.Operator).Reissue), ends: contacts.StateIdle, Destructive: true,
		Effect: "For a contact id that has leaked. Their contact is deleted at MaiAgent. The next time they ask for the chat they get a new one, without the former conversations.",
		states: []contacts.State{contacts.StateIdle, contacts.StateWaiting, contacts.StatePending, contacts.StateBehind, contacts.StateSettled},
	},
	{
		Name: "link", Label: "Link", Contact: true, do: link,
		Effect: "They get a contact that is at MaiAgent already. It is handed out once what MaiAgent should hold of them was sent.",
		states: []contacts.State{notInTable, contacts.StateIdle},
	},
	{
		Name: "erase", Label: "Erase", do: plain((*operate.Operator).Erase), ends: contacts.StateErased, Destructive: true,
		Effect: "Their contact is deleted at MaiAgent for good, and a tombstone keeps it from being made again. Restore lifts that, and does not bring back what was deleted.",
		states: []contacts.State{
			notInTable, contacts.StateIdle, contacts.StateWaiting, contacts.StatePending, contacts.StateBehind, contacts.StateSettled,
			contacts.StateSuspended, contacts.StateRetired, contacts.StateReissuing,
		},
	},
	{
		Name: "restore", Label: "Restore", do: plain((*operate.Operator).Restore),
		Effect: "The tombstone is lifted. The next time they ask for the chat they get a new contact.",
		states: []contacts.State{contacts.StateErased},
	},
}

func actionNamed(name string) (action, bool) {
	at := slices.IndexFunc(actions, func(a action) bool { return a.Name == name })
	if at < 0 {
		return action{}, false
	}
	return actions[at], true
}

// actionsFor returns the actions that make sense for a person in their state.
func actionsFor(p contacts.Person, status *operate.Status) []action {
	state := notInTable
	if status != nil {
		state = status.State
	}
	return slices.DeleteFunc(slices.Clone(actions), func(a action) bool {
		_, isMember := p.MemberID()
		return !slices.Contains(a.states, state) || a.Contact && (!isMember || status != nil && status.HasContact)
	})
}

// actionPage asks for confirmation of an action.
type actionPage struct {
	personPage
	Action  action
	Problem string
}

// confirm shows the page that asks for confirmation.
func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) {
	if p, a, ok := h.target(w, r); ok {
		h.renderConfirm(w, r, p, a, http.StatusOK, "")
	}
}

// target returns the person and the action in an address. It answers the request itself
// if there are none.
func (h *Handler) target(w http.ResponseWriter, r *http.Request) (contacts.Person, action, bool) {
	a, ok := actionNamed(r.PathValue("action"))
	if !ok {
		h.showMessage(w, http.StatusNotFound, "There is no such action.", "Look the person up, and see what can be done.")
		return contacts.Person{}, action{}, false
	}
	p, ok := h.personOf(w, r)
	return p, a, ok
}

func (h *Handler) renderConfirm(w http.ResponseWriter, r *http.Request, p contacts.Person, a action, status int, problem string) {
	page, err := h.personPage(r, p)
	if err != nil {
		h.fail(r.Context(), w, err)
		return
	}
	page.Title = a.Label + " " + strings.ToLower(page.Title)
	h.render(w, status, "action.html", actionPage{page, a, problem})
}

// act does what was confirmed, and redirects to the person's page.
func (h *Handler) act(w http.ResponseWriter, r *http.Request) {
	p, a, ok := h.target(w, r)
	if !ok {
		return
	}
	if err := r.ParseForm(); err != nil {
		h.renderConfirm(w, r, p, a, http.StatusBadRequest, "This form cannot be read.")
		return
	}
	var id webchat.ContactID
	if a.Contact {
		var err error
		if id, err = webchat.ParseContactID(strings.TrimSpace(r.PostForm.Get("contact"))); err != nil {
			h.renderConfirm(w, r, p, a, http.StatusBadRequest, "A contact id is a UUID: 32 digits and letters, with four dashes.")
			return
		}
	}
	// An action goes on when the browser no longer waits.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), actionTimeout)
	defer cancel()
	err := a.do(h.operator, ctx, p, id)
	h.tell(ctx, p, a, err)
	says, refused := refusal(err)
	switch {
	case err == nil:
		http.Redirect(w, r, h.address(p)+"?done="+a.Name, http.StatusSeeOther)
	case refused:
		h.renderConfirm(w, r, p, a, http.StatusConflict, says)
	case errors.Is(err, context.DeadlineExceeded):
		http.Redirect(w, r, h.address(p)+"?done=late", http.StatusSeeOther)
	default:
		h.renderConfirm(w, r, p, a, http.StatusServiceUnavailable, "It failed, and the log says how. Look at the person before you try again.")
	}
}

// tell logs an action, without the person, and tells the application.
func (h *Handler) tell(ctx context.Context, p contacts.Person, a action, err error) {
	if err != nil {
		h.config.Logger.WarnContext(ctx, "maicontact: admin: an action was not done", "action", a.Name, "person", p.Kind, "error", err)
	} else {
		h.config.Logger.InfoContext(ctx, "maicontact: admin: an action was done", "action", a.Name, "person", p.Kind)
	}
	if h.config.OnAction != nil {
		done := Action{Name: a.Name, Kind: p.Kind, Err: err}
		done.MemberID, _ = p.MemberID()
		h.config.OnAction(ctx, done)
	}
}

// refusal returns why the table or MaiAgent refuses an action; false: the error is no
// refusal.
func refusal(err error) (says string, is bool) {
	for _, known := range []struct {
		err  error
		says string
	}{
		{contacts.ErrNotFound, "The table knows nothing of them."},
		{contacts.ErrErased, "They are erased, or being erased. Restore them first."},
		{contacts.ErrNotErased, "They are not erased, or MaiAgent is not known yet to hold nothing of them. Try again later."},
		{contacts.ErrReissuing, "Their contact is being replaced already."},
		{contacts.ErrRetired, "This visitor has logged in since."},
		{contacts.ErrSuspended, "They are suspended. Resume them first."},
		{contacts.ErrLinked, "They have a contact already."},
		{contacts.ErrUnderWay, "A contact of theirs is being made right now. Try again in a moment."},
		{contacts.ErrContactTaken, "Somebody else has that contact."},
		{operate.ErrNoContact, "MaiAgent has no such contact."},
		{operate.ErrOtherInbox, "That contact is in another inbox."},
	} {
		if errors.Is(err, known.err) {
			return known.says, true
		}
	}
	return "", false
}

// noticeOf returns the notice after an action, by what the table says now.
func noticeOf(done string, status *operate.Status) finding {
	if done == "late" {
		return finding{"warn", "It takes longer than usual. Below is how far it has come; load this page again in a moment."}
	}
	a, ok := actionNamed(done)
	if !ok || status == nil {
		return finding{}
	}
	if status.Failures > 0 || a.ends != "" && a.ends != status.State {
		return finding{"warn", a.Label + ": it is in the table, and not complete at MaiAgent yet. The site's servers go on with it."}
	}
	return finding{"good", a.Label + ": done."}
}
