package webchattest

import (
	"net/http"
	"strings"
	"testing"
)

func TestServer(t *testing.T) {
	t.Parallel()
	server := NewServer(Options{})
	if !strings.HasPrefix(server.URL, "http://127.0.0.1:") || server.BaseURL() != server.URL+"/api/" || server.ChatURL() != server.URL {
		t.Errorf("addresses %q %q %q", server.URL, server.BaseURL(), server.ChatURL())
	}
	if status, _, _, err := createOver(t.Context(), http.DefaultClient, server.URL); status != 201 || err != nil {
		t.Errorf("create: %d %v", status, err)
	}
	server.Close()
	server.Close()
	if _, _, _, err := createOver(t.Context(), http.DefaultClient, server.URL); err == nil {
		t.Error("a closed server answers")
	}
	if len(server.Contacts()) != 1 {
		t.Error("the contacts cannot be seen after Close")
	}
}

func TestServerPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("wrong options are accepted")
		}
	}()
	NewServer(Options{InboxID: "x"}).Close()
}
