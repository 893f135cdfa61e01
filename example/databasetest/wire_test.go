package databasetest

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/maicontact/maicontact/sqlstore"
)

// wire is a bad network in front of a server: requests to cancel a
// statement get lost, the server does not hear that a client has gone, and
// replies can be held back.
type wire struct {
	listener net.Listener
	server   string
	dialect  sqlstore.Dialect

	mu    sync.Mutex
	links []*link
}

// link is one connection. Its replies pass while mute is not locked.
type link struct {
	client, server net.Conn
	mute           sync.Mutex
}

// newWire returns the network, and the database behind it.
func newWire(t *testing.T, d database) (*wire, database) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, dialect: d.dialect}
	d.address, w.server = d.by(t, listener.Addr().String())
	go w.accept()
	t.Cleanup(func() {
		listener.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, l := range w.links {
			l.client.Close()
			l.server.Close()
		}
	})
	return w, d
}

// by is the address of the database by way of another host, and its own host.
func (d database) by(t *testing.T, host string) (address, server string) {
	t.Helper()
	if d.dialect == sqlstore.MySQL {
		config, err := mysql.ParseDSN(d.address)
		if err != nil {
			t.Fatal(err)
		}
		server, config.Addr = config.Addr, host
		return config.FormatDSN(), server
	}
	parsed, err := url.Parse(d.address)
	if err != nil {
		t.Fatal(err)
	}
	server, parsed.Host = parsed.Host, host
	return parsed.String(), server
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		go w.carry(client)
	}
}

func (w *wire) carry(client net.Conn) {
	var head [8]byte // of the first message: its length, and a code
	if w.dialect == sqlstore.MySQL {
		w.join(client, nil) // the server speaks first, and nobody asks it to cancel
		return
	}
	if _, err := io.ReadFull(client, head[:]); err != nil || binary.BigEndian.Uint32(head[4:]) == cancelRequest {
		client.Close()
		return
	}
	w.join(client, head[:])
}

func (w *wire) join(client net.Conn, head []byte) {
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		client.Close()
		return
	}
	l := &link{client: client, server: server}
	w.mu.Lock()
	w.links = append(w.links, l)
	w.mu.Unlock()
	go l.reply()
	_, _ = server.Write(head)
	_, _ = io.Copy(server, client) // and the server side stays open
}

// cancelRequest is the code of PostgreSQL's message for that.
const cancelRequest = 80877102

func (l *link) reply() {
	buffer := make([]byte, 1<<16)
	for {
		n, err := l.server.Read(buffer)
		if err != nil {
			l.client.Close()
			return
		}
		l.mute.Lock()
		_, _ = l.client.Write(buffer[:n]) // the client may have gone
		l.mute.Unlock()
	}
}

// hold keeps back the replies on all connections that there are. Newer ones are
// as before.
func (w *wire) hold() (release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := append([]*link(nil), w.links...)
	for _, l := range held {
		l.mute.Lock()
	}
	return func() {
		for _, l := range held {
			l.mute.Unlock()
		}
	}
}
