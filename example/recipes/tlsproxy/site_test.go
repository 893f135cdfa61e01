package tlsproxy_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/recipes/internal/shop"
	"github.com/maicontact/maicontact/example/recipes/tlsproxy"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// newProxy opens a proxy at https://shop.example in front of the site. It tells
// the site that the client has the address in X-Test-Client, as if it had come from
// there, and does not pass the site's Host on.
func newProxy(t *testing.T, site string) *http.Client {
	t.Helper()
	target, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.SetXForwarded()
		if client := r.In.Header.Get("X-Test-Client"); client != "" {
			r.Out.Header.Set("X-Forwarded-For", client)
		}
	}})
	t.Cleanup(proxy.Close)
	transport := proxy.Client().Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, proxy.Listener.Addr().String())
	}
	transport.TLSClientConfig.ServerName = "example.com" // that of the test's certificate
	return &http.Client{Transport: transport}
}

func ask(t *testing.T, client *http.Client, header ...string) (string, *http.Response) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://shop.example/webchat.js", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), response
}

func TestSite(t *testing.T) {
	c, sim := shop.Config(t, webchattest.Options{})
	c.Visitors.Burst = 2
	site, err := tlsproxy.New(c, netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	client := newProxy(t, shop.Serve(t, site))

	_, response := ask(t, client, "Sec-Fetch-Site", "same-origin", "X-Test-Client", "203.0.113.1")
	cookies := response.Cookies()
	if len(cookies) != 1 || !cookies[0].Secure || !strings.HasPrefix(cookies[0].Name, "__Host-") {
		t.Errorf("the cookie is %v", response.Header["Set-Cookie"])
	}
	// An old browser proves by its Referer that the page is ours.
	client.Jar, err = cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if body, _ := ask(t, client, "Referer", "https://shop.example/", "X-Test-Client", "203.0.113.2"); !strings.Contains(body, `"contactId"`) {
			t.Errorf("an old browser gets %s", body)
		}
	}
	client.Jar = nil
	// Each client has a limit of its own.
	made := len(sim.Contacts())
	for _, from := range []string{"203.0.113.3", "203.0.113.3", "203.0.113.3", "203.0.113.4"} {
		ask(t, client, "Sec-Fetch-Site", "same-origin", "X-Test-Client", from)
	}
	if n := len(sim.Contacts()) - made; n != 3 {
		t.Errorf("%d contacts, want two for one client and one for the other", n)
	}
}
