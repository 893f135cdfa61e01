package crashtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"
)

// What the personal data of the members begins or ends with.
const (
	namePrefix  = "Zyxandra"
	emailDomain = "@crash.example"
	phonePrefix = "+49 555 7310"
)

// member is a person at a browser.
type member struct {
	number  int
	email   string
	browser *browser
	random  *rand.Rand
	changes int

	// As a visitor: how often another one, the contact, and whether a login may
	// have come to pass whose reply did not come.
	guests int
	guest  string
	unsure bool
}

// asVisitor asks while nobody is logged in.
func (m *member) asVisitor(w *world, site string) {
	id, err := m.browser.contactID(site)
	if err != nil {
		return
	}
	if m.unsure && id != m.guest {
		m.guests++ // the former visitor is retired
	}
	m.guest, m.unsure = id, false
	w.ledger.note(fmt.Sprintf(visitorPrefix+"%s %d", m.email, m.guests), id)
}

// logIn may fail, and log in all the same.
func (m *member) logIn(site string) error {
	m.unsure = true
	return m.change(site, "/login", m.credentials())
}

func newMember(ctx context.Context, number int) *member {
	return &member{
		number: number, email: fmt.Sprintf("m%02d", number) + emailDomain, browser: newBrowser(ctx),
		random: rand.New(rand.NewPCG(rand.Uint64(), uint64(number))),
	}
}

// profile is a new one each time.
func (m *member) profile() url.Values {
	m.changes++
	return url.Values{
		"name":  {fmt.Sprintf("%s %02d v%d", namePrefix, m.number, m.changes)},
		"phone": {fmt.Sprintf("%s %02d%03d", phonePrefix, m.number, m.changes)},
	}
}

// signUp makes the account. When the reply to a former try was lost it is
// there already.
func (m *member) signUp(site string) error {
	m.unsure = true
	form := m.profile()
	form.Set("email", m.email)
	form.Set("password", password)
	status, err := m.browser.post(site+"/signup", form)
	if err == nil && status == http.StatusConflict {
		status, err = m.browser.post(site+"/login", form)
	}
	if err == nil && status != http.StatusSeeOther {
		err = fmt.Errorf("sign up: status %d", status)
	}
	return err
}

// change posts a form and expects a redirect.
func (m *member) change(site, path string, form url.Values) error {
	status, err := m.browser.post(site+path, form)
	if err == nil && status != http.StatusSeeOther {
		err = fmt.Errorf("%s: status %d", path, status)
	}
	return err
}

// live does what people do, with whatever shop is open, until stop is closed.
// Whatever fails is tried again or left.
func (m *member) live(w *world, open func() string, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(m.random.Int64N(int64(150 * time.Millisecond)))):
		}
		site := open()
		switch chance := m.random.IntN(100); {
		case site == "":
		case chance < 15:
			_ = m.change(site, "/profile", m.profile())
		case chance < 25:
			plan := []string{"basic", "vip"}[m.random.IntN(2)]
			_ = m.change(site, "/plan", url.Values{"plan": {plan}})
		case chance < 40: // at another browser
			_, _ = w.ask(m.browser.withoutChat(site), site, m.email)
		default:
			_, _ = w.ask(m.browser, site, m.email)
		}
	}
}
