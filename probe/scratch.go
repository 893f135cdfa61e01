package probe

import (
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
}

func newRun() string { return strings.ToLower(rand.Text()[:12]) }

func (p *probe) set(name, value string) { p.answers.set(p.tell, name, value) }

// sourceID has letters of both cases.
func (p *probe) sourceID(name string) string { return Prefix + p.run + "-" + name }

// call sends a request, and reads the reply as an object where it is one.
func (p *probe) call(ctx context.Context, method, path string, query url.Values, body any) (int, object, error) {
	status, text, err := p.api.Raw(ctx, method, path, query, body)
	if err != nil {
		return 0, nil, err
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return 0, nil, fmt.Errorf("probe: MaiAgent answers with status %d", status)
	}
	var reply object
	if json.Unmarshal(text, &reply) != nil {
		reply = nil
	}
	return status, reply, nil
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
func (p *probe) create(ctx context.Context, body map[string]any) (id string, status int, reply object, err error) {
	status, reply, err = p.call(ctx, http.MethodPost, "contacts/", nil, body)
	if err != nil || status/100 != 2 {
		return "", status, reply, err
	}
	if id = text(reply["id"]); id == "" {
		return "", status, reply, errors.New("probe: a creation is answered without an id")
	}
	if !slices.Contains(p.made, id) {
		p.made = append(p.made, id)
	}
	return id, status, reply, nil
}

func (p *probe) get(ctx context.Context, id string) (int, object, error) {
	return p.call(ctx, http.MethodGet, "contacts/"+id+"/", nil, nil)
}

func (p *probe) put(ctx context.Context, id string, body map[string]any) (int, object, error) {
	return p.call(ctx, http.MethodPut, "contacts/"+id+"/", nil, body)
}

// list returns the results of a list.
func (p *probe) list(ctx context.Context, query url.Values) (status int, found []object, err error) {
	query.Set("inboxes", p.inboxID)
	status, reply, err := p.call(ctx, http.MethodGet, "contacts/", query, nil)
	if err != nil || status != http.StatusOK {
		return status, nil, err
	}
	if json.Unmarshal(reply["results"], &found) != nil {
		return status, nil, errors.New("probe: a list has no results")
	}
	return status, found, nil
}

// isListed reports whether a search for the query shows the contact.
func (p *probe) isListed(ctx context.Context, query, id string) (bool, error) {
	_, found, err := p.list(ctx, url.Values{"query": {query}})
	return slices.ContainsFunc(found, func(o object) bool { return text(o["id"]) == id }), err
}

// sweep deletes what a former run has left. The search is fuzzy, so that each is
// looked at.
func (p *probe) sweep(ctx context.Context) error {
	_, found, err := p.list(ctx, url.Values{"query": {Prefix}})
	if err != nil {
		return err
	}
	for _, o := range found {
		if strings.HasPrefix(strings.ToLower(text(o["sourceId"])), Prefix) {
			if _, _, err := p.call(ctx, http.MethodDelete, "contacts/"+text(o["id"])+"/", nil, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// cleanUp deletes all scratch contacts, and looks whether they can be read.
func (p *probe) cleanUp(ctx context.Context) error {
	clean := true
	for _, id := range p.made {
		if _, _, err := p.call(ctx, http.MethodDelete, "contacts/"+id+"/", nil, nil); err != nil {
			return err
		}
		status, _, err := p.get(ctx, id)
		if err != nil {
			return err
		}
		clean = clean && status == http.StatusNotFound
	}
	p.set("cleanedUp", yes(clean))
	return nil
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
