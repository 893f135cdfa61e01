package guard

import (
	"errors"
	"testing"
)

func TestUnseen(t *testing.T) {
	for name, test := range map[string]struct {
		method string
		header []string
		want   error
	}{
		"somebody":               {"GET", []string{"User-Agent", chrome}, nil},
		"no user agent":          {"GET", nil, nil},
		"a form":                 {"POST", nil, nil},
		"HEAD":                   {"HEAD", []string{"User-Agent", chrome}, ErrProbe},
		"prefetch":               {"GET", []string{"Sec-Purpose", "prefetch"}, ErrPrefetch},
		"prerender":              {"GET", []string{"Sec-Purpose", "prefetch;prerender"}, ErrPrefetch},
		"an older prefetch":      {"GET", []string{"Purpose", "Prefetch"}, ErrPrefetch},
		"an older one elsewhere": {"GET", []string{"X-Moz", "prefetch"}, ErrPrefetch},
		"a crawler":              {"GET", []string{"User-Agent", "Examplebot/1.0"}, ErrBot},
	} {
		r := ask(test.header...)
		r.Method = test.method
		if err := Unseen(r); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestFromOtherSite(t *testing.T) {
	for name, test := range map[string]struct {
		method string
		header []string
		want   bool
	}{
		"a link":            {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "document"}, false},
		"typed":             {"GET", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Dest", "document"}, false},
		"our own frame":     {"GET", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "iframe"}, false},
		"an old browser":    {"GET", nil, false},
		"no destination":    {"GET", []string{"Sec-Fetch-Site", "cross-site"}, false},
		"img":               {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "image"}, true},
		"script":            {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "script"}, true},
		"fetch":             {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "empty"}, true},
		"iframe":            {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe"}, true},
		"a sibling img":     {"GET", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Dest", "image"}, true},
		"a form":            {"POST", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "document"}, true},
		"a form of our own": {"POST", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "document"}, false},
	} {
		r := ask(test.header...)
		r.Method = test.method
		if got := FromOtherSite(r); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
