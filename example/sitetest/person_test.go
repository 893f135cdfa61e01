package sitetest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// person is somebody with a browser of their own, looking at one tab.
type person struct {
	*chromium.Tab
	w *world
}

func (w *world) person(t *testing.T) person {
	t.Helper()
	return person{browser.Tab(t), w}
}

// another is another tab of the same person.
func (p person) another() person { return person{p.Another(), p.w} }

// visit opens the shop.
func (p person) visit() {
	p.w.t.Helper()
	p.Open(p.w.origin(shopHost) + "/")
}

// submit fills the form with name, value pairs, sends it, and waits for the
// page that follows.
func (p person) submit(action string, fields ...string) {
	p.w.t.Helper()
	values, err := json.Marshal(append([]string{}, fields...))
	if err != nil {
		p.w.t.Fatal(err)
	}
	form := `document.querySelector('form[action="` + action + `"]')`
	p.Wait(form)
	p.leave(`{
		const form = ` + form + `;
		const values = ` + string(values) + `;
		for (let i = 0; i < values.length; i += 2) form.elements[values[i]].value = values[i + 1];
		form.requestSubmit();
	}`)
}

// leave does what leads to another page, and waits for that page.
func (p person) leave(expression string) {
	p.w.t.Helper()
	p.Do(`window.left = true; ` + expression)
	p.Wait(`!window.left && document.readyState === 'complete'`)
}

func (p person) reload() {
	p.w.t.Helper()
	p.leave(`location.reload()`)
}

func email(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), " ", ".") + "@example.test"
}

func (p person) signUp(name string) {
	p.w.t.Helper()
	p.submit("/signup", "name", name, "email", email(name), "phone", "+351 912 000 111", "password", password)
}

func (p person) logIn(name string) {
	p.w.t.Helper()
	p.submit("/login", "email", email(name), "password", password)
}

func (p person) logOut() {
	p.w.t.Helper()
	p.submit("/logout")
}

// seen is what a person sees: whom the page takes them for, and the chat.
type seen struct {
	Page, Chat string
}

var visitor = seen{"You are a visitor", "Anonymous"}

func member(name string) seen { return seen{name, name} }

// chatStarted is true once the chat knows whom it talks to.
const chatStarted = `window.maicontact && maicontact.status().state === 'started' &&
	document.querySelector('[data-maiagent=panel]')?.dataset.state !== 'loading'`

// see waits for the chat and returns what is seen, and the contact id that the
// page has. There must be one chat, and MaiAgent's own record of the contact
// must be what it says.
func (p person) see() (seen, string) {
	p.w.t.Helper()
	p.Wait(chatStarted)
	type page struct {
		Who, Name, ID string
		Chats         int
	}
	got := chromium.Eval[page](p.Tab, `({
		who: document.querySelector('#who')?.textContent,
		name: document.querySelector('[data-maiagent=name]')?.textContent,
		id: window.maiagentChatbotConfig?.contactId,
		chats: document.querySelectorAll('[data-maiagent=panel]').length,
	})`)
	if got.Chats != 1 {
		p.w.t.Errorf("the page has %d chats", got.Chats)
	}
	if c, ok := p.w.sim.Contact(got.ID); !ok || c.Deleted || c.Name != got.Name {
		p.w.t.Errorf("the chat talks as %q, and MaiAgent has %q for that contact", got.Name, c.Name)
	}
	return seen{got.Who, got.Name}, got.ID
}

// wantSeen is see with the outcome known. It returns the contact id.
func (p person) wantSeen(want seen) string {
	p.w.t.Helper()
	got, id := p.see()
	if got != want {
		p.w.t.Errorf("the person sees %+v, want %+v", got, want)
	}
	return id
}
