package webchattest

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// wireInbox and wireContact are what replies hold.
type wireInbox struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type wireContact struct {
	ID             string      `json:"id"`
	Inboxes        []wireInbox `json:"inboxes"`
	Inbox          *wireInbox  `json:"inbox"`
	Name           string      `json:"name"`
	Avatar         *string     `json:"avatar"`
	PhoneNumber    *string     `json:"phoneNumber"`
	Email          *string     `json:"email"`
	SourceID       *string     `json:"sourceId"`
	QueryMetadata  any         `json:"queryMetadata"`
	MCPCredentials []any       `json:"mcpCredentials"`
	CreatedAt      string      `json:"createdAt"`
	UpdatedAt      string      `json:"updatedAt"`
}

func (s *Simulation) wire(c Contact) wireContact {
	w := wireContact{
		ID:             c.ID,
		Inboxes:        make([]wireInbox, 0, len(c.InboxIDs)),
		Name:           c.Name,
		Avatar:         orNull(c.Avatar),
		PhoneNumber:    orNull(c.Phone),
		Email:          orNull(c.Email),
		SourceID:       orNull(c.SourceID),
		QueryMetadata:  camelMetadata(c.QueryMetadata),
		MCPCredentials: []any{},
		CreatedAt:      milliseconds(c.Created),
		UpdatedAt:      milliseconds(c.Updated),
	}
	for _, id := range c.InboxIDs {
		w.Inboxes = append(w.Inboxes, wireInbox{ID: id, Name: s.inboxName(id)})
	}
	if len(w.Inboxes) > 0 {
		w.Inbox = &w.Inboxes[0]
	}
	return w
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// milliseconds is 13 digits for every time of our days.
func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func (s *Simulation) createContact(r *http.Request, body []byte) reply {
	in, refusal := parseInput(r, body)
	if refusal != nil {
		return *refusal
	}
	var c Contact
	if errs := in.apply(&c, false, s.options.inboxIDs()); len(errs) > 0 {
		return jsonReply(http.StatusBadRequest, errs)
	}
	c, err := s.state.create(c)
	if err != nil {
		return s.errorReply(err)
	}
	return s.contactReply(http.StatusCreated, c)
}

func (s *Simulation) getContact(id string) reply {
	c, ok := s.state.get(id)
	if !ok || c.Deleted {
		return s.errorReply(errNotFound)
	}
	return s.contactReply(http.StatusOK, c)
}

// invalidError carries field messages out of a change.
type invalidError struct{ fields fieldErrors }

func (*invalidError) Error() string { return "invalid fields" }

func (s *Simulation) updateContact(r *http.Request, id string, body []byte, partial bool) reply {
	if c, ok := s.state.get(id); !ok || c.Deleted {
		return s.errorReply(errNotFound)
	}
	in, refusal := parseInput(r, body)
	if refusal != nil {
		return *refusal
	}
	c, err := s.state.update(id, func(c *Contact) error {
		if errs := in.apply(c, partial, s.options.inboxIDs()); len(errs) > 0 {
			return &invalidError{errs}
		}
		return nil
	})
	if err != nil {
		return s.errorReply(err)
	}
	return s.contactReply(http.StatusOK, c)
}

func (s *Simulation) deleteContact(id string) reply {
	if !s.Delete(id) {
		return s.errorReply(errNotFound)
	}
	return reply{status: http.StatusNoContent, header: http.Header{}, contactID: id}
}

func (s *Simulation) contactReply(status int, c Contact) reply {
	rep := jsonReply(status, s.wire(c))
	rep.contactID = c.ID
	return rep
}

func (s *Simulation) errorReply(err error) reply {
	if invalid, ok := errors.AsType[*invalidError](err); ok {
		return jsonReply(http.StatusBadRequest, invalid.fields)
	}
	const taken = "Contact with this source id already exists in this inbox."
	switch {
	case errors.Is(err, errNotFound):
		return detailReply(http.StatusNotFound, "Not found.")
	case !errors.Is(err, errSourceIDTaken):
		s.options.Logger.Error("simulated MaiAgent cannot keep its contacts", "error", err)
		return htmlReply(http.StatusInternalServerError)
	case s.options.ConflictStatus == http.StatusConflict:
		return detailReply(http.StatusConflict, taken)
	case s.options.ConflictStatus == http.StatusInternalServerError:
		return htmlReply(http.StatusInternalServerError)
	default:
		return jsonReply(http.StatusBadRequest, fieldErrors{"sourceId": {taken}})
	}
}
