package edgetest

import (
	"testing"
)

// A page that came of a form is not sent again because the person changed in
// another tab: the form may be an order.
func TestChangeRepeatsNoPost(t *testing.T) {
	t.Parallel()
	for form, html := range map[string]string{"script": tagged, "static": static} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.page("/", html)
			s.page("/cart", `<!doctype html><form method="post" action="/order"><input name="what" value="shoes"></form>`)
			s.page("/order", html+`<h1>Thank you</h1>`)
			one := browser.Tab(t)
			one.Open(s.url + "/cart")
			login(one, "alice")
			one.Wait(`document.forms[0]`)
			one.Do(`document.forms[0].submit()`)
			one.Wait(`document.querySelector('h1')`)
			settled(one, "started")
			two := one.Another()
			two.Open(s.url + "/cart")
			login(two, "bob")
			two.Open(s.url + "/")
			settled(two, "started")
			s.quiet()
			if n := s.count("POST /order"); n != 1 {
				t.Errorf("the order was sent %d times", n)
			}
		})
	}
}
