package probe

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// Prefix is how the source ids of scratch contacts begin.
const Prefix = "maicontact-probe-"

// object is a contact or another JSON object, as MaiAgent sends it.
type object map[string]json.RawMessage

// probe is one run.
type probe struct {
	api     *webchat.Client
	inboxID string
	wait    time.Duration
	answers Answers
	tell    func(Answer)
	run     string   // differs for each run
	made    []string // ids of all scratch contacts, those that are deleted too
	refused []string // fields that MaiAgent refuses
	err     error    // the first failure; nothing is asked or answered after it
}

func newRun() string { return strings.ToLower(rand.Text()[:12]) }

func (p *probe) set(name, value string) {
	if p.err == nil {
		p.answers[name] = value
		p.tell(Answer{name, value, about[name]})
	}
}

// setIf answers yes or no if that is known, and otherwise Unknown.
func (p *probe) setIf(name string, known, is bool) {
	if known {
		p.set(name, yesOrNo(is))
	} else {
		p.set(name, Unknown)
	}
}

// fail ends the probe, unless it has failed already.
func (p *probe) fail(err error) { p.err = cmp.Or(p.err, err) }

// sourceID has letters of both cases.
func (p *probe) sourceID(name string) string { return Prefix + p.run + "-" + name }

// call sends a request, and reads the reply as an object where it is one.
func (p *probe) call(ctx context.Context, method, path string, query url.Values, body any) (int, object) {
	if p.err != nil {
		return 0, nil
	}
	status, text, err := p.api.Raw(ctx, method, path, query, body)
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		err = fmt.Errorf("probe: MaiAgent answers with status %d", status)
	}
	if p.err = err; err != nil {
		return 0, nil
	}
	var reply object
	if json.Unmarshal(text, &reply) != nil {
		reply = nil
	}
	return status, reply
}

// draft returns a whole contact, without the fields that are refused.
func (p *probe) draft(name string, change func(map[string]any)) map[string]any {
	body := map[string]any{
		"inboxes": []map[string]string{{"id": p.inboxID}}, "sourceId": p.sourceID(name), "name": "maicontact probe",
		"email": "probe@example.com", "phoneNumber": "+886900000000", "avatar": "https://example.com/probe.png",
		"queryMetadata": metadata("one"),
	}
	if change != nil {
		change(body)
	}
	for _, field := range p.refused {
		delete(body, field)
	}
	return body
}

// metadata gives access to nothing. The word tells one from another.
func metadata(word string) map[string]any {
	return map[string]any{"knowledge_bases": []any{}, "probe_word": word}
}

// create makes a scratch contact; a status that is not 2xx is no error.
func (p *probe) create(ctx context.Context, body map[string]any) (id string, status int, reply object) {
	status, reply = p.call(ctx, http.MethodPost, "contacts/", nil, body)
	if status/100 != 2 {
		return "", status, reply
	}
	if id = stringOf(reply["id"]); id == "" {
		p.fail(errors.New("probe: a creation is answered without an id"))
	} else if !slices.Contains(p.made, id) {
		p.made = append(p.made, id)
	}
	return id, status, reply
}

func (p *probe) get(ctx context.Context, id string) (int, object) {
	return p.call(ctx, http.MethodGet, "contacts/"+id+"/", nil, nil)
}

func (p *probe) put(ctx context.Context, id string, body map[string]any) (int, object) {
	return p.call(ctx, http.MethodPut, "contacts/"+id+"/", nil, body)
}

func (p *probe) delete(ctx context.Context, id string) int {
	status, _ := p.call(ctx, http.MethodDelete, "contacts/"+id+"/", nil, nil)
	return status
}

// list returns the results of a list.
func (p *probe) list(ctx context.Context, query url.Values) (status int, found []object) {
	query.Set("inboxes", p.inboxID)
	status, reply := p.call(ctx, http.MethodGet, "contacts/", query, nil)
	if status == http.StatusOK && json.Unmarshal(reply["results"], &found) != nil {
		p.fail(errors.New("probe: a list has no results"))
	}
	return status, found
}

// isListed reports whether a search for the query shows the contact.
func (p *probe) isListed(ctx context.Context, query, id string) bool {
	_, found := p.list(ctx, url.Values{"query": {query}})
	return slices.ContainsFunc(found, func(o object) bool { return stringOf(o["id"]) == id })
}

// sweep deletes what a former run has left. The search is fuzzy, so each result is
// checked.
func (p *probe) sweep(ctx context.Context) {
	_, found := p.list(ctx, url.Values{"query": {Prefix}})
	for _, o := range found {
		if strings.HasPrefix(strings.ToLower(stringOf(o["sourceId"])), Prefix) {
			p.delete(ctx, stringOf(o["id"]))
		}
	}
}

// cleanUp deletes all scratch contacts, and checks that they can no longer be read.
func (p *probe) cleanUp(ctx context.Context) {
	clean := true
	for _, id := range p.made {
		p.delete(ctx, id)
		status, _ := p.get(ctx, id)
		clean = clean && status == http.StatusNotFound
	}
	p.set("cleanedUp", yesOrNo(clean))
}

func stringOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
