package guard

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

func newPolicy(t *testing.T, origin string, allowed ...string) Policy {
	t.Helper()
	p, err := NewPolicy(origin, allowed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ask returns a request for the script of https://shop.test; pairs are headers.
func ask(pairs ...string) *http.Request {
	r := httptest.NewRequest("GET", "/webchat.js", nil)
	r.Host, r.TLS = "shop.test", &tls.ConnectionState{}
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Add(pairs[i], pairs[i+1])
	}
	return r
}

func TestPage(t *testing.T) {
	type row struct {
		name   string
		header map[string]string
		want   error
	}
	cookie := func(h map[string]string) map[string]string { h["Cookie"] = "maicontact=x"; return h }
	rows := []row{
		{"a page's script", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "script"}), nil},
		{"a page's fetch", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "empty"}), nil},
		{"only the site is told", cookie(map[string]string{"Sec-Fetch-Site": "same-origin"}), nil},
		{"a sibling", cookie(map[string]string{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "script"}), ErrCrossSite},
		{"another site", cookie(map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script"}), ErrCrossSite},
		{"another site without a cookie", map[string]string{"Sec-Fetch-Site": "cross-site"}, ErrCrossSite},
		{"another site that forges a referer", cookie(map[string]string{"Sec-Fetch-Site": "cross-site", "Referer": "https://shop.test/"}), ErrCrossSite},
		{"an unknown word", cookie(map[string]string{"Sec-Fetch-Site": "same-planet"}), ErrCrossSite},
		{"typed into the address bar", cookie(map[string]string{"Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}), ErrNotAScript},
		{"navigated from our page", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}), ErrNotAScript},
		{"framed", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "iframe"}), ErrNotAScript},
		{"a service worker", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "serviceworker"}), ErrNotAScript},
		{"an object", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "object"}), ErrNotAScript},

		{"old browser, own referer", cookie(map[string]string{"Referer": "https://shop.test/cart?x=1"}), nil},
		{"old browser, own referer with the default port", cookie(map[string]string{"Referer": "https://SHOP.test:443/cart"}), nil},
		{"old browser, own origin", cookie(map[string]string{"Origin": "https://shop.test"}), nil},
		{"old browser, foreign origin beats own referer", cookie(map[string]string{"Origin": "https://evil.test", "Referer": "https://shop.test/"}), ErrCrossSite},
		{"origin null", cookie(map[string]string{"Origin": "null"}), ErrCrossSite},
		{"empty origin", cookie(map[string]string{"Origin": ""}), ErrCrossSite},
		{"look-alike suffix", cookie(map[string]string{"Referer": "https://shop.test.evil.test/"}), ErrCrossSite},
		{"look-alike prefix", cookie(map[string]string{"Referer": "https://evilshop.test/"}), ErrCrossSite},
		{"subdomain", cookie(map[string]string{"Referer": "https://www.shop.test/"}), ErrCrossSite},
		{"user info", cookie(map[string]string{"Referer": "https://shop.test@evil.test/"}), ErrCrossSite},
		{"own host with user info", cookie(map[string]string{"Referer": "https://a:b@shop.test/"}), ErrCrossSite},
		{"other scheme", cookie(map[string]string{"Referer": "http://shop.test/"}), ErrCrossSite},
		{"other port", cookie(map[string]string{"Referer": "https://shop.test:8443/"}), ErrCrossSite},
		{"no URL", cookie(map[string]string{"Referer": "shop.test"}), ErrCrossSite},
		{"data URL", cookie(map[string]string{"Referer": "data:text/html,https://shop.test/"}), ErrCrossSite},
		{"backslash", cookie(map[string]string{"Referer": "https://shop.test\\@evil.test/"}), ErrCrossSite},
		{"empty referer with a cookie", cookie(map[string]string{"Referer": ""}), ErrCrossSite},
		{"no metadata, a cookie", cookie(map[string]string{}), ErrCrossSite},
		{"no metadata, basic authentication", map[string]string{"Authorization": "Basic eA=="}, ErrCrossSite},
		{"no metadata, nobody to steal from", map[string]string{}, nil},
	}
	behindProxy, direct := newPolicy(t, "https://shop.test"), newPolicy(t, "")
	for _, row := range rows {
		for name, p := range map[string]Policy{"behind a proxy": behindProxy, "direct": direct} {
			r := ask()
			if name != "direct" {
				r.Host, r.TLS = "10.0.0.7:8080", nil
			}
			for k, v := range row.header {
				r.Header.Set(k, v)
			}
			if _, err := p.Page(r); !errors.Is(err, row.want) {
				t.Errorf("%s, %s: %v, want %v", row.name, name, err, row.want)
			}
		}
	}
}

