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

// Options say what is probed.
type Options struct {
	// API calls MaiAgent. Required.
	API *webchat.Client
	// InboxID is an inbox for scratch contacts. Required.
	InboxID string
	// Wait is how long is waited for a contact to be listed, or to be listed no
	// more. 0 looks once.
	Wait time.Duration
}

// Run probes a MaiAgent, tells each answer as it is found, and returns all. The
// error means that MaiAgent does not answer, does not take the key, or does not let
// a contact be made; scratch contacts are deleted then, too, as far as they can be.
func Run(ctx context.Context, o Options, tell func(Answer)) (Answers, error) {
	if o.API == nil || o.InboxID == "" {
		return nil, errors.New("probe: a client and an inbox are needed")
	}
	p := &probe{api: o.API, inboxID: o.InboxID, wait: o.Wait, answers: Answers{}, tell: tell, run: newRun()}
	p.sweep(ctx)
	id := p.askCreate(ctx)
	for _, ask := range []func(context.Context, string){
		p.askRead, p.askPut, p.askAccess, p.askNull, p.askOmitted, p.askPatch, p.askTaken, p.askSearch, p.askPages, p.askDelete,
	} {
		ask(ctx, id)
	}
	err := p.err
	p.err = nil // what there is goes, whatever has failed
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	p.cleanUp(clean)
	return p.answers, errors.Join(err, p.err)
}

var optionalFields = []string{"email", "phoneNumber", "avatar", "queryMetadata", "name"}

// askCreate makes the first contact, without what is refused.
func (p *probe) askCreate(ctx context.Context) (id string) {
	for p.err == nil {
		id, status, reply := p.create(ctx, p.draft("One", nil))
		if id != "" {
			slices.Sort(p.refused)
			p.set("refuseFields", strings.Join(p.refused, ","))
			p.set("bareReplies", yes(reply.text("sourceId") == "" && reply.text("name") == ""))
			return id
		}
		news := false
		for _, field := range optionalFields {
			if _, named := reply.field(field); named && !slices.Contains(p.refused, field) {
				p.refused, news = append(p.refused, field), true
			}
		}
		if !news {
			p.fail(errors.New("probe: MaiAgent does not let a contact be made: status " + strconv.Itoa(status)))
		}
	}
	return ""
}

func (p *probe) askRead(ctx context.Context, id string) {
	_, held := p.get(ctx, id)
	sourceID, sent := held.text("sourceId"), p.sourceID("One")
	p.set("foldCase", yes(sourceID != sent && sourceID == strings.ToLower(sent)))
	var inboxes []object
	_ = json.Unmarshal(held["inboxes"], &inboxes) // none: unknown
	p.setIf("undashedIds", len(inboxes) > 0, len(inboxes) > 0 && !strings.Contains(inboxes[0].text("id"), "-"))
	created, _ := held.field("createdAt")
	p.set("times", timeStyle(created))
	_, snakes := held["source_id"]
	p.set("snakeReplies", yes(snakes))
	seen, told := held.field("queryMetadata")
	p.set("hideAccess", yes(!told))
	var keys object
	if json.Unmarshal(seen, &keys) != nil || len(keys) == 0 {
		p.set("addsKeys", Unknown)
		p.set("metadataKeys", Unknown)
		return
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

func (p *probe) askTaken(ctx context.Context, _ string) {
	_, status, _ := p.create(ctx, p.draft("One", nil))
	p.set("taken", strconv.Itoa(status))
}

// until asks again until it is so, or the wait is over. It tells how long it took.
func (p *probe) until(ctx context.Context, so func() bool) (bool, time.Duration) {
	for start := time.Now(); ; {
		is := so()
		took := time.Since(start)
		if is || p.err != nil || took >= p.wait {
			return is, took
		}
		timer := time.NewTimer(min(time.Second, p.wait/10))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			p.fail(ctx.Err())
		}
	}
}

func (p *probe) askSearch(ctx context.Context, _ string) {
	id, status, _ := p.create(ctx, p.draft("Two", nil))
	if id == "" {
		p.fail(errors.New("probe: MaiAgent does not let a second contact be made: status " + strconv.Itoa(status)))
	}
	listed, took := p.until(ctx, func() bool { return p.isListed(ctx, p.sourceID("Two"), id) })
	if !listed {
		p.set("searchLag", Unknown)
		p.set("wordSearch", Unknown)
		return
	}
	p.set("searchLag", strconv.Itoa(int(took.Round(time.Second).Seconds())))
	p.set("wordSearch", yes(p.isListed(ctx, p.sourceID("Two")+" nothing"+p.run, id)))
}

// askPages needs the two contacts to be listed.
func (p *probe) askPages(ctx context.Context, _ string) {
	query := Prefix + p.run
	_, all := p.list(ctx, url.Values{"query": {query}})
	status, small := p.list(ctx, url.Values{"query": {query}, "pageSize": {"1"}})
	p.set("refusePageSize", yes(status == http.StatusBadRequest))
	p.setIf("offsetPages", len(all) >= 2 && status == http.StatusOK, len(small) > 1)
}

func (p *probe) askDelete(ctx context.Context, id string) {
	p.set("deleteStatus", strconv.Itoa(p.delete(ctx, id)))
	p.set("deleteAgain", strconv.Itoa(p.delete(ctx, id)))
	gone, _ := p.until(ctx, func() bool { return !p.isListed(ctx, p.sourceID("One"), id) })
	p.set("deletedButListed", yes(!gone))
	_, status, _ := p.create(ctx, p.draft("One", nil))
	p.set("deletedHoldsSourceId", yes(status/100 != 2))
}
