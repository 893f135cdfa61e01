package main

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
)

//go:embed pages
var pageFiles embed.FS

func parsePages() (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"clock": func(t time.Time) string { return t.UTC().Format("15:04:05") },
		"date":  func(t time.Time) string { return t.UTC().Format("2 January 2006 at 15:04:05 UTC") },
		"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"ms":    func(d time.Duration) int64 { return d.Round(time.Millisecond).Milliseconds() },
	}).ParseFS(pageFiles, "pages/*.html")
}

// form is a form that was sent, and not accepted unless something is said of it.
type form struct {
	Name     string
	Problems []problem
	said     flash
	status   int
	values   url.Values
}

// page is what pages/shop.html shows.
type page struct {
	Account  *account // nil: a visitor
	Products []product
	Contact  *contacts.Row // the account's; nil: none yet
	HasChat  bool          // this request got the contact
	Cart     []cartLine
	Outage   *outage              // nil: there is no switch
	Calls    []operate.LoggedCall // the newest first
	Took     times
	Form     form
}

// times are how long the two legs of the page took, and both together.
type times struct {
	Products, Contact, Together time.Duration
	AskedContact                bool
}

// Plan is that of the person; visitors have the basic one.
func (p page) Plan() string { return planOf(p.Account) }

// Held says what MaiAgent answers the account's contact from.
func (p page) Held() string { return held(*p.Contact) }

// Down reports whether the switch for MaiAgent is off.
func (p page) Down() bool { return p.Outage.isDown() }

// Pending reports whether what the panel says will change by itself.
func (p page) Pending() bool {
	return p.Account != nil && (p.Contact == nil || !p.Contact.Due.IsZero())
}

// Said is what is to be said of a form, or of the card of one product.
func (p page) Said(form string, product int64) string {
	if p.Form.said.Form != form || p.Form.said.Product != product {
		return ""
	}
	return p.Form.said.Text
}

// InCart is how many pieces the cart holds. What is for another plan does not
// count.
func (p page) InCart() (n int) {
	for _, line := range p.Cart {
		if !line.Locked {
			n += line.Count
		}
	}
	return n
}

// Total is what the cart costs.
func (p page) Total() string {
	var sum product
	for _, line := range p.Cart {
		if !line.Locked {
			sum.Cents += line.Cents * int64(line.Count)
		}
	}
	return sum.Price()
}

// Problems are those of one of the page's forms.
func (p page) Problems(form string) []problem {
	if p.Form.Name != form {
		return nil
	}
	return p.Form.Problems
}

// Invalid reports whether a field of a form is to be marked.
func (p page) Invalid(form, field string) bool {
	return slices.ContainsFunc(p.Problems(form), func(bad problem) bool { return bad.Field == field || bad.Field == "" })
}

// Value is what stands in a field: what was typed, or else what is known.
func (p page) Value(form, field string) string {
	if p.Form.Name == form && p.Form.values.Has(field) {
		return p.Form.values.Get(field)
	}
	if form != "profile" || p.Account == nil {
		return ""
	}
	return map[string]string{"name": p.Account.Name, "email": p.Account.Email, "phone": p.Account.Phone}[field]
}

// shownCalls is how many calls to MaiAgent the page shows.
const shownCalls = 12

// contactTime is how long the page waits for the contact: hardly longer than
// for its own query. Whatever takes longer goes on without the page.
const contactTime = slowness + 30*time.Millisecond

// showShop shows the shop's page, with a form that was not accepted if there
// is one.
func (s *shop) showShop(w http.ResponseWriter, r *http.Request, f form) {
	p, err := s.load(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	p.Form = f
	s.render(w, r, f.status, "shop.html", p)
}

// load runs the page's own slow query and, for a member, the search for the
// contact beside it. Visitors are not asked about: looking at a page makes
// nothing, only the script does.
func (s *shop) load(r *http.Request) (page, error) {
	start := time.Now()
	a, err := s.logins.account(r.Context(), r)
	if err != nil {
		return page{}, err
	}
	p := page{Account: a, Outage: s.outage}
	var id webchat.ContactID
	group, ctx := errgroup.WithContext(r.Context())
	group.Go(timed(&p.Took.Products, func() (err error) {
		p.Products, err = s.catalogue.products(ctx)
		return err
	}))
	if a != nil && isView(r) {
		waiting, cancel := context.WithTimeout(ctx, contactTime)
		defer cancel()
		p.Took.AskedContact = true
		group.Go(timed(&p.Took.Contact, maicontact.ContactInto(waiting, &id)))
	}
	if err := group.Wait(); err != nil {
		return page{}, err
	}
	p.HasChat = !id.IsZero()
	p.Cart = cartOf(r).lines(p.Products, planOf(a))
	p.Took.Together = time.Since(start)
	if a != nil {
		if p.Contact, err = s.chat.contact(r.Context(), a.ID); err != nil {
			return page{}, err
		}
	}
	p.Calls = s.chat.calls.Last()
	p.Calls = p.Calls[:min(len(p.Calls), shownCalls)]
	return p, nil
}

// isView reports whether somebody looks at the page: not a probe, and not a
// browser that fetches in advance.
func isView(r *http.Request) bool {
	return r.Method == http.MethodGet && !strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch")
}

// timed measures one leg of an errgroup.
func timed(took *time.Duration, leg func() error) func() error {
	return func() error {
		start := time.Now()
		defer func() { *took = time.Since(start) }()
		return leg()
	}
}

// fail answers when something is wrong with the shop itself.
func (s *shop) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil { // otherwise the browser just left
		s.log.ErrorContext(r.Context(), "a request failed", "route", r.Pattern, "error", err)
	}
	s.showMessage(w, r, http.StatusServiceUnavailable, "The shop is closed for a moment. Please try again soon.")
}

func (s *shop) showMessage(w http.ResponseWriter, r *http.Request, status int, message string) {
	s.render(w, r, status, "message.html", message)
}

// render writes a page as a whole, or nothing of it.
func (s *shop) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var out bytes.Buffer
	if err := s.pages.ExecuteTemplate(&out, name, data); err != nil {
		s.log.ErrorContext(r.Context(), "a page cannot be rendered", "page", name, "error", err)
		http.Error(w, "The shop is closed for a moment.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Cookie")
	if status != 0 {
		w.WriteHeader(status)
	}
	_, _ = w.Write(out.Bytes())
}
