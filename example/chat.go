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
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/otelcontact"
	"github.com/maicontact/maicontact/webchat"
)

// chat joins the shop and the chat: who somebody is, what they may be told,
// and how the window looks.
type chat struct {
	*maicontact.Middleware
	table     contacts.Store
	scope     contacts.Scope
	calls     *operate.CallLog
	logins    *logins
	catalogue catalogue
}

func newChat(s settings, k *keeper, measured *meters, l *logins, c catalogue, table contacts.Store, log *slog.Logger) (*chat, error) {
	kept, err := k.store("maicontact")
	if err != nil {
		return nil, err
	}
	t := &chat{table: table, scope: contacts.Scope{Namespace: s.namespace, InboxID: s.inboxID}, calls: operate.NewCallLog(0), logins: l, catalogue: c}
	visitors, err := visitorPermissions()
	if err != nil {
		return nil, err
	}
	api := s.chat
	api.OnCall = func(ctx context.Context, c webchat.Call) {
		if ctx.Value(verifying{}) == nil { // the page shows what people cause
			t.calls.Add(ctx, c)
		}
	}
	config := maicontact.Config{
		API:           api,
		InboxID:       s.inboxID,
		Widget:        s.widget,
		Namespace:     s.namespace,
		Identify:      t.identify,
		Sessions:      kept,
		Store:         table,
		WidgetOptions: t.widgetOptions,
		Visitors:      maicontact.Visitors{Start: s.start, Profile: webchat.Profile{QueryMetadata: visitors}},
		Site:          maicontact.Site{Origin: s.origin},
		Timing:        timing,
		Logger:        log,
	}
	if measured == nil {
		t.Middleware, err = maicontact.New(config)
		return t, err
	}
	t.Middleware, _, err = otelcontact.New(config, otelcontact.WithMeterProvider(measured))
	return t, err
}

// verifyTime bounds how long the start waits for MaiAgent.
const verifyTime = 3 * time.Second

// verifying marks the context of what is asked at start.
type verifying struct{}

// verify asks MaiAgent and the table whether the settings fit each other. A shop
// sells without its chat, so it opens all the same.
func (t *chat) verify(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, verifying{}, true), verifyTime)
	defer cancel()
	if err := t.Verify(ctx); err != nil {
		log.Warn("MaiAgent cannot be reached, or a setting does not fit; the shop opens without waiting for that", "error", err)
	}
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
	if err == nil && a.Status == suspendedStatus {
		err = maicontact.ErrSuspended
	}
	return &m, err
}

// memberOf is what MaiAgent should know of an account.
func memberOf(a account) (maicontact.Member, error) {
	permissions, err := permissionsOf(a.Plan)
	if err != nil {
		return maicontact.Member{}, fmt.Errorf("permissions of the plan: %w", err)
	}
	return maicontact.Member{
		ID:       a.ID,
		Revision: a.Revision,
		Profile:  webchat.Profile{Name: a.Name, Email: a.Email, Phone: a.Phone, QueryMetadata: permissions},
	}, nil
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

// setStatus passes on that an account was suspended. Until it has got there, who
// the account is says so with each request.
func (t *chat) setStatus(ctx context.Context, a account) error {
	if a.Status != suspendedStatus {
		return t.tell(ctx, a)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer cancel()
	return t.Suspend(ctx, a.ID)
}

// resume gives an account the chat back.
func (t *chat) resume(ctx context.Context, accountID string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer cancel()
	if err := t.Resume(ctx, accountID); !errors.Is(err, maicontact.ErrNotFound) {
		return err
	}
	return nil // the chat has never heard of them
}

// forget has the chat forget an account for good. Where MaiAgent is slow or down
// the tombstone is enough: the rest goes on by itself.
func (t *chat) forget(ctx context.Context, accountID string) error {
	_, err := t.Erase(ctx, accountID)
	if err == nil {
		return nil
	}
	looked, cancel := context.WithTimeout(context.WithoutCancel(ctx), identifyTime)
	defer cancel()
	row, failed := t.contact(looked, accountID)
	if failed == nil && row != nil && (row.Life == contacts.Erasing || row.Life == contacts.Erased) {
		return nil
	}
	return err
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
