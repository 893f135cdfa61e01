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
	QueryMetadata  *any        `json:"queryMetadata,omitempty"` // nil: not told
	MCPCredentials []any       `json:"mcpCredentials"`
	CreatedAt      string      `json:"createdAt"`
	UpdatedAt      string      `json:"updatedAt"`
}

func (s *Simulation) wire(c Contact, switches *Switches) wireContact {
	w := wireContact{
		ID:             switches.id(c.ID),
		Inboxes:        make([]wireInbox, 0, len(c.InboxIDs)),
		Name:           c.Name,
		Avatar:         orNull(c.Avatar),
		PhoneNumber:    orNull(c.Phone),
		Email:          orNull(c.Email),
		SourceID:       orNull(c.SourceID),
		MCPCredentials: []any{},
		CreatedAt:      switches.time(c.Created),
		UpdatedAt:      switches.time(c.Updated),
	}
	if !switches.HideAccess {
		w.QueryMetadata = new(switches.shownAccess(c.QueryMetadata))
	}
	for _, id := range c.InboxIDs {
		w.Inboxes = append(w.Inboxes, wireInbox{ID: switches.id(id), Name: s.inboxName(id)})
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

// time is milliseconds, which are 13 digits for every time of our days.
func (w *Switches) time(t time.Time) string {
	if w.SnakeReplies {
		return t.UTC().Format(time.RFC3339)
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

func (s *Simulation) createContact(r *http.Request, body []byte, switches *Switches) reply {
	in, refusal := parseInput(r, body)
	if refusal != nil {
		return *refusal
	}
	var c Contact
	if errs := switches.apply(in, &c, r.Method, s.options.inboxIDs()); len(errs) > 0 {
		return jsonReply(http.StatusBadRequest, errs)
	}
	c, err := s.state.create(c)
	if err != nil {
		return s.errorReply(err)
	}
	return s.writtenReply(http.StatusCreated, c, switches)
}

func (s *Simulation) getContact(id string, switches *Switches) reply {
	c, ok := s.state.get(id)
	if !ok || c.Deleted {
		return s.errorReply(errNotFound)
	}
	return s.contactReply(http.StatusOK, c, switches)
}

func (s *Simulation) updateContact(r *http.Request, id string, body []byte, switches *Switches) reply {
	if c, ok := s.state.get(id); !ok || c.Deleted {
		return s.errorReply(errNotFound)
	}
	in, refusal := parseInput(r, body)
	if refusal != nil {
		return *refusal
	}
	var before Contact
	c, err := s.state.update(id, func(c *Contact) error {
		before = c.clone()
		if errs := switches.apply(in, c, r.Method, s.options.inboxIDs()); len(errs) > 0 {
			return errs
		}
		return nil
	})
	if err != nil {
		return s.errorReply(err)
	}
	if switches.OldAccessInReply {
		c.QueryMetadata = before.QueryMetadata
	}
	return s.writtenReply(http.StatusOK, c, switches)
}

func (s *Simulation) deleteContact(id string) reply {
	if !s.Delete(id) {
		return s.errorReply(errNotFound)
	}
	return reply{status: http.StatusNoContent, header: http.Header{}, contactID: id}
}

func (s *Simulation) contactReply(status int, c Contact, switches *Switches) reply {
	rep := jsonReply(status, s.wire(c, switches))
	rep.contactID = c.ID
	return rep
}

// writtenReply answers a write.
func (s *Simulation) writtenReply(status int, c Contact, switches *Switches) reply {
	if !switches.BareReplies {
		return s.contactReply(status, c, switches)
	}
	body := map[string]string{"id": switches.id(c.ID)}
	if status != http.StatusCreated {
		body = map[string]string{"message": "Updated."}
	}
	rep := jsonReply(status, body)
	rep.contactID = c.ID
	return rep
}

func (s *Simulation) errorReply(err error) reply {
	if invalid, ok := errors.AsType[fieldErrors](err); ok {
		return jsonReply(http.StatusBadRequest, invalid)
	}
	const taken = "Contact with this source id already exists in this inbox."
	switch {
	case errors.Is(err, errNotFound):
		return detailReply(http.StatusNotFound, "Not found.")
	case !errors.Is(err, errSourceIDTaken): // the file cannot be written
		return detailReply(http.StatusInternalServerError, err.Error())
	case s.options.ConflictStatus == http.StatusConflict:
		return detailReply(http.StatusConflict, taken)
	case s.options.ConflictStatus == http.StatusInternalServerError:
		return htmlReply(http.StatusInternalServerError)
	default:
		return jsonReply(http.StatusBadRequest, fieldErrors{"sourceId": {taken}})
	}
}
