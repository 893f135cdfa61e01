package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const (
	crowdNamespace = "bench"
	crowdInbox     = webchattest.DefaultInboxID
	crowdSource    = "bench0member1" // of a contact that no row knows
)

// crowdID is the business user ID of the member with that number. They do not
// come in order, as random ids do not.
func crowdID(n int) string {
	return fmt.Sprintf("%08x-5ca1-4000-8000-%012x", uint32(n*2654435761), n) // #nosec G115 -- the low bits are wanted
}

var crowdScope = contacts.Scope{Namespace: crowdNamespace, InboxID: crowdInbox}

func crowdPerson(n int) contacts.Person { return crowdScope.Member(crowdID(n)) }

func crowdContact(n int) webchat.ContactID {
	return webchat.ContactID(fmt.Sprintf("%08x-c0de-4000-8000-%012x", uint32(n*2246822519), n)) // #nosec G115 -- as above
}

// crowdPermissions are made once, as building them is not what is measured.
var crowdPermissions = sync.OnceValue(func() webchat.QueryMetadata {
	labels := webchat.AllOf(webchat.Label("9c1f2a34-7b8d-4e5f-8a6b-3d4c5e6f7a01"))
	p, err := webchat.Permissions{
		KnowledgeBases: []webchat.KnowledgeBase{{ID: "5b0d7c6e-1f5a-4f3c-9a53-0c2d6a1e7f01", All: true}},
		Labels:         &labels,
	}.QueryMetadata()
	if err != nil {
		panic(err)
	}
	return p
})

// crowdMember is a member with an ordinary profile and permissions.
func crowdMember(n int, revision int64) *maicontact.Member {
	return &maicontact.Member{ID: crowdID(n), Revision: revision, Profile: webchat.Profile{
		Name: "Alice Chen", Email: fmt.Sprintf("alice.chen.%08d@example.com", n), Phone: fmt.Sprintf("+8869%08d", n),
		QueryMetadata: crowdPermissions(),
	}}
}

func crowdDesired(n int) contacts.Desired {
	p := crowdMember(n, 0).Profile.Normalized()
	return contacts.Desired{Profile: p, Stamp: contacts.StampOf(p), Revision: 1}
}

// settledRow is the row of a member who has that contact, which MaiAgent has
// confirmed.
func settledRow(n int, id webchat.ContactID) (contacts.Row, error) {
	const owner = 1
	now, desired := time.Now(), crowdDesired(n)
	row, err := contacts.New(crowdPerson(n), now).SetDesired(desired, now)
	if err == nil {
		row, err = row.Claim(owner, time.Minute, now)
	}
	if err == nil {
		row, err = row.Bind(owner, id, desired.Stamp, now)
	}
	if err == nil && row.State() != contacts.StateSettled {
		err = fmt.Errorf("the row is %s", row.State())
	}
	return row, err
}

// fillStore gives the members 1 to n a contact each.
func fillStore(store contacts.Store, members int) error {
	for n := range members {
		row, err := settledRow(n+1, crowdContact(n+1))
		if err == nil {
			_, err = store.Put(context.Background(), row, contacts.Guard{})
		}
		if err != nil {
			return fmt.Errorf("member %d: %w", n+1, err)
		}
	}
	return nil
}

// crowdConfig is a site whose members come by number in a header of the
// request. It lacks a store.
func crowdConfig(sim *webchattest.Server, revision int64) (maicontact.Config, error) {
	store, err := recommendedStore()
	return maicontact.Config{
		Visitors:  maicontact.Visitors{Start: maicontact.OnLoad},
		API:       webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey},
		InboxID:   crowdInbox,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
		Namespace: crowdNamespace,
		Sessions:  store,
		Logger:    slog.New(slog.DiscardHandler),
		Identify: func(r *http.Request) (*maicontact.Member, error) {
			n, err := strconv.Atoi(r.Header.Get("Number"))
			if err != nil {
				return nil, err
			}
			return crowdMember(n, revision), nil
		},
	}, err
}

// crowdPage answers with the contact id.
var crowdPage = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	id, err := maicontact.ContactID(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, id.Reveal())
})

// crowdRequest asks for the script, as a browser does which has no cookie of
// ours any more.
func crowdRequest(n int) *http.Request {
	r, err := http.NewRequest("GET", "https://shop.example/webchat.js", http.NoBody)
	if err != nil {
		panic(err) // it is constant
	}
	r.RequestURI, r.RemoteAddr = "/webchat.js", "192.0.2.1:1234"
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Mode", "no-cors")
	r.Header.Set("Sec-Fetch-Dest", "script")
	r.Header.Set("Number", strconv.Itoa(n))
	return r
}

// sinkKeeps is how much of a body a sink keeps: the contact is at its head.
const sinkKeeps = 1 << 10

// sink is a ResponseWriter that keeps the status and the head of the body.
type sink struct {
	header http.Header
	status int
	body   []byte
	whole  bool // the body is kept whole
}

func newSink() *sink { return &sink{header: http.Header{}} }

func (s *sink) reset() {
	clear(s.header)
	s.status, s.body = 0, s.body[:0]
}

func (s *sink) Header() http.Header { return s.header }

func (s *sink) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
}

func (s *sink) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	kept := p
	if !s.whole {
		kept = p[:min(len(p), sinkKeeps-len(s.body))]
	}
	s.body = append(s.body, kept...)
	return len(p), nil
}

// mustHold reports an error unless the reply is one with that contact.
func (s *sink) mustHold(id webchat.ContactID) error {
	if s.status != http.StatusOK || id == "" || !strings.Contains(string(s.body), id.Reveal()) {
		return fmt.Errorf("status %d, without the contact that was expected: %.100q", s.status, s.body)
	}
	return nil
}
