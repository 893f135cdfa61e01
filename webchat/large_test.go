package webchat

import (
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

// However much a reply holds, reading it takes a time that grows with it, not with its square.
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
			if page == 15 {
				next = ""
			}
			return filled(`{"next":"`+next+`","results":[`, `]}`, func(n int) string {
				return fmt.Sprintf(`{"id":"%08d-0000-4000-8000-%012d","sourceId":"%s"}`, page, n, testSource)
			})
		}, func(c *Client) (int, error) {
			found, err := c.FindBySourceID(t.Context(), testInbox, testSource, nil)
			return len(found), err
		}, 100_000},
	} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { answerJSON(http.StatusOK, test.reply())(w, r) })
		client, start := newTestClient(t, server.URL), time.Now()
		if n, err := test.read(client); n < test.want || err != nil || time.Since(start) > 30*time.Second {
			t.Errorf("%s: %d of %d read in %v, %v", name, n, test.want, time.Since(start).Round(time.Millisecond), err)
		}
	}
}
