package webchattest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The values that a Simulation uses when Options leave them empty. They are
// fixed, so that a test may write them down, and obviously not real.
const (
	DefaultAPIKey    = "not-a-real-key-webchattest" // #nosec G101 -- says so itself
	DefaultInboxID   = "11111111-1111-4111-8111-111111111111"
	DefaultWebChatID = "22222222-2222-4222-8222-222222222222"
)

// DefaultPageSize is how many contacts one page of the list holds when
// neither the request nor Options say otherwise.
const DefaultPageSize = 20

// Options say how a Simulation behaves. The zero value is a MaiAgent with one
// inbox, no contacts, and every promise of the vendor's documents kept.
type Options struct {
	// APIKey is the only key that is accepted. Default DefaultAPIKey.
	APIKey string
	// InboxID is the inbox that contacts are made in. Default DefaultInboxID.
	InboxID string
	// OtherInboxIDs are further inboxes of the same account, none by default.
	// A source id is unique within each inbox, not across them.
	OtherInboxIDs []string
	// WebChatID is the id of the web chat, which is not the id of its inbox.
	// Default DefaultWebChatID.
	WebChatID string

	// File keeps the contacts in a JSON file too, so that they survive a
	// restart. It is made when it does not exist, and replaced atomically at
	// every change. One Simulation at a time may use a file. Default "": the
	// contacts live in memory only.
	File string

	// SearchLag is how long after its creation a contact first appears in
	// the list, as behind a search index that is updated later. Reading a
	// contact by its id has no lag. Default 0.
	SearchLag time.Duration
	// PageSize is the size of a page of the list when the request names none.
	// Default DefaultPageSize; at most 100.
	PageSize int

	// AllowDuplicateSourceIDs switches the uniqueness of source ids off.
	// The vendor promises it in one document only.
	AllowDuplicateSourceIDs bool
	// ConflictStatus is how a source id that is taken is answered, which the
	// vendor does not document: 400 with a field message (the default), 409
	// with a detail, or 500 with an HTML page.
	ConflictStatus int

	// Switches are ways to behave that the vendor's documents do not exclude.
	// Default: none of them. [Simulation.Switch] changes them later.
	Switches Switches

	clock func() time.Time // time.Now, but in tests of our own
}

// Simulation is a simulated MaiAgent: the contacts API, and the chat host with a
// stand-in for the chat embed. It is an [http.Handler] that expects to own its
// host, and is safe for concurrent use. Make it with [New], or with [NewServer] when
// it shall listen by itself.
type Simulation struct {
	options  Options
	state    *state
	faults   faultList
	recorder recorder
	switches atomic.Pointer[Switches]
	talks    conversations

	closing sync.Once
	closed  chan struct{}
}

// New makes a Simulation. It fails when Options contradict themselves, or
// when File is there but cannot be read. It starts no goroutines.
func New(options Options) (*Simulation, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("webchattest: %w", err)
	}
	state, err := newState(options)
	if err != nil {
		return nil, fmt.Errorf("webchattest: %w", err)
	}
	s := &Simulation{options: options, state: state, closed: make(chan struct{})}
	s.switches.Store(&options.Switches)
	return s, nil
}

// Options returns the options in force, with the defaults filled in and the
// switches as they are now.
func (s *Simulation) Options() Options {
	options := s.options
	options.Switches = s.Switches()
	return options
}

// Close lets go of every request that a fault holds up; they end without a
// reply, and a write that is still to land never does. Requests that come later are
// still answered. Only a program that serves the Simulation itself needs it: call it
// before [http.Server.Shutdown]. It may be called more than once.
func (s *Simulation) Close() { s.closing.Do(func() { close(s.closed) }) }

// ServeHTTP answers one request.
func (s *Simulation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.serveAPI(w, r)
	} else {
		s.serveChat(w, r)
	}
}

func (o Options) withDefaults() (Options, error) {
	o.APIKey = cmp.Or(o.APIKey, DefaultAPIKey)
	o.InboxID = cmp.Or(o.InboxID, DefaultInboxID)
	o.WebChatID = cmp.Or(o.WebChatID, DefaultWebChatID)
	o.PageSize = cmp.Or(o.PageSize, DefaultPageSize)
	o.ConflictStatus = cmp.Or(o.ConflictStatus, http.StatusBadRequest)
	if o.clock == nil {
		o.clock = time.Now
	}

	if strings.ContainsFunc(o.APIKey, isControlOrSpace) {
		return o, errors.New("the API key holds white space or control characters; use a plain word")
	}
	var ok bool
	if o.InboxID, ok = parseUUID(o.InboxID); !ok {
		return o, errors.New("the inbox id is not a UUID; leave it empty for the default")
	}
	if o.WebChatID, ok = parseUUID(o.WebChatID); !ok {
		return o, errors.New("the web chat id is not a UUID; leave it empty for the default")
	}
	others := make([]string, 0, len(o.OtherInboxIDs))
	for _, id := range o.OtherInboxIDs {
		if id, ok = parseUUID(id); !ok {
			return o, errors.New("one of the other inbox ids is not a UUID")
		}
		others = append(others, id)
	}
	o.OtherInboxIDs = others
	if slices.Contains(o.inboxIDs(), o.WebChatID) {
		return o, errors.New("the web chat id equals an inbox id; MaiAgent keeps them apart, so give two values")
	}
	if o.PageSize < 1 || o.PageSize > maxPageSize {
		return o, fmt.Errorf("the page size is %d; give 1 to %d", o.PageSize, maxPageSize)
	}
	if o.SearchLag < 0 {
		return o, errors.New("the search lag is negative; give zero or more")
	}
	var err error
	if o.Switches, err = o.Switches.normal(o.APIKey); err != nil {
		return o, err
	}
	switch o.ConflictStatus {
	case http.StatusBadRequest, http.StatusConflict, http.StatusInternalServerError:
	default:
		return o, fmt.Errorf("the conflict status is %d; give 400, 409 or 500", o.ConflictStatus)
	}
	return o, nil
}

func (o Options) inboxIDs() []string {
	return append([]string{o.InboxID}, o.OtherInboxIDs...)
}
