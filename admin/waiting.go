package admin

import (
	"context"
	"net/http"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
)

const (
	overdueShown = 20
	waitersShown = 50
)

// waitingPage lists people for whom something waits or was refused.
type waitingPage struct {
	frame
	First   bool // this is the first part of the table
	Overdue []waiter
	Found   []waiter
	Looked  int
	Next    string // the sealed person after whom the next part begins; empty: the end
}

// waiter is a person in a list. Address leads to their page.
type waiter struct {
	operate.Status
	Address string
}

func (h *Handler) waiters(list []operate.WaitingPerson) []waiter {
	all := make([]waiter, len(list))
	for i, w := range list {
		all[i] = waiter{w.Status, h.address(w.Person)}
	}
	return all
}

func (h *Handler) showWaiting(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), tableTimeout)
	defer cancel()
	p := waitingPage{frame: h.frame("Waiting", "waiting"), First: true}
	var after contacts.Person
	if name := r.URL.Query().Get("after"); name != "" {
		var err error
		if after, err = h.sealer.open(h.operator.Scope(), name); err != nil {
			h.showMessage(w, http.StatusNotFound, "This address is of no use any more.", "Begin again at the start of the list.")
			return
		}
		p.First = false
	}
	if p.First {
		overdue, err := h.operator.Overdue(ctx, overdueShown)
		if err != nil {
			h.fail(ctx, w, err)
			return
		}
		p.Overdue = h.waiters(overdue)
	}
	found, err := h.operator.Waiting(ctx, after, waitersShown)
	if err != nil {
		h.fail(ctx, w, err)
		return
	}
	p.Found, p.Looked = h.waiters(found.Found), found.RowsRead
	if found.Next != (contacts.Person{}) {
		p.Next = h.sealer.seal(found.Next)
	}
	h.render(w, http.StatusOK, "waiting.html", p)
}
