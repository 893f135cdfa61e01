package webchat

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestCanRead(t *testing.T) {
	t.Parallel()
	var (
		none     = answerJSON(200, `{"count":0,"next":null,"results":[]}`)
		contact  = answerJSON(200, `{"results":[{"id":"`+testID+`","inboxes":[{"id":"`+strings.ToUpper(strings.ReplaceAll(testInbox, "-", ""))+`"}]}]}`)
		foreign  = answerJSON(200, `{"results":[{"id":"`+testID+`","inboxes":[{"id":"`+otherID+`"}]}]}`)
		silent   = answerJSON(200, `{"results":[{"id":"`+testID+`"}]}`)
		ours     = answerJSON(200, `{"next":null,"results":[{"id":"`+testInbox+`"}]}`)
		others   = answerJSON(200, `{"next":null,"results":[{"id":"`+otherID+`"}]}`)
		more     = answerJSON(200, `{"next":"?page=2","results":[{"id":"`+otherID+`"}]}`)
		refusal  = answerJSON(400, `{"limit":["too many"]}`)
		unknown  = answerJSON(400, `{"inboxes":["no such inbox"]}`)
		unauth   = answerJSON(401, `{}`)
		denied   = answerJSON(403, `{}`)
		notFound = answerJSON(404, `{}`)
	)
	tests := []struct {
		name    string
		replies []http.HandlerFunc
		fail    error
		sent    int
	}{
		{"a contact in it", []http.HandlerFunc{contact}, nil, 1},
		{"empty but listed", []http.HandlerFunc{none, ours}, nil, 2},
		{"listed on a later page", []http.HandlerFunc{none, more, ours}, nil, 3},
		{"empty and not listed", []http.HandlerFunc{none, others}, ErrUnproven, 2},
		{"empty and no inboxes", []http.HandlerFunc{none, none}, ErrUnproven, 2},
		{"pages that repeat", []http.HandlerFunc{none, more, more}, ErrUnproven, 3},
		{"filter ignored", []http.HandlerFunc{foreign, others}, ErrUnproven, 2},
		{"contacts do not tell", []http.HandlerFunc{silent, ours}, nil, 2},
		{"inboxes not allowed", []http.HandlerFunc{none, denied}, ErrUnproven, 2},
		{"inboxes not there", []http.HandlerFunc{none, notFound}, ErrUnproven, 2},
		{"size refused", []http.HandlerFunc{refusal, contact}, nil, 2},
		{"size refused, then empty", []http.HandlerFunc{refusal, none, ours}, nil, 3},
		{"always refused", []http.HandlerFunc{refusal, refusal}, ErrInvalid, 2},
		{"inbox refused", []http.HandlerFunc{unknown}, ErrInvalid, 1},
		{"key refused", []http.HandlerFunc{unauth}, ErrUnauthorized, 1},
		{"key forbidden", []http.HandlerFunc{denied}, ErrUnauthorized, 1},
		{"nothing there", []http.HandlerFunc{notFound}, ErrNotFound, 1},
		{"no list", []http.HandlerFunc{answerJSON(200, `{}`)}, ErrBadReply, 1},
	}
	for _, tt := range tests {
		server := serve(t, tt.replies...)
		err := newTestClient(t, server.URL).CanRead(t.Context(), testInbox)
		if (err == nil) != (tt.fail == nil) || !errors.Is(err, tt.fail) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.fail)
		}
		if err != nil && strings.Contains(err.Error(), testInbox) {
			t.Errorf("%s: the error shows the inbox: %v", tt.name, err)
		}
		if n := len(server.requests()); n != tt.sent {
			t.Errorf("%s: %d requests, want %d", tt.name, n, tt.sent)
		}
	}
	if err := newTestClient(t, "http://localhost").CanRead(t.Context(), ""); !errors.Is(err, ErrInvalid) {
		t.Errorf("no inbox: %v", err)
	}
}
