package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
)

// lookUpPage is the form to find a person.
type lookUpPage struct {
	frame
	Problem string
}

// personPage is what the table has about one person.
type personPage struct {
	frame
	Name    string // a member's ID as the table has it
	Visitor bool
	Address string
	Status  *operate.Status // nil: the table knows nothing of them
	Means   string          // what their state means for their chat
	Actions []action
	Notice  finding
	Logged  bool // the handler has a log of calls
	Calls   []operate.LoggedCall
}

// address returns the address of a person's page.
func (h *Handler) address(p contacts.Person) string {
	return h.config.Prefix + "person/" + h.sealer.seal(p)
}

func (h *Handler) showLookUp(w http.ResponseWriter, _ *http.Request) {
	h.renderLookUp(w, http.StatusOK, "")
}

func (h *Handler) renderLookUp(w http.ResponseWriter, status int, problem string) {
	h.render(w, status, "lookup.html", lookUpPage{h.frame("Find a person", "person"), problem})
}

// lookUp redirects to the page of the person who was asked for. What was typed is in no
// address and on no page.
func (h *Handler) lookUp(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.renderLookUp(w, http.StatusBadRequest, "This form cannot be read.")
		return
	}
	member, contact := r.PostForm.Get("member"), strings.TrimSpace(r.PostForm.Get("contact"))
	if (member == "") == (contact == "") {
		h.renderLookUp(w, http.StatusBadRequest, "Give a business user ID, or a contact id that was found.")
		return
	}
	var p contacts.Person
	var err error
	if member != "" {
		p, err = h.operator.Member(member)
	} else {
		p, err = h.owner(r.Context(), contact)
	}
	switch {
	case err == nil:
		http.Redirect(w, r, h.address(p), http.StatusSeeOther) // #nosec G710 -- the prefix, and a sealed name
	case errors.Is(err, errNoUUID):
		h.renderLookUp(w, http.StatusBadRequest, "A contact id is a UUID: 32 digits and letters, with four dashes.")
	case errors.Is(err, contacts.ErrNotFound):
		h.renderLookUp(w, http.StatusNotFound, "Nobody in the table has this contact.")
	case errors.Is(err, operate.ErrOtherNamespace):
		h.renderLookUp(w, http.StatusNotFound, "This contact belongs to another namespace of the inbox.")
	default:
		h.fail(r.Context(), w, err)
	}
}

var errNoUUID = errors.New("admin: no contact id")

func (h *Handler) owner(ctx context.Context, typed string) (contacts.Person, error) {
	id, err := webchat.ParseContactID(typed)
	if err != nil {
		return contacts.Person{}, errNoUUID
	}
	ctx, cancel := context.WithTimeout(ctx, tableTimeout)
	defer cancel()
	return h.operator.Owner(ctx, id)
}

// personOf returns the person in an address. It answers the request itself if there is
// none.
func (h *Handler) personOf(w http.ResponseWriter, r *http.Request) (contacts.Person, bool) {
	p, err := h.sealer.open(h.operator.Scope(), r.PathValue("who"))
	if err != nil {
		h.renderLookUp(w, http.StatusNotFound, "This address is of no use any more. Look the person up again.")
	}
	return p, err == nil
}

func (h *Handler) showPerson(w http.ResponseWriter, r *http.Request) {
	p, ok := h.personOf(w, r)
	if !ok {
		return
	}
	page, err := h.personPage(r, p)
	if err != nil {
		h.fail(r.Context(), w, err)
		return
	}
	if ask := h.config.AuthorizeActions; ask != nil && ask(r) == nil {
		page.Actions = actionsFor(p, page.Status)
	}
	page.Notice = noticeOf(r.URL.Query().Get("done"), page.Status)
	h.render(w, http.StatusOK, "person.html", page)
}

// personPage reads what is known about a person.
func (h *Handler) personPage(r *http.Request, p contacts.Person) (personPage, error) {
	ctx, cancel := context.WithTimeout(r.Context(), tableTimeout)
	defer cancel()
	page := personPage{frame: h.frame("Member", "person"), Name: operate.NameOf(p), Visitor: p.IsVisitor(), Address: h.config.Prefix + "person/" + r.PathValue("who")}
	if page.Visitor {
		page.Title = "Visitor"
	}
	status, err := h.operator.Show(ctx, p)
	switch {
	case err == nil:
		page.Status, page.Means = &status, operate.Meaning(status.State)
	case !errors.Is(err, contacts.ErrNotFound):
		return personPage{}, err
	}
	if h.config.Calls != nil {
		page.Logged, page.Calls = true, h.config.Calls.Of(p)
	}
	return page, nil
}
