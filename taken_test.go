package maicontact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// cachingProxy answers every creation with the reply to the first one it saw
// since it was told to begin.
type cachingProxy struct {
	next http.RoundTripper
	drop []string // fields that the replies do not have

	mu     sync.Mutex
	caches bool
	reply  []byte
}

func (p *cachingProxy) cache(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.caches = on
}

func (p *cachingProxy) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return p.next.RoundTrip(r)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.caches && p.reply != nil {
		return &http.Response{
			StatusCode: http.StatusCreated, Header: http.Header{"Content-Type": {"application/json"}},
			ContentLength: int64(len(p.reply)), Body: io.NopCloser(bytes.NewReader(p.reply)), Request: r,
		}, nil
	}
	response, err := p.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	var reply map[string]any
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		return nil, err
	}
	for _, field := range p.drop {
		delete(reply, field)
	}
	body, err := json.Marshal(reply)
	if err != nil {
		return nil, err
	}
	if p.reply == nil {
		p.reply = body
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return response, nil
}

// A proxy that answers all creations with one reply gives nobody the contact
// of another.
func TestOneContactForTwoPeople(t *testing.T) {
	bare := []string{"sourceId", "inboxes"} // what tells whose contact it is
	for _, test := range []struct {
		name          string
		first, second string
		drop          []string
		says          string // in the log, once
	}{
		{name: "visitor, visitor", drop: bare, says: "does not say whose contact it is"},
		{name: "visitor, member", second: "u-bob", drop: bare, says: "does not say whose contact it is"},
		{name: "member, visitor", first: "u-alice", drop: bare, says: "does not say whose contact it is"},
		{name: "member, member", first: "u-alice", second: "u-bob", drop: bare, says: "does not say whose contact it is"},
		{name: "visitor, visitor, and the reply tells whose it is", says: "another source id"},
		{name: "visitor, member, and the reply tells whose it is", second: "u-bob", says: "another source id"},
		{name: "member, visitor, and the reply tells whose it is", first: "u-alice", says: "another source id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				proxy := &cachingProxy{drop: test.drop, caches: true}
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.API.HTTPClient = &http.Client{Transport: proxy} })
				proxy.next = webchattest.InProcess(s.sim)
				s.member("u-alice", alice)
				s.member("u-bob", bob)
				first, second := s.browser(), s.browser()
				first.login(test.first)
				second.login(test.second)
				id := first.contact()
				if got := second.ask(); got.Contact != "" || got.Reason != "unavailable" && got.Reason != "budget" {
					t.Errorf("answer %+v", got)
				}
				time.Sleep(10 * time.Second)
				if n := strings.Count(s.log.String(), test.says); n == 0 {
					t.Errorf("the log says it %d times\n%s", n, s.log)
				}
				for range 6 {
					time.Sleep(30 * time.Second)
					if got := second.ask(); got.Contact == id {
						t.Fatalf("the second got the first one's contact: %+v", got)
					}
					if first.contact() != id {
						t.Fatal("the first lost the contact")
					}
				}
				if strings.Contains(s.log.String(), id) {
					t.Error("the log holds the contact id")
				}
				// Without the proxy both have their own.
				proxy.cache(false)
				var own string
				for range 60 {
					time.Sleep(10 * time.Second)
					if own = second.ask().Contact; own != "" {
						break
					}
				}
				if own == "" || own == id || first.contact() != id {
					t.Errorf("afterwards: %q and %q", own, id)
				}
			})
		})
	}
}

// Two who come at once are no exception.
func TestOneContactForManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		proxy := &cachingProxy{drop: []string{"sourceId", "inboxes"}, caches: true}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.API.HTTPClient = &http.Client{Transport: proxy} })
		proxy.next = webchattest.InProcess(s.sim)
		var mu sync.Mutex
		given := map[string][]string{}
		var group sync.WaitGroup
		for i := range 40 {
			b := s.browser()
			if i%2 == 0 {
				b.login(fmt.Sprint("u-", i))
				s.member(fmt.Sprint("u-", i), alice)
			}
			group.Go(func() {
				for range 10 {
					if id := b.ask().Contact; id != "" {
						mu.Lock()
						given[id] = append(given[id], fmt.Sprint(i))
						mu.Unlock()
						return
					}
					time.Sleep(5 * time.Second)
				}
			})
		}
		group.Wait()
		if len(given) == 0 {
			t.Error("nobody got a contact")
		}
		for _, people := range given {
			if len(people) != 1 {
				t.Errorf("one contact was given to %v", people)
			}
		}
	})
}

// A contact that MaiAgent shows for two people, whatever the cause, stays with the
// first; the table's index decides, for all servers.
func TestOneContactOnTwoServers(t *testing.T) {
	for _, person := range []string{"", "u-bob"} {
		synctest.Test(t, func(t *testing.T) {
			var config maicontact.Config
			swap := &replyChanger{}
			s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
				c.API.HTTPClient = &http.Client{Transport: swap}
				config = *c
			})
			swap.next = webchattest.InProcess(s.sim)
			other := s.replica(t, config)
			s.member("u-bob", bob)
			a, b := s.browser(), other.browser()
			b.login(person)
			id := a.contact()
			swap.id = id // from now on MaiAgent answers every creation with it
			for range 5 {
				if got := b.ask(); got.Contact == id {
					t.Fatalf("%q: the second got the first one's contact", person)
				}
				time.Sleep(10 * time.Second)
			}
			if n := strings.Count(s.log.String(), "one contact for two people"); n == 0 {
				t.Error("the log does not tell")
			}
			if a.contact() != id {
				t.Error("the first one lost the contact")
			}
		})
	}
}

// The erased contact is not handed out from the sessions of other browsers.
func TestErasedIsGoneFromSessions(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	b := s.browser()
	b.login("u-alice")
	b.contact()
	if done, err := s.mc.Erase(t.Context(), "u-alice"); err != nil || !done {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := b.ask(); got.Contact != "" || got.Reason != "erased" {
		t.Errorf("answer %+v", got)
	}
}
