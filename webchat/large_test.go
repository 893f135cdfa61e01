package webchat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// filled writes items between two texts until the reply is as large as one may be.
func filled(before, after string, item func(n int) string) string {
	var b strings.Builder
	b.WriteString(before + item(0))
	for n := 1; b.Len() < maxReply-1000; n++ {
		b.WriteString("," + item(n))
	}
	return b.String() + after
}

// However much a reply holds, reading it takes a time that grows with it, not with its
// square: some times what taking its JSON apart takes at that moment.
func TestLargestReplies(t *testing.T) {
	t.Parallel()
	inboxes := filled(`{"id":"`+testID+`","inboxes":["`+testInbox+`",`, `]}`, strconv.Itoa)
	page := 0
	for name, test := range map[string]struct {
		reply func() string
		read  func(c *Client) (int, error)
		want  int
	}{
		"a contact in many inboxes": {func() string { return inboxes }, func(c *Client) (int, error) {
			held, err := c.Get(t.Context(), testID)
			return len(Draft{InboxID: testInbox, InboxIDs: held.InboxIDs}.inboxes()), err
		}, 100_000},
		"many contacts of one source id": {func() string {
			page++
			next := fmt.Sprintf("?page=%d", page)
			if page == 6 {
				next = ""
			}
			return filled(`{"next":"`+next+`","results":[`, `]}`, func(n int) string {
				return fmt.Sprintf(`{"id":"%08d-0000-4000-8000-%012d","sourceId":"%s"}`, page, n, testSource)
			})
		}, func(c *Client) (int, error) {
			found, err := c.FindBySourceID(t.Context(), testInbox, testSource, nil)
			return len(found), err
		}, 60_000},
	} {
		var plain time.Duration
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			reply := test.reply()
			start, whole := time.Now(), any(nil)
			if err := json.Unmarshal([]byte(reply), &whole); err != nil {
				t.Error(err)
			}
			plain += time.Since(start)
			answerJSON(http.StatusOK, reply)(w, r)
		})
		client, start := newTestClient(t, server.URL), time.Now()
		n, err := test.read(client)
		if took := time.Since(start); n < test.want || err != nil || took > 30*plain {
			t.Errorf("%s: %d of %d read in %v, and %v for its JSON alone, %v", name, n, test.want, took, plain, err)
		}
	}
}
