package main

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
)

//go:embed assets
var assets embed.FS

// maxForm is how long the body of a request may be, in bytes.
const maxForm = 64 << 10

// shop is the web site.
type shop struct {
	log       *slog.Logger
	accounts  *accounts
	logins    *logins
	catalogue catalogue
	chat      *chat
	outage    *outage // nil: the MaiAgent is a real one
	pages     *template.Template
	admin     http.Handler // nil: there is none
	routes    http.Handler
}

func newShop(s settings, k *keeper, m *meters, db *tables, table contacts.Store, log *slog.Logger) (*shop, error) {
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	shop := &shop{log: log, accounts: &accounts{db}, catalogue: catalogue{db}, outage: s.outage, pages: pages}
	if shop.logins, err = newLogins(s, k, shop.accounts); err != nil {
		return nil, err
	}
	if shop.chat, err = newChat(s, k, m, shop.logins, shop.catalogue, table, log); err != nil {
		return nil, err
	}
	if s.adminPassword != "" {
		if shop.admin, err = newAdmin(s, shop.chat, log); err != nil {
			return nil, err
		}
	}
	policy, err := contentPolicy(s.widget, s.simulated)
	if err != nil {
		return nil, err
	}
	routes, err := guarded(s.origin, http.MaxBytesHandler(shop.mux(), maxForm))
	if err != nil {
		return nil, err
	}
	shop.routes = secured(policy, routes)
	return shop, nil
}

// handler is the whole site behind the chat's middleware.
func (s *shop) handler() http.Handler { return s.chat.Handler(s.routes) }

func (s *shop) mux() http.Handler {
	mux := http.NewServeMux()
	route := func(method, path string, handle http.HandlerFunc) {
		mux.HandleFunc(method+" "+path, handle)
		mux.HandleFunc(path, s.wrongMethod(method))
	}
	route("GET", "/{$}", s.home)
	route("GET", "/healthz", s.health)
	for _, name := range []string{"assets/shop.css", "assets/icon.svg", "assets/chat.js"} {
		route("GET", "/"+name, serveAsset(name))
	}
	route("POST", "/signup", s.signUp)
	route("POST", "/login", s.logIn)
	route("POST", "/logout", s.logOut)
	route("POST", "/profile", s.profile)
	route("POST", "/plan", s.plan)
	route("POST", "/status", s.status)
	route("POST", "/erase", s.erase)
	route("POST", "/cart", s.changeCart)
	if s.outage != nil {
		route("POST", "/maiagent", s.switchMaiAgent)
	}
	mux.Handle(maicontact.DefaultScriptPath, s.chat.Script())
	if s.admin != nil {
		mux.Handle(adminPath, s.admin)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.showMessage(w, r, http.StatusNotFound, "There is no such page.")
	})
	return mux
}

func (s *shop) wrongMethod(allowed string) http.HandlerFunc {
	if allowed == http.MethodGet {
		allowed = "GET, HEAD"
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allowed)
		s.showMessage(w, r, http.StatusMethodNotAllowed, "This address takes no "+r.Method+" requests.")
	}
}

func serveAsset(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=300")
		http.ServeFileFS(w, r, assets, name)
	}
}

// healthTime bounds how long the database may take to prove that it is there.
const healthTime = 2 * time.Second

