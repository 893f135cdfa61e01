package main

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	// cartCookie holds the cart. It belongs to the browser, not to a person: who
	// signs up, logs in or logs out keeps it.
	cartCookie = "shop-cart"
	cartTime   = 30 * 24 * 60 * 60 // seconds
	// cartMost is how many of one product, and how many products, a cart holds.
	cartMost = 20
)

// cart is how many of each product, by its id, somebody wants. Nil is empty.
type cart map[int64]int

// cartOf reads the cart of a browser, which may have changed it: what makes no
// sense is left out.
func cartOf(r *http.Request) cart {
	cookie, err := r.Cookie(cartCookie)
	if err != nil {
		return nil
	}
	c := cart{}
	for line := range strings.SplitSeq(cookie.Value, ".") {
		id, count, _ := strings.Cut(line, "x")
		product, failed := strconv.ParseInt(id, 10, 64)
		n, err := strconv.Atoi(count)
		if failed == nil && err == nil && n > 0 && len(c) < cartMost {
			c[product] = min(n, cartMost)
		}
	}
	return c
}

// String is the cookie's value: each id, an x and how many, with dots between.
func (c cart) String() string {
	var lines []string
	for id, n := range c {
		lines = append(lines, fmt.Sprintf("%dx%d", id, n))
	}
	slices.Sort(lines)
	return strings.Join(lines, ".")
}

// cartLine is a product of the cart, as the page shows it.
type cartLine struct {
	product
	Count  int
	Locked bool // for another plan: kept, but not to be bought
}

// lines are the products of a cart in the order of the shelf.
func (c cart) lines(shelf []product, plan string) (lines []cartLine) {
	for _, p := range shelf {
		if n := c[p.ID]; n > 0 {
			lines = append(lines, cartLine{p, n, p.LockedFor(plan)})
		}
	}
	return lines
}

// changeCart adds a product, or empties the cart.
func (s *shop) changeCart(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	if r.PostForm.Get("empty") != "" {
		s.setCookie(w, cartCookie, "", -1)
		s.say(w, r, "removed", 0)
		return
	}
	a, err := s.logins.account(r.Context(), r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	shelf, err := s.catalogue.shelf(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	at := slices.IndexFunc(shelf, func(p product) bool { return strconv.FormatInt(p.ID, 10) == r.PostForm.Get("product") })
	if at < 0 || shelf[at].LockedFor(planOf(a)) {
		s.showShop(w, r, form{Name: "cart", status: http.StatusBadRequest, Problems: []problem{{"", "This is not for sale to you."}}})
		return
	}
	c := cartOf(r)
	if c == nil {
		c = cart{}
	}
	c[shelf[at].ID] = min(c[shelf[at].ID]+1, cartMost)
	s.setCookie(w, cartCookie, c.String(), cartTime)
	s.say(w, r, "added", shelf[at].ID)
}
