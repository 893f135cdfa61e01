package probe

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// word is what metadata was told by; empty where it is not shown.
func word(held object) string {
	var keys object
	access, _ := held.field("queryMetadata")
	if json.Unmarshal(access, &keys) != nil {
		return ""
	}
	for key, value := range keys {
		if strings.ReplaceAll(strings.ToLower(key), "_", "") == "probeword" {
			return text(value)
		}
	}
	return ""
}

func (p *probe) askPut(ctx context.Context, id string) {
	status, _ := p.put(ctx, id, p.draft("One", nil))
	p.set("refusePut", yes(status == http.StatusMethodNotAllowed))
}

func (p *probe) askAccess(ctx context.Context, id string) {
	if slices.Contains(p.refused, "queryMetadata") {
		p.set("ignoreAccess", Unknown)
		p.set("oldAccessInReply", Unknown)
		return
	}
	status, told := p.put(ctx, id, p.draft("One", func(b map[string]any) { b["queryMetadata"] = metadata("two") }))
	_, held := p.get(ctx, id)
	now, inReply := word(held), word(told)
	p.setIf("ignoreAccess", status/100 == 2 && now != "", now == "one")
	p.setIf("oldAccessInReply", inReply != "" && now == "two", inReply == "one")
}

func (p *probe) askNull(ctx context.Context, id string) {
	var refused []string
	ignored := Unknown
	for _, field := range []string{"avatar", "email", "phoneNumber", "queryMetadata"} {
		if slices.Contains(p.refused, field) {
			continue
		}
		status, reply := p.put(ctx, id, p.draft("One", func(b map[string]any) { b[field] = nil }))
		if _, named := reply.field(field); status == http.StatusBadRequest && named {
			refused = append(refused, field)
			continue
		}
		if field != "queryMetadata" || status/100 != 2 || p.answers["hideAccess"] == Yes || p.answers["ignoreAccess"] != No {
			continue
		}
		_, held := p.get(ctx, id)
		ignored = yes(word(held) != "")
	}
	p.set("refuseNull", strings.Join(refused, ","))
	p.set("ignoreNullAccess", ignored)
}

func (p *probe) askOmitted(ctx context.Context, id string) {
	if slices.Contains(p.refused, "email") || p.answers["refusePut"] == Yes {
		p.set("putKeepsOmitted", Unknown)
		return
	}
	p.put(ctx, id, p.draft("One", nil))
	status, _ := p.put(ctx, id, p.draft("One", func(b map[string]any) { delete(b, "email") }))
	_, held := p.get(ctx, id)
	p.setIf("putKeepsOmitted", status/100 == 2, held.text("email") != "")
}

func (p *probe) askPatch(ctx context.Context, id string) {
	status, _ := p.call(ctx, http.MethodPatch, "contacts/"+id+"/", nil, map[string]any{"name": "maicontact probe 2"})
	p.set("patch", yes(status/100 == 2))
}
