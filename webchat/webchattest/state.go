package webchattest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Contact is a contact as the Simulation keeps it.
type Contact struct {
	ID       string   `json:"id"`
	InboxIDs []string `json:"inboxIds"`
	Name     string   `json:"name"`
	Email    string   `json:"email,omitempty"`
	Phone    string   `json:"phone,omitempty"`
	Avatar   string   `json:"avatar,omitempty"`
	SourceID string   `json:"sourceId,omitempty"`
	// QueryMetadata is what was sent, with its keys as they were sent; nil
	// when there is none. Replies of the API show it with other keys.
	QueryMetadata json.RawMessage `json:"queryMetadata,omitempty"`
	Created       time.Time       `json:"created"`
	Updated       time.Time       `json:"updated"`
	// Deleted contacts cannot be read or found, but still hold their source id.
	Deleted bool `json:"deleted,omitempty"`
}

func (c Contact) clone() Contact {
	c.InboxIDs = slices.Clone(c.InboxIDs)
	c.QueryMetadata = bytes.Clone(c.QueryMetadata)
	return c
}

var (
	errSourceIDTaken = errors.New("source id is taken")
	errNotFound      = errors.New("no such contact")
)

// entry is a contact with what the search compares it by.
type entry struct {
	Contact
	haystack string
}

// state is the contacts, and the file they are kept in.
type state struct {
	file            string
	allowDuplicates bool
	clock           func() time.Time

	mu      sync.RWMutex
	written os.FileInfo // the file as it was read or written last
	entries []*entry    // in order of creation
	byID    map[string]*entry
}

func newState(options Options) (*state, error) {
	s := &state{
		file:            options.File,
		allowDuplicates: options.AllowDuplicateSourceIDs,
		clock:           options.clock,
		byID:            make(map[string]*entry),
	}
	if s.file == "" {
		return s, nil
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *state) insert(c Contact) {
	e := &entry{Contact: c, haystack: haystack(c)}
	s.entries = append(s.entries, e)
	s.byID[c.ID] = e
}

// clash reports whether another contact has the source id in one of the inboxes.
func (s *state) clash(c Contact) bool {
	if s.allowDuplicates || c.SourceID == "" {
		return false
	}
	return slices.ContainsFunc(s.entries, func(e *entry) bool {
		return e.SourceID == c.SourceID && e.ID != c.ID && e.inAny(c.InboxIDs)
	})
}

func (s *state) create(c Contact) (Contact, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.ID = newUUID()
	c.Created = s.clock()
	c.Updated = c.Created
	if s.clash(c) {
		return Contact{}, errSourceIDTaken
	}
	s.insert(c.clone())
	if err := s.save(); err != nil {
		s.entries = s.entries[:len(s.entries)-1]
		delete(s.byID, c.ID)
		return Contact{}, err
	}
	return c, nil
}

// update changes one live contact. The change sees the contact as it is, and
// nobody else's change comes between.
func (s *state) update(id string, change func(*Contact) error) (Contact, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.byID[id]
	if !ok || e.Deleted {
		return Contact{}, errNotFound
	}
	before, after := e.Contact, e.clone()
	if err := change(&after); err != nil {
		return Contact{}, err
	}
	if s.clash(after) {
		return Contact{}, errSourceIDTaken
	}
	after.Updated = s.clock()
	e.Contact, e.haystack = after, haystack(after)
	if err := s.save(); err != nil {
		e.Contact, e.haystack = before, haystack(before)
		return Contact{}, err
	}
	return after.clone(), nil
}

func (s *state) get(id string) (Contact, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok := s.byID[strings.ToLower(id)]
	if !ok {
		return Contact{}, false
	}
	return e.clone(), true
}

// collect returns something of each contact that keep says yes to, oldest first.
func collect[T any](s *state, keep func(*entry) bool, of func(*entry) T) []T {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := []T{}
	for _, e := range s.entries {
		if keep(e) {
			list = append(list, of(e))
		}
	}
	return list
}

// Contacts returns copies of the live contacts in order of creation.
func (s *Simulation) Contacts() []Contact {
	return collect(s.state, func(e *entry) bool { return !e.Deleted }, (*entry).clone)
}

// All returns copies of all contacts in order of creation, also the deleted.
func (s *Simulation) All() []Contact {
	return collect(s.state, func(*entry) bool { return true }, (*entry).clone)
}

// Contact returns a copy of one contact, deleted or not.
func (s *Simulation) Contact(id string) (Contact, bool) { return s.state.get(id) }

// Delete deletes a contact softly, as a person in MaiAgent's console may at
// any time. It reports whether there was a live contact of that id, and the
// change could be kept.
func (s *Simulation) Delete(id string) bool {
	_, err := s.state.update(strings.ToLower(id), func(c *Contact) error {
		c.Deleted = true
		return nil
	})
	return err == nil
}
