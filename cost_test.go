package maicontact_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// countedStore counts what is written.
type countedStore struct {
	contacts.Store
	writes atomic.Int64
}

func (s *countedStore) Put(ctx context.Context, row contacts.Row, g contacts.Guard) (contacts.Row, error) {
	s.writes.Add(1)
	return s.Store.Put(ctx, row, g)
}

// Of a thousand visitors twenty open the chat: those cost something, and nobody
// else does.
func TestCostOfVisitors(t *testing.T) {
	store := &countedStore{Store: maicontact.NewMemoryStore()}
	s := newLazySite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Store = store
		c.Visitors.Burst, c.Visitors.PerSecond = -1, -1
	})
	people := 0
	for i := range 1000 {
		b := s.browser()
		for range 3 {
			b.ask()
		}
		if i%50 == 0 {
			b.open()
		}
		if b.cookie("maicontact") != "" {
			people++
		}
	}
	calls, writes := s.calls(), store.writes.Load()
	t.Logf("%d calls, %d writes, %d people with a cookie", calls, writes, people)
	if people != 20 || calls < 20 || calls > 40 || writes > 40 {
		t.Errorf("%d calls, %d writes, %d people with a cookie", calls, writes, people)
	}
}

// A page view of a known person, whose browser has the loader, brings so much
// over the wire.
func TestBytesOfAKnownPerson(t *testing.T) {
	s := newLazySite(t, nil)
	b := s.browser()
	b.open()
	server := httptest.NewServer(s.handler)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /webchat.js HTTP/1.1\r\nHost: shop.test\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Dest: script\r\nCookie: maicontact=%s\r\nConnection: close\r\n\r\n", b.cookie("maicontact"))
	reply, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", len(reply))
	if !strings.Contains(string(reply), "contactId") || len(reply) > 1500 {
		t.Errorf("%d bytes:\n%s", len(reply), reply)
	}
}
