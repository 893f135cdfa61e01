package webchat

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// opRaw is the operation of errors of [Client.Raw].
const opRaw = "raw_call"

// Raw sends one request to the API, once and as it is, and returns the status and
// the body of the reply, whatever they are: for calls that this package has no
// method for, and for finding out how a service behaves. path is below the base
// URL, such as contacts/. Redirects are not followed. The error is an [*Error]
// and says that there was no reply; OnCall and Logger are not told.
func (c *Client) Raw(ctx context.Context, method, path string, query url.Values, body any) (status int, reply []byte, _ error) {
	r := request{operation: opRaw, method: method, url: c.address(strings.TrimLeft(path, "/"), query)}
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, nil, invalid(opRaw, "the body cannot be written as JSON")
		}
		r.body = text
	}
	attempt, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.newRequest(attempt, r)
	if err != nil {
		return 0, nil, invalid(opRaw, "request cannot be built")
	}
	resp, err := c.writer.Do(req)
	if err != nil {
		return 0, nil, &Error{Operation: opRaw, Err: newCause(ctx, err), Unknown: method != http.MethodGet}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return 0, nil, &Error{Operation: opRaw, Status: resp.StatusCode, Err: newCause(ctx, err), Unknown: method != http.MethodGet}
	}
	return resp.StatusCode, text, nil
}
