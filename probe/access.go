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
	if json.Unmarshal(held["queryMetadata"], &keys) != nil {
		return ""
	}
	for key, value := range keys {
		if strings.ReplaceAll(strings.ToLower(key), "_", "") == "probeword" {
			return text(value)
		}
	}
	return ""
}

func (p *probe) askAccess(ctx context.Context, id string) error {
	if slices.Contains(p.refused, "queryMetadata") {
		p.set("ignoreAccess", Unknown)
		p.set("oldAccessInReply", Unknown)
		return nil
	}
	status, told, err := p.put(ctx, id, p.draft("One", func(b map[string]any) { b["queryMetadata"] = metadata("two") }))
	if err != nil {
		return err
	}
	_, held, err := p.get(ctx, id)
	if err != nil {
		return err
	}
	if now := word(held); status/100 != 2 || now == "" {
		p.set("ignoreAccess", Unknown)
	} else {
		p.set("ignoreAccess", yes(now == "one"))
	}
	if inReply := word(told); inReply == "" || word(held) != "two" {
		p.set("oldAccessInReply", Unknown)
	} else {
		p.set("oldAccessInReply", yes(inReply == "one"))
	}
	return nil
}

func (p *probe) askNull(ctx context.Context, id string) error {
	var refused []string
	ignored := Unknown
	for _, field := range []string{"avatar", "email", "phoneNumber", "queryMetadata"} {
		if slices.Contains(p.refused, field) {
			continue
		}
		status, reply, err := p.put(ctx, id, p.draft("One", func(b map[string]any) { b[field] = nil }))
		if err != nil {
			return err
		}
		if _, named := reply[field]; status == http.StatusBadRequest && named {
			refused = append(refused, field)
			continue
		}
		if field != "queryMetadata" || status/100 != 2 || p.answers["hideAccess"] == Yes || p.answers["ignoreAccess"] != No {
			continue
		}
		_, held, err := p.get(ctx, id)
		if err != nil {
			return err
		}
		ignored = yes(word(held) != "")
	}
	p.set("refuseNull", strings.Join(refused, ","))
	p.set("ignoreNullAccess", ignored)
	return nil
}

func (p *probe) askOmitted(ctx context.Context, id string) error {
	if slices.Contains(p.refused, "email") {
		p.set("putKeepsOmitted", Unknown)
		return nil
	}
	if _, _, err := p.put(ctx, id, p.draft("One", nil)); err != nil {
		return err
	}
	status, _, err := p.put(ctx, id, p.draft("One", func(b map[string]any) { delete(b, "email") }))
	if err != nil {
		return err
	}
	_, held, err := p.get(ctx, id)
	if err != nil {
		return err
	}
	if status/100 != 2 {
		p.set("putKeepsOmitted", Unknown)
		return nil
	}
	p.set("putKeepsOmitted", yes(text(held["email"]) != ""))
	return nil
}

func (p *probe) askPatch(ctx context.Context, id string) error {
	status, _, err := p.call(ctx, http.MethodPatch, "contacts/"+id+"/", nil, map[string]any{"name": "maicontact probe 2"})
	if err != nil {
		return err
	}
	p.set("patch", yes(status/100 == 2))
	return nil
}
