package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// chat joins the shop and the chat: who somebody is, what they may be told,
// and how the window looks.
type chat struct {
	*maicontact.Middleware
	table     maicontact.Store
	scope     contacts.Scope
	calls     *callLog
	logins    *logins
	catalogue catalogue
}

func newChat(s settings, l *logins, c catalogue, table maicontact.Store, log *slog.Logger) (*chat, error) {
	cookies, err := newCookieStore(s.sessionKey, "maicontact")
	if err != nil {
		return nil, err
	}
	t := &chat{table: table, scope: contacts.Scope{Namespace: s.namespace, InboxID: s.inboxID}, calls: &callLog{}, logins: l, catalogue: c}
	api := s.chat
	api.OnCall = t.calls.add
	t.Middleware, err = maicontact.New(maicontact.Config{
		API:           api,
		InboxID:       s.inboxID,
		Widget:        s.widget,
		Namespace:     s.namespace,
		Identify:      t.identify,
		Sessions:      cookies,
		Store:         table,
		WidgetOptions: t.widgetOptions,
		Visitors:      maicontact.Visitors{Start: s.start},
		Site:          maicontact.Site{Origin: s.origin},
		Timing:        timing,
		Logger:        log,
	})
	return t, err
}

// identifyTime bounds how long it may take to find out who somebody is.
const identifyTime = 2 * time.Second

// identify tells the middleware who makes a request. When the database cannot
// tell, there is no chat: a member must not become a visitor.
func (t *chat) identify(r *http.Request) (*maicontact.Member, error) {
	ctx, cancel := context.WithTimeout(r.Context(), identifyTime)
	defer cancel()
	a, err := t.logins.account(ctx, r)
	if err != nil || a == nil {
		return nil, err
	}
	m, err := memberOf(*a)
	return &m, err
}

// memberOf is what MaiAgent should know of an account.
func memberOf(a account) (maicontact.Member, error) {
	permissions, err := permissionsOf(a.Plan).QueryMetadata()
	if err != nil {
		return maicontact.Member{}, fmt.Errorf("permissions of the plan: %w", err)
	}
	return maicontact.Member{
		ID:       a.ID,
		Revision: a.Revision,
		Profile:  webchat.Profile{Name: a.Name, Email: a.Email, Phone: a.Phone, QueryMetadata: permissions},
	}, nil
}

// What the assistant knows. A real shop has the ids from MaiAgent's console.
const (
	catalogueBase = "5b0d7c6e-1f5a-4f3c-9a53-0c2d6a1e7f01" // what the shop sells
	reserveBase   = "5b0d7c6e-1f5a-4f3c-9a53-0c2d6a1e7f02" // the shelf at the back
	publicLabel   = "9c1f2a34-7b8d-4e5f-8a6b-3d4c5e6f7a01"
	vipLabel      = "9c1f2a34-7b8d-4e5f-8a6b-3d4c5e6f7a02"
)

// permissionsOf says which documents a contact of that plan may be told of.
func permissionsOf(plan string) webchat.Permissions {
	bases := []webchat.KnowledgeBase{{ID: catalogueBase, All: true}}
	labels := webchat.AllOf(webchat.Label(publicLabel))
	if plan == vipPlan {
		bases = append(bases, webchat.KnowledgeBase{ID: reserveBase, All: true})
		labels = webchat.AnyOf(webchat.Label(publicLabel), webchat.Label(vipLabel))
	}
	return webchat.Permissions{KnowledgeBases: bases, Labels: &labels}
}

// widgetOptions gives the chat the brand colour of the person's plan.
func (t *chat) widgetOptions(r *http.Request) (webchat.Options, error) {
	ctx, cancel := context.WithTimeout(r.Context(), identifyTime)
	defer cancel()
	a, err := t.logins.account(ctx, r)
	if err != nil {
		return webchat.Options{}, err
	}
	colour, err := t.catalogue.colour(ctx, planOf(a))
	return webchat.Options{PrimaryColor: colour}, err
}

func planOf(a *account) string {
	if a == nil {
		return basicPlan
	}
	return a.Plan
}

// tellTime bounds how long a change may take to be written down for MaiAgent.
const tellTime = 5 * time.Second

// tell passes a change on at once. Without it MaiAgent would hear of it with
// the account's next request.
func (t *chat) tell(ctx context.Context, a account) error {
	// The change is made, whether or not the browser waits for the reply.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer cancel()
	m, err := memberOf(a)
	if err != nil {
		return err
	}
	return t.UpdateMember(ctx, m)
}

// contact returns the account's row of the contact management table; nil when
// there is none yet.
func (t *chat) contact(ctx context.Context, accountID string) (*contacts.Row, error) {
	row, _, err := t.table.Get(ctx, t.scope.Member(accountID))
	if errors.Is(err, maicontact.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &row, nil
}
