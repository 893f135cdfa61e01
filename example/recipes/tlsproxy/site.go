// Package tlsproxy shows maicontact behind a proxy that ends TLS.
package tlsproxy

import (
	"io"
	"net/http"
	"net/netip"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
)

// New returns the site. c is the configuration of a site that browsers reach
// directly.
//
// Without Origin the site takes itself for one on plain http: its cookie is not
// Secure, and browsers that do not send Sec-Fetch-Site are refused. Without
// TrustedProxies all visitors together are one client, and share its limit.
//
// Pitfall: list the proxy alone. What a listed address says in X-Forwarded-For is
// believed, so a whole private network may be too much.
func New(c maicontact.Config, proxy netip.Addr) (http.Handler, error) {
	c.Site.Origin = "https://shop.example" // as browsers show it
	c.Site.TrustedProxies = []netip.Prefix{netip.PrefixFrom(proxy, proxy.BitLen())}
	mc, err := maicontact.New(c)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/webchat.js", mc.Script())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, shop.Page)
	})
	return mc.Handler(mux), nil
}
