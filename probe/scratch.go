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

// object is a contact, or anything else, as it is on the wire.
type object map[string]json.RawMessage

// snake has the names of fields in the other style of the vendor's.
var snake = map[string]string{
	"sourceId": "source_id", "phoneNumber": "phone_number", "queryMetadata": "query_metadata", "createdAt": "created_at", "contactId": "contact_id",
}

// field is a field in either style, and whether there is one.
func (o object) field(name string) (raw json.RawMessage, told bool) {
	if raw, told = o[name]; !told {
		raw, told = o[snake[name]]
	}
	return raw, told
}

// text is the text of a field; empty where there is none.
func (o object) text(name string) string {
	raw, _ := o.field(name)
	return text(raw)
}

// probe is one run.
type probe struct {
	api     *webchat.Client
	inboxID string
	wait    time.Duration
	answers Answers
	tell    func(Answer)
	run     string   // differs for each run
	made    []string // the contacts that there are or were
	refused []string // fields that are refused
	err     error    // the first failure; nothing is asked or answered after it
}

func newRun() string { return strings.ToLower(rand.Text()[:12]) }

func (p *probe) set(name, value string) {
	if p.err == nil {
		p.answers[name] = value
		p.tell(Answer{name, value, about[name]})
	}
}

// setIf answers yes or no, where that is known.
func (p *probe) setIf(name string, known, is bool) {
	if known {
		p.set(name, yes(is))
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

// draft is a whole contact, without what is refused.
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

// metadata allows nothing, and differs by its word.
func metadata(word string) map[string]any {
	return map[string]any{"knowledge_bases": []any{}, "probe_word": word}
}

// create makes a scratch contact; a status that is not 2xx is no error.
func (p *probe) create(ctx context.Context, body map[string]any) (id string, status int, reply object) {
	status, reply = p.call(ctx, http.MethodPost, "contacts/", nil, body)
	if status/100 != 2 {
		return "", status, reply
	}
	if id = cmp.Or(reply.text("id"), reply.text("contactId")); id == "" {
		p.fail(errors.New("probe: a creation is answered without an id"))
	} else if !slices.Contains(p.made, id) {
		p.made = append(p.made, id)
	}
	return id, status, reply
}

func (p *probe) get(ctx context.Context, id string) (int, object) {
	return p.call(ctx, http.MethodGet, "contacts/"+id+"/", nil, nil)
}

// put writes a whole contact, as the service takes it.
func (p *probe) put(ctx context.Context, id string, body map[string]any) (int, object) {
	method := http.MethodPut
	if p.answers["refusePut"] == Yes {
		method = http.MethodPatch
	}
	return p.call(ctx, method, "contacts/"+id+"/", nil, body)
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
	return slices.ContainsFunc(found, func(o object) bool { return o.text("id") == id })
}

// sweep deletes what a former run has left, or this one without being told. The search is
// fuzzy, so that each is looked at.
func (p *probe) sweep(ctx context.Context) {
	_, found := p.list(ctx, url.Values{"query": {Prefix}})
	for _, o := range found {
		if strings.HasPrefix(strings.ToLower(o.text("sourceId")), Prefix) {
			p.delete(ctx, o.text("id"))
		}
	}
}

// cleanUp deletes all scratch contacts, and looks whether they can be read.
func (p *probe) cleanUp(ctx context.Context) {
	clean := true
	for _, id := range p.made {
		p.delete(ctx, id)
		status, _ := p.get(ctx, id)
		clean = clean && status == http.StatusNotFound
	}
	p.sweep(ctx)
	p.set("cleanedUp", yes(clean))
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
