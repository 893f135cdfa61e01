package crashtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// tap stands between a process and PostgreSQL and reads along. It knows no
// statements: it waits for the one that carries a text, such as a contact id.
type tap struct {
	listener net.Listener
	server   string
	text     func() string // waited for; empty: nothing yet
	answered bool          // kill when the statement is answered, not before it is sent
	kill     func()
	open     sync.WaitGroup
}

// newTap starts to listen, and returns the address with itself in it.
func newTap(t *testing.T, database string) (*tap, string) {
	t.Helper()
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{listener: listener, server: address.Host}
	address.Host = listener.Addr().String()
	return p, address.String()
}

// serve carries connections until the listener is closed.
func (p *tap) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.open.Go(func() { p.carry(client) })
	}
}

// exchange is what is known of one connection.
type exchange struct {
	mu       sync.Mutex
	asked    int // how often the client has asked for an answer
	answered int
	awaited  int // the answer to wait for; 0: none
}

var errKilled = errors.New("the process was killed")

func (p *tap) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	x := &exchange{answered: -1} // the first one is not asked for
	var both sync.WaitGroup
	both.Go(func() {
		defer server.Close()
		_ = p.carryMessages(server, client, true, func(kind byte, message []byte) error { return p.ask(x, kind, message) })
	})
	_ = p.carryMessages(client, server, false, func(kind byte, _ []byte) error { return p.answer(x, kind) })
	_ = client.Close()
	both.Wait()
}

// ask sees a message of the client before it is sent on.
func (p *tap) ask(x *exchange, kind byte, message []byte) error {
	const bind, sync, query = 'B', 'S', 'Q'
	x.mu.Lock()
	defer x.mu.Unlock()
	switch kind {
	case sync, query:
		x.asked++
	case bind:
		if text := p.text(); text == "" || !bytes.Contains(message, []byte(text)) {
			break
		}
		if !p.answered {
			p.kill()
			return errKilled
		}
		if x.awaited == 0 {
			x.awaited = x.asked + 1
		}
	}
	return nil
}

// answer sees a message of the server before it is sent on.
func (p *tap) answer(x *exchange, kind byte) error {
	const ready = 'Z'
	x.mu.Lock()
	defer x.mu.Unlock()
	if kind != ready {
		return nil
	}
	if x.answered++; x.awaited > 0 && x.answered == x.awaited {
		p.kill()
		return errKilled
	}
	return nil
}

// carryMessages sends messages on until one side closes. The first one of a
// client has no kind.
func (p *tap) carryMessages(to io.Writer, from io.Reader, client bool, see func(kind byte, message []byte) error) error {
	for first := client; ; first = false {
		head := make([]byte, 5)
		if first {
			head = head[:4]
		}
		if _, err := io.ReadFull(from, head); err != nil {
			return err
		}
		size := binary.BigEndian.Uint32(head[len(head)-4:])
		if size < 4 || size > 64<<20 {
			return errors.New("this is not the protocol of PostgreSQL")
		}
		message := make([]byte, len(head)+int(size)-4)
		copy(message, head)
		if _, err := io.ReadFull(from, message[len(head):]); err != nil {
			return err
		}
		if !first {
			if err := see(head[0], message); err != nil {
				return err
			}
		}
		if _, err := to.Write(message); err != nil {
			return err
		}
	}
}