func (s *shop) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTime)
	defer cancel()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := s.catalogue.check(ctx); err != nil {
		s.log.WarnContext(r.Context(), "the database does not answer", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("the database does not answer\n"))
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

func (s *shop) home(w http.ResponseWriter, r *http.Request) {
	var said flash
	if isView(r) {
		said = s.takeFlash(w, r)
	}
	s.showShop(w, r, form{said: said})
}

func (s *shop) signUp(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	f, problems := readSignUp(r.PostForm)
	if problems != nil {
		s.showShop(w, r, form{Name: "signup", status: http.StatusBadRequest, Problems: problems, values: r.PostForm})
		return
	}
	a, err := s.accounts.create(r.Context(), f)
	if errors.Is(err, errEmailTaken) {
		s.showShop(w, r, form{Name: "signup", status: http.StatusConflict, values: r.PostForm,
			Problems: []problem{{"email", "There is an account with this email already. Log in instead?"}}})
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.changePerson(w, r, a.ID, "signup")
}

func (s *shop) logIn(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	f, _ := readFields(r.PostForm, "email", "password")
	a, err := s.accounts.logIn(r.Context(), f.email, f.password)
	if errors.Is(err, errNoAccount) {
		s.showShop(w, r, form{Name: "login", status: http.StatusUnauthorized, values: r.PostForm,
			Problems: []problem{{"", "The email or the password is wrong."}}})
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.changePerson(w, r, a.ID, "login")
}

// logOut leads to the top of the page, which says that nobody is logged in.
// What was still to be said was for who has left.
func (s *shop) logOut(w http.ResponseWriter, r *http.Request) {
	if err := s.logins.change(w, r, ""); err != nil {
		s.fail(w, r, err)
		return
	}
	if _, err := r.Cookie(flashCookie); err == nil {
		s.setCookie(w, flashCookie, "", -1)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// changePerson makes the browser another person's, and says so.
func (s *shop) changePerson(w http.ResponseWriter, r *http.Request, accountID, said string) {
	if err := s.logins.change(w, r, accountID); err != nil {
		s.fail(w, r, err)
		return
	}
	s.say(w, r, said, 0)
}

func (s *shop) profile(w http.ResponseWriter, r *http.Request) {
	s.changeAccount(w, r, "profile", func(ctx context.Context, id string) (account, []problem, error) {
		f, problems := readProfile(r.PostForm)
		if problems != nil {
			return account{}, problems, nil
		}
		a, err := s.accounts.change(ctx, id, f)
		return a, nil, err
	}, s.chat.tell)
}

func (s *shop) plan(w http.ResponseWriter, r *http.Request) {
	s.changeAccount(w, r, "plan", func(ctx context.Context, id string) (account, []problem, error) {
		plan := r.PostForm.Get("plan")
		if plan != basicPlan && plan != vipPlan && plan != nonePlan {
			return account{}, []problem{{"plan", "Please choose the plan basic, vip or none."}}, nil
		}
		a, err := s.accounts.setPlan(ctx, id, plan)
		return a, nil, err
	}, s.chat.tell)
}

// status is what a back office would do; here everybody may, with themselves.
func (s *shop) status(w http.ResponseWriter, r *http.Request) {
	s.changeAccount(w, r, "status", func(ctx context.Context, id string) (account, []problem, error) {
		status := r.PostForm.Get("status")
		if status != activeStatus && status != suspendedStatus {
			return account{}, []problem{{"status", "An account is active or suspended."}}, nil
		}
		if status == activeStatus {
			// First, or nothing would end the suspension should the shop die between.
			if err := s.chat.resume(ctx, id); err != nil {
				return account{}, nil, err
			}
		}
		a, err := s.accounts.setStatus(ctx, id, status)
		return a, nil, err
	}, s.chat.setStatus)
}

// erase has MaiAgent forget the person, and the shop as well. The tombstone comes
// first: whatever fails after it, the person is not made again.
func (s *shop) erase(w http.ResponseWriter, r *http.Request) {
	a, err := s.logins.account(r.Context(), r)
	switch {
	case err != nil:
		s.fail(w, r, err)
		return
	case a == nil:
		s.showShop(w, r, form{Name: "login", status: http.StatusUnauthorized, Problems: []problem{{"", "Please log in first."}}})
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), tellTime)
	defer cancel()
	if err := s.chat.forget(ctx, a.ID); err != nil {
		s.fail(w, r, err)
		return
	}
	if err := s.accounts.delete(ctx, a.ID); err != nil {
		s.fail(w, r, err)
		return
	}
	s.changePerson(w, r, "", "erase")
}

// changeAccount changes the account of whoever is logged in, and tells the
// chat.
func (s *shop) changeAccount(w http.ResponseWriter, r *http.Request, name string,
	change func(ctx context.Context, id string) (account, []problem, error), tell func(context.Context, account) error,
) {
	if !s.parseForm(w, r) {
		return
	}
	a, err := s.logins.account(r.Context(), r)
	var problems []problem
	if err == nil && a != nil {
		var changed account
		changed, problems, err = change(r.Context(), a.ID)
		a = &changed
	}
	f := form{Name: name, Problems: problems, values: r.PostForm}
	switch {
	case a == nil && err == nil, errors.Is(err, errNoAccount):
		f.Name, f.status, f.Problems = "login", http.StatusUnauthorized, []problem{{"", "Please log in first."}}
		s.showShop(w, r, f)
	case errors.Is(err, errEmailTaken):
		f.status, f.Problems = http.StatusConflict, []problem{{"email", "Another account has this email."}}
		s.showShop(w, r, f)
	case err != nil:
		s.fail(w, r, err)
	case problems != nil:
		f.status = http.StatusBadRequest
		s.showShop(w, r, f)
	default:
		if err := tell(r.Context(), *a); err != nil {
			s.log.WarnContext(r.Context(), "the chat was not told of a change; it hears of it with the member's next request", "error", err)
		}
		said := name
		if name == "status" {
			said = a.Status
		}
		s.say(w, r, said, 0)
	}
}

// parseForm reads the form, and answers by itself when that fails.
func (s *shop) parseForm(w http.ResponseWriter, r *http.Request) bool {
	parse := r.ParseForm
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		parse = func() error { return r.ParseMultipartForm(maxForm) } // #nosec G120 -- MaxBytesHandler bounds it
	}
	err := parse()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		s.showMessage(w, r, http.StatusRequestEntityTooLarge, "This form is too large.")
		return false
	}
	if err != nil {
		s.showMessage(w, r, http.StatusBadRequest, "This form cannot be read.")
		return false
	}
	return true
}
