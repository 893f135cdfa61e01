package probe

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// DefaultWait is how long is waited for a contact to be listed.
const DefaultWait = 20 * time.Second

// Options say what is probed.
type Options struct {
	// API calls MaiAgent. Required.
	API *webchat.Client
	// InboxID is an inbox for scratch contacts. Required.
	InboxID string
	// Wait is how long is waited for a contact to be listed, or to be listed no
	// more. Defaults to DefaultWait.
	Wait time.Duration
}

// Run probes a MaiAgent, tells each answer as it is found, and returns all. The
// error means that MaiAgent does not answer, does not take the key, or does not let
// a contact be made; scratch contacts are deleted then, too, as far as they can be.
func Run(ctx context.Context, o Options, tell func(Answer)) (Answers, error) {
	if o.API == nil || o.InboxID == "" {
		return nil, errors.New("probe: a client and an inbox are needed")
	}
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	p := &probe{api: o.API, inboxID: o.InboxID, wait: o.Wait, answers: Answers{}, tell: tell, run: newRun()}
	err := p.sweep(ctx)
	if err == nil {
		err = p.ask(ctx)
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return p.answers, errors.Join(err, p.cleanUp(clean))
}

func (p *probe) ask(ctx context.Context) error {
	id, err := p.askCreate(ctx)
	if err != nil {
		return err
	}
	for _, ask := range []func(context.Context, string) error{
		p.askRead, p.askAccess, p.askNull, p.askOmitted, p.askPatch, p.askTaken, p.askSearch, p.askPages, p.askDelete,
	} {
		if err := ask(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

var optionalFields = []string{"email", "phoneNumber", "avatar", "queryMetadata", "name"}

// askCreate makes the first contact, without what is refused.
func (p *probe) askCreate(ctx context.Context) (string, error) {
	for {
		id, status, reply, err := p.create(ctx, p.draft("One", nil))
		switch {
		case err != nil:
			return "", err
		case id != "":
			slices.Sort(p.refused)
			p.set("refuseFields", strings.Join(p.refused, ","))
			p.set("bareReplies", yes(reply["sourceId"] == nil && reply["name"] == nil))
			return id, nil
		}
		news := false
		for _, field := range optionalFields {
			if _, named := reply[field]; named && !slices.Contains(p.refused, field) {
				p.refused, news = append(p.refused, field), true
			}
		}
		if !news {
			return "", errors.New("probe: MaiAgent does not let a contact be made: status " + strconv.Itoa(status))
		}
	}
}

func (p *probe) askRead(ctx context.Context, id string) error {
	_, held, err := p.get(ctx, id)
	if err != nil {
		return err
	}
	sourceID, sent := text(held["sourceId"]), p.sourceID("One")
	p.set("foldCase", yes(sourceID != sent && sourceID == strings.ToLower(sent)))
	var inboxes []object
	if json.Unmarshal(held["inboxes"], &inboxes) == nil && len(inboxes) > 0 {
		p.set("undashedInboxes", yes(!strings.Contains(text(inboxes[0]["id"]), "-")))
	} else {
		p.set("undashedInboxes", Unknown)
	}
	p.set("times", timeStyle(held["createdAt"]))
	seen, told := held["queryMetadata"]
	p.set("hideAccess", yes(!told))
	var keys object
	if json.Unmarshal(seen, &keys) != nil || len(keys) == 0 {
		p.set("addsKeys", Unknown)
		p.set("metadataKeys", Unknown)
		return nil
	}
	added, style := false, "other"
	for key := range keys {
		switch strings.ReplaceAll(strings.ToLower(key), "_", "") {
		case "knowledgebases":
			if style = "camelCase"; strings.Contains(key, "_") {
				style = "snake_case"
			}
		case "probeword":
		default:
			added = true
		}
	}
	p.set("addsKeys", yes(added))
	p.set("metadataKeys", style)
	return nil
}

func timeStyle(raw json.RawMessage) string {
	written := text(raw)
	if written == "" {
		written = string(raw)
	}
	if _, err := time.Parse(time.RFC3339, written); err == nil {
		return "RFC 3339"
	}
	if _, err := strconv.ParseInt(written, 10, 64); err == nil {
		return strconv.Itoa(len(written)) + " digits"
	}
	return "other"
}

func (p *probe) askTaken(ctx context.Context, _ string) error {
	_, status, _, err := p.create(ctx, p.draft("One", nil))
	if err != nil {
		return err
	}
	p.set("taken", statusText(status))
	return nil
}

// until asks again until it is so, or the wait is over. It tells how long it took.
func (p *probe) until(ctx context.Context, so func() (bool, error)) (bool, time.Duration, error) {
	for start := time.Now(); ; {
		is, err := so()
		took := time.Since(start)
		if is || err != nil || took >= p.wait {
			return is, took, err
		}
		timer := time.NewTimer(min(time.Second, p.wait/10))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false, took, ctx.Err()
		}
	}
}

func (p *probe) askSearch(ctx context.Context, _ string) error {
	id, status, _, err := p.create(ctx, p.draft("Two", nil))
	if err != nil || id == "" {
		return errors.Join(err, errors.New("probe: MaiAgent does not let a second contact be made: status "+strconv.Itoa(status)))
	}
	listed, took, err := p.until(ctx, func() (bool, error) { return p.isListed(ctx, p.sourceID("Two"), id) })
	if err != nil {
		return err
	}
	if !listed {
		p.set("searchLag", Unknown)
		p.set("wordSearch", Unknown)
		return nil
	}
	p.set("searchLag", strconv.Itoa(int(took.Round(time.Second).Seconds())))
	byWord, err := p.isListed(ctx, p.sourceID("Two")+" nothing"+p.run, id)
	if err != nil {
		return err
	}
	p.set("wordSearch", yes(byWord))
	return nil
}

// askPages needs the two contacts to be listed.
func (p *probe) askPages(ctx context.Context, _ string) error {
	query := Prefix + p.run
	_, all, err := p.list(ctx, url.Values{"query": {query}})
	if err != nil {
		return err
	}
	status, small, err := p.list(ctx, url.Values{"query": {query}, "pageSize": {"1"}})
	if err != nil {
		return err
	}
	p.set("refusePageSize", yes(status == http.StatusBadRequest))
	if len(all) < 2 || status != http.StatusOK {
		p.set("offsetPages", Unknown)
		return nil
	}
	p.set("offsetPages", yes(len(small) > 1))
	return nil
}

func (p *probe) askDelete(ctx context.Context, id string) error {
	for _, name := range []string{"deleteStatus", "deleteAgain"} {
		status, _, err := p.call(ctx, http.MethodDelete, "contacts/"+id+"/", nil, nil)
		if err != nil {
			return err
		}
		p.set(name, statusText(status))
	}
	gone, _, err := p.until(ctx, func() (bool, error) {
		listed, err := p.isListed(ctx, p.sourceID("One"), id)
		return !listed, err
	})
	if err != nil {
		return err
	}
	p.set("deletedButListed", yes(!gone))
	_, status, _, err := p.create(ctx, p.draft("One", nil))
	if err != nil {
		return err
	}
	p.set("deletedHoldsSourceId", yes(status/100 != 2))
	return nil
}
