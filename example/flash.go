package main

import (
	"net/http"
	"strconv"
	"strings"
)

const (
	// flashCookie carries what the next page says, and where, from the reply to
	// a form to that page. It is apart from the login: a page that only takes a
	// message away must not write a login back that ended meanwhile.
	flashCookie = "shop-flash"
	flashTime   = 60 // seconds
)

// flash is what the page says once after a form was accepted. The zero value
// says nothing.
type flash struct {
	Form    string // the form's name
	Product int64  // the card's, when it was about a product
	Text    string
}

// flashTexts are all that can be said: a cookie of another's making can choose
// among them and no more.
var flashTexts = map[string]flash{
	"signup":    {Form: "account", Text: "Saved: you have an account, and you are logged in."},
	"login":     {Form: "account", Text: "You are logged in."},
	"erase":     {Form: "account", Text: "Erased: your account is gone, and MaiAgent is told to forget your contact."},
	"profile":   {Form: "profile", Text: "Saved. MaiAgent is told at once."},
	"plan":      {Form: "plan", Text: "Saved. The chat goes on when MaiAgent is seen to hold your plan."},
	"suspended": {Form: "status", Text: "Saved: the account is suspended."},
	"active":    {Form: "status", Text: "Saved: the account is active."},
	"added":     {Form: "card", Text: "In your cart."},
	"removed":   {Form: "cart", Text: "Your cart is empty."},
	"down":      {Form: "outage", Text: "MaiAgent is down. The shop goes on."},
	"up":        {Form: "outage", Text: "MaiAgent is up again. Within some seconds the chat is, too."},
}

// say has the next page say something, and shows that page.
func (s *shop) say(w http.ResponseWriter, r *http.Request, name string, product int64) {
	value := name
	if product != 0 {
		value += "." + strconv.FormatInt(product, 10)
	}
	s.setCookie(w, flashCookie, value, flashTime)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// takeFlash returns what is to be said, and has it said only once.
func (s *shop) takeFlash(w http.ResponseWriter, r *http.Request) flash {
	cookie, err := r.Cookie(flashCookie)
	if err != nil {
		return flash{}
	}
	s.setCookie(w, flashCookie, "", -1)
	name, product, _ := strings.Cut(cookie.Value, ".")
	f := flashTexts[name]
	f.Product, _ = strconv.ParseInt(product, 10, 64)
	return f
}

// setCookie sets a cookie of the shop that is no secret. A negative age, in
// seconds, takes it away.
func (s *shop) setCookie(w http.ResponseWriter, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{ // #nosec G124 -- Secure where the shop is
		Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.logins.secure, SameSite: http.SameSiteLaxMode,
	})
}