// What the browser cannot have sent in this way is refused.
func TestPageOddRequests(t *testing.T) {
	p := newPolicy(t, "", sibling)
	own := []string{"Sec-Fetch-Site", "same-origin"}
	for name, test := range map[string]struct {
		r    *http.Request
		want error
	}{
		"two sites":            {ask("Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site"), ErrCrossSite},
		"two destinations":     {ask(append(own, "Sec-Fetch-Dest", "script", "Sec-Fetch-Dest", "document")...), ErrCrossSite},
		"two modes":            {ask(append(own, "Sec-Fetch-Mode", "cors", "Sec-Fetch-Mode", "navigate")...), ErrCrossSite},
		"two origins":          {ask("Sec-Fetch-Site", "same-site", "Origin", sibling, "Origin", sibling), ErrCrossSite},
		"two referers":         {ask("Sec-Fetch-Site", "same-site", "Referer", sibling, "Referer", sibling), ErrCrossSite},
		"an origin with more":  {ask("Sec-Fetch-Site", "same-site", "Origin", sibling+"/x"), ErrCrossSite},
		"a service worker":     {ask(append(own, "Service-Worker", "script")...), ErrNotAScript},
		"an unknown mode":      {ask(append(own, "Sec-Fetch-Mode", "websocket")...), ErrNotAScript},
		"two of an own header": {ask(append(own, "Cookie", "a=b", "Cookie", "c=d")...), nil},
	} {
		if _, err := p.Page(test.r); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	for _, method := range []string{"PUT", "OPTIONS", "CONNECT"} {
		r := ask(own...)
		r.Method = method
		if _, err := p.Page(r); !errors.Is(err, ErrNotAScript) {
			t.Errorf("%s: %v", method, err)
		}
	}
	certified := ask()
	certified.TLS.PeerCertificates = []*x509.Certificate{{}}
	if _, err := p.Page(certified); !errors.Is(err, ErrCrossSite) {
		t.Errorf("a client certificate: %v", err)
	}
	if page, err := p.Page(ask()); err != nil || page != (Page{Unproven: true}) {
		t.Errorf("nobody: %+v, %v", page, err)
	}
}

// A name of another that leads to our address is the same origin to a browser.
// Where the site says what its own origin is, such a page is refused.
func TestPageOfARebindingName(t *testing.T) {
	const evil = "https://evil.test"
	for _, test := range []struct {
		name   string
		policy Policy
		header []string
		want   error
	}{
		{"its script", newPolicy(t, "https://shop.test"), []string{"Referer", evil + "/"}, ErrCrossSite},
		{"its fetch", newPolicy(t, "https://shop.test"), []string{"Origin", evil}, ErrCrossSite},
		{"its fetch, with a referer of ours", newPolicy(t, "https://shop.test"), []string{"Origin", evil, "Referer", "https://shop.test/"}, ErrCrossSite},
		{"odd ones", newPolicy(t, "https://shop.test"), []string{"Referer", "shop"}, ErrCrossSite},
		{"its fetch, as an address", newPolicy(t, "https://shop.test"), []string{"Origin", evil + "/"}, ErrCrossSite},
		{"its fetch, with ours before it", newPolicy(t, "https://shop.test"), []string{"Origin", "https://shop.test", "Origin", evil}, ErrCrossSite},
		{"its script, with ours before it", newPolicy(t, "https://shop.test"), []string{"Referer", "https://shop.test/", "Referer", evil + "/"}, ErrCrossSite},
		{"ours", newPolicy(t, "https://shop.test"), []string{"Referer", "https://shop.test/cart"}, nil},
		{"ours, written in another way", newPolicy(t, "https://shop.test"), []string{"Referer", "https://SHOP.test:443/cart"}, nil},
		{"ours, which tells none", newPolicy(t, "https://shop.test"), nil, nil},
		{"a listed one", newPolicy(t, "https://shop.test", "https://www.shop.test"), []string{"Referer", "https://www.shop.test/"}, nil},
		{"nobody says what is ours", newPolicy(t, ""), []string{"Referer", evil + "/"}, nil},
	} {
		r := ask(append([]string{"Sec-Fetch-Site", "same-origin", "Cookie", "maicontact=x"}, test.header...)...)
		r.Host = "evil.test"
		if _, err := test.policy.Page(r); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}
