package webchattest

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

// conversations are those of contacts, by contact id. The zero conversations is
// ready; it is safe for concurrent use.
type conversations struct {
	mu  sync.Mutex
	all map[string][]json.RawMessage
}

// AddConversation gives a contact a conversation, a JSON object as the API tells
// it. It is kept in memory only. It reports false where there is no such contact.
func (s *Simulation) AddConversation(contactID string, conversation json.RawMessage) bool {
	contactID = strings.ToLower(contactID)
	if c, ok := s.state.get(contactID); !ok || c.Deleted {
		return false
	}
	s.talks.mu.Lock()
	defer s.talks.mu.Unlock()
	if s.talks.all == nil {
		s.talks.all = map[string][]json.RawMessage{}
	}
	s.talks.all[contactID] = append(s.talks.all[contactID], conversation)
	return true
}

func (s *Simulation) listConversations(r *http.Request, contactID string, switches *Switches) reply {
	if c, ok := s.state.get(contactID); !ok || c.Deleted {
		return s.errorReply(errNotFound)
	}
	s.talks.mu.Lock()
	defer s.talks.mu.Unlock()
	same := func(conversation json.RawMessage) json.RawMessage { return conversation }
	return pageReply(r, camelParams(r.URL.Query()), s.options.PageSize, switches, s.talks.all[contactID], same)
}
