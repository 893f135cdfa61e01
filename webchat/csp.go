package webchat

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// cspNeeds are the chat's directives. chain is what governs one, from the most
// special to default-src; own says that the site itself is needed too.
var cspNeeds = []struct {
	name  string
	chain []string
	own   bool
}{
	{"script-src", []string{"script-src-elem", "script-src", "default-src"}, true},
	{"style-src", []string{"style-src-elem", "style-src", "default-src"}, false},
	{"img-src", []string{"img-src", "default-src"}, false},
	{"font-src", []string{"font-src", "default-src"}, false},
	{"connect-src", []string{"connect-src", "default-src"}, true},
	{"frame-src", []string{"frame-src", "child-src", "default-src"}, false},
}

// csp knows the chat host.
type csp struct{ origin *url.URL }

// MergeCSP returns an application's policy, the value of a
// Content-Security-Policy header, with what the chat is known to need and the
// policy does not allow yet: the chat host, for scripts, styles, images, fonts,
// connections and frames, and the site itself for the chat script and its answers.
// The vendor publishes no list, so that may not be all: try the chat with the
// browser's console open. Everything else stays as it is, in its place:
//
//   - A directive that is absent and governed by another (default-src, or
//     child-src for frames) is added with the sources of that one. Where
//     nothing governs there is no restriction, and none is added.
//   - 'none' gives way to the first source. Of a directive given twice only the
//     first counts, as it does for browsers.
//   - Of several policies, separated by commas, each must allow the chat.
//   - A script directive with 'strict-dynamic' is left alone: browsers then
//     heed no hosts, and the tag or the snippet needs a nonce or a hash.
//
// Merging again changes nothing. The error is about ChatURL.
func (w Widget) MergeCSP(policy string) (string, error) {
	chat, err := w.chatURL()
	if err != nil {
		return "", fmt.Errorf("webchat: chat URL: %w", err)
	}
	c := csp{&url.URL{Scheme: chat.Scheme, Host: chat.Host}}
	policies := strings.Split(policy, ",")
	for i, one := range policies {
		policies[i] = c.mergeOne(one)
	}
	return strings.Join(policies, ","), nil
}

func (c csp) mergeOne(policy string) string {
	parts := strings.Split(policy, ";")
	changed := false
	for _, need := range cspNeeds {
		at, governor := findDirective(parts, need.chain)
		if at < 0 {
			continue
		}
		fields := cspFields(parts[at])
		name, have := fields[0], fields[1:]
		if need.name == "script-src" && containsFold(have, "'strict-dynamic'") {
			continue
		}
		missing := slices.DeleteFunc(c.sources(need.own), func(source string) bool { return c.allowed(have, source) })
		if len(missing) == 0 {
			continue
		}
		have = slices.DeleteFunc(slices.Clone(have), func(s string) bool { return strings.EqualFold(s, "'none'") })
		sources := strings.Join(append(have, missing...), " ")
		changed = true
		if governor == "default-src" || governor == "child-src" {
			for len(parts) > 0 && len(cspFields(parts[len(parts)-1])) == 0 {
				parts = parts[:len(parts)-1]
			}
			parts = append(parts, " "+need.name+" "+sources)
			continue
		}
		lead := parts[at][:strings.Index(parts[at], name)]
		parts[at] = lead + name + " " + sources
	}
	if !changed {
		return policy
	}
	return strings.Join(parts, ";")
}

// sources returns what the chat needs in one directive.
func (c csp) sources(own bool) []string {
	if own {
		return []string{"'self'", c.origin.String()}
	}
	return []string{c.origin.String()}
}

// allowed reports whether a list of sources surely allows one already.
func (c csp) allowed(have []string, source string) bool {
	if slices.Contains(have, "*") || containsFold(have, source) {
		return true
	}
	if source == "'self'" || c.origin.Scheme != "https" {
		return false
	}
	for _, s := range have {
		s = strings.ToLower(s)
		if s == "https:" || s == "http:" { // http: covers https
			return true
		}
		host := strings.TrimPrefix(s, "https://")
		suffix, wild := strings.CutPrefix(host, "*")
		if host == c.origin.Host || wild && strings.HasPrefix(suffix, ".") && strings.HasSuffix(c.origin.Host, suffix) {
			return true
		}
	}
	return false
}

// findDirective returns the first directive of the chain that the policy has,
// and where, or -1. Of two with the same name the first counts.
func findDirective(parts, chain []string) (int, string) {
	for _, name := range chain {
		for i, part := range parts {
			if fields := cspFields(part); len(fields) > 0 && strings.EqualFold(fields[0], name) {
				return i, name
			}
		}
	}
	return -1, ""
}

// cspFields splits at ASCII white space, which alone counts in a policy.
func cspFields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\n\f\r", r) })
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(have string) bool { return strings.EqualFold(have, s) })
}
