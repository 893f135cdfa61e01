package crashtest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// comeAndGo is live with logins.
func (m *member) comeAndGo(w *world, open func() string, stop <-chan struct{}) {
	for pause(rand.N(200*time.Millisecond), stop) {
		site := open()
		if site == "" {
			continue
		}
		switch chance := m.random.IntN(100); {
		case !m.isLoggedIn(site) && chance < 20:
			_ = m.logIn(site)
		case !m.isLoggedIn(site):
			m.asVisitor(w, site)
		case chance < 4:
			m.guests++
			_ = m.change(site, "/logout", url.Values{})
		case chance < 14:
			_ = m.change(site, "/profile", m.profile())
		case chance < 20:
			_ = m.change(site, "/plan", url.Values{"plan": {[]string{"basic", "vip"}[m.random.IntN(2)]}})
		case chance < 30:
			_ = m.browser.look(site)
		case chance < 40: // at another browser
			other := m.browser.withoutChat(site)
			other.client.Transport = m.browser.client.Transport
			_, _ = w.ask(other, site, m.email)
		default:
			_, _ = w.ask(m.browser, site, m.email)
		}
	}
}

func (m *member) credentials() url.Values {
	return url.Values{"email": {m.email}, "password": {password}}
}

// isLoggedIn looks for the shop's cookie: a lost reply has changed nothing.
func (m *member) isLoggedIn(site string) bool {
	address, err := url.Parse(site)
	return err == nil && slices.ContainsFunc(m.browser.jar.Cookies(address), func(c *http.Cookie) bool { return c.Name == "shop" })
}

// visit is somebody who never logs in, and sometimes forgets all cookies.
func visit(w *world, number int, transport http.RoundTripper, open func() string, stop <-chan struct{}) {
	b, who := newBrowser(w.t.Context()), 0
	b.client.Transport = transport
	for pause(rand.N(200*time.Millisecond), stop) {
		site := open()
		switch chance := rand.IntN(100); {
		case site == "":
		case chance < 3:
			b, who = newBrowser(w.t.Context()), who+1
			b.client.Transport = transport
		case chance < 20:
			_ = b.look(site)
		default:
			if id, err := b.contactID(site); err == nil {
				w.ledger.note(fmt.Sprintf(visitorPrefix+"%d.%d", number, who), id)
			}
		}
	}
}

// look loads the page.
func (b *browser) look(site string) error {
	response, err := b.client.Get(site + "/")
	if err != nil {
		return err
	}
	return response.Body.Close()
}
