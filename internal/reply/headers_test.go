package reply

import (
	"net/http"
	"reflect"
	"testing"
)

// Nothing that others have said of caching is left, and whether they meant shared
// caches is told.
func TestSetPrivate(t *testing.T) {
	for name, test := range map[string]struct {
		before http.Header
		more   http.Header
		public bool
	}{
		"nothing":             {http.Header{}, nil, false},
		"private already":     {http.Header{"Cache-Control": {"private, no-store"}}, nil, false},
		"private otherwise":   {http.Header{"Cache-Control": {"private, max-age=9"}, "Expires": {"0"}, "Last-Modified": {"x"}, "Etag": {"x"}}, nil, false},
		"an age of its own":   {http.Header{"Cache-Control": {"max-age=600"}}, nil, false},
		"public":              {http.Header{"Cache-Control": {"max-age=600", "no-transform, PUBLIC"}}, nil, true},
		"for shared caches":   {http.Header{"Cache-Control": {"s-maxage=600"}}, nil, true},
		"for a CDN":           {http.Header{"Cdn-Cache-Control": {"max-age=600"}}, nil, true},
		"not for a CDN":       {http.Header{"Surrogate-Control": {"no-store, max-age=0"}}, nil, false},
		"for one CDN":         {http.Header{"Cloudflare-Cdn-Cache-Control": {"max-age=600"}}, http.Header{"Cloudflare-Cdn-Cache-Control": {"no-store"}}, true},
		"for another":         {http.Header{"X-Accel-Expires": {"600"}}, http.Header{"X-Accel-Expires": {"0"}}, true},
		"and not for a third": {http.Header{"Vercel-Cdn-Cache-Control": {"private"}}, http.Header{"Vercel-Cdn-Cache-Control": {"no-store"}}, false},
	} {
		want := privateHeader()
		for k, v := range test.more {
			want[k] = v
		}
		if public := SetPrivate(test.before); public != test.public {
			t.Errorf("%s: public %t", name, public)
		}
		wantHeader(t, name, test.before, want)
		if SetPrivate(test.before) {
			t.Errorf("%s: public when it is private already", name)
		}
		wantHeader(t, name+", twice", test.before, want)
	}
}

func TestAddVary(t *testing.T) {
	for _, test := range []struct{ before, fields, want []string }{
		{nil, []string{"Cookie"}, []string{"Cookie"}},
		{[]string{"Accept-Encoding, cookie"}, []string{"Cookie", "*"}, []string{"Accept-Encoding, cookie", "*"}},
		{[]string{"A", "B"}, []string{"B", "C", "C"}, []string{"A", "B", "C"}},
	} {
		h := http.Header{}
		if test.before != nil {
			h["Vary"] = test.before
		}
		if AddVary(h, test.fields...); !reflect.DeepEqual(h["Vary"], test.want) {
			t.Errorf("%q with %q: %q, want %q", test.before, test.fields, h["Vary"], test.want)
		}
	}
}
