package maicontact

import (
	"context"
	"errors"
	"time"

	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/internal/render"
	"github.com/maicontact/maicontact/internal/session"
	"github.com/maicontact/maicontact/webchat"
)

// ContactID returns the contact of whoever makes the request, and makes one when
// there is none yet, but not for a visitor who has not opened the chat (NotOpened;
// see OnOpen). ctx is the request's context or one made from it. It waits no longer
// than Timing.Budget. Each request is answered at most once.
//
// The error is a [Reason] when there is no chat (match it with errors.Is),
// [ErrNoMiddleware], [ErrSeveral], or that of ctx. A reply that an id was asked
// for is marked private and kept out of shared caches; ask before its first
// byte, or the answer is [TooLate]. Safe for concurrent use, also beside the
// handler's own use of gorilla sessions.
func ContactID(ctx context.Context) (webchat.ContactID, error) {
	return only.ContactID(ctx)
}

// ContactID is the function of that name for this middleware, where several
// wrap one site.
func (m *Middleware) ContactID(ctx context.Context) (webchat.ContactID, error) {
	x, err := m.exchangeOf(ctx)
	if err != nil {
		return "", err
	}
	known := x.contact(ctx)
	return known.id, known.err
}

// ContactInto is ContactID as one leg of an errgroup:
//
//	var id webchat.ContactID
//	g, ctx := errgroup.WithContext(r.Context())
//	g.Go(maicontact.ContactInto(ctx, &id))
//	g.Go(func() error { … load the page's data … })
//
// The leg leaves id empty when there is no chat, and then returns nil: a page must
// not fail for want of the chat. Only ErrNoMiddleware and ErrSeveral are errors.
func ContactInto(ctx context.Context, id *webchat.ContactID) func() error {
	return only.ContactInto(ctx, id)
}

// ContactInto is the function of that name for this middleware.
func (m *Middleware) ContactInto(ctx context.Context, id *webchat.ContactID) func() error {
	return func() error {
		got, err := m.ContactID(ctx)
		if errors.Is(err, ErrNoMiddleware) || errors.Is(err, ErrSeveral) {
			return err
		}
		*id = got
		return nil
	}
}

// ContactOrReason is [ContactID] for a page that wants to show or count why there is
// no chat. The reason is empty when there is an id. It is [Misconfigured] where the
// request did not pass through [Middleware.Handler], or through several, and
// [Unavailable] when ctx ended first. Safe for concurrent use.
func ContactOrReason(ctx context.Context) (webchat.ContactID, Reason) {
	return only.ContactOrReason(ctx)
}

// ContactOrReason is the function of that name for this middleware.
func (m *Middleware) ContactOrReason(ctx context.Context) (webchat.ContactID, Reason) {
	id, err := m.ContactID(ctx)
	return id, reasonOf(err)
}

func noChat(reason Reason, owner string) render.Answer {
	return render.Answer{Reason: string(reason), Retry: reason.MayPass(), Owner: owner}
}

// answer finds the contact and the request's own widget options, each beside
// the other.
func (x *exchange) answer(ctx context.Context) render.Answer {
	known, options := x.contactAndOptions(ctx)
	if known.err != nil {
		reason := reasonOf(known.err)
		x.reportAsk(ctx, x.askedAt, reason, nil)
		a := noChat(reason, known.owner)
		if a.Closed = reason == NotOpened; a.Closed {
			a.Options = options
		}
		return a
	}
	a := render.Answer{ID: known.id, Owner: known.owner}
	if options != nil {
		config, err := x.mc.config.Widget.Config(known.id, *options)
		if err != nil {
			x.mc.log.WarnContext(ctx, "maicontact: Config.WidgetOptions returned options that cannot be used", "error", err)
		}
		a.Config = config
	}
	return a
}

// render writes an answer. It fails only for a contact id from a store that is not one.
func (x *exchange) render(ctx context.Context, b []byte, a render.Answer, write func([]byte, render.Answer) ([]byte, error)) []byte {
	text, err := write(b, a)
	if err != nil {
		x.mc.log.ErrorContext(ctx, "maicontact: the widget configuration cannot be written", "error", err)
		x.reportAsk(ctx, time.Time{}, Misconfigured, nil)
		text, _ = write(b, noChat(Misconfigured, a.Owner))
	}
	return text
}

// contactAndOptions finds the contact beside the request's own options, if it has any.
func (x *exchange) contactAndOptions(ctx context.Context) (outcome, *webchat.Options) {
	if x.mc.config.WidgetOptions == nil {
		return x.contact(ctx), nil
	}
	return background.Both(ctx, x.contact, x.widgetOptions)
}

// widgetOptions returns nil when Config.WidgetOptions fails.
func (x *exchange) widgetOptions(ctx context.Context) *webchat.Options {
	m := x.mc
	options, err := m.config.WidgetOptions(x.privateCopy(ctx, new(session.Isolated)))
	if err != nil {
		m.log.WarnContext(ctx, "maicontact: Config.WidgetOptions failed; the chat starts without them", "error", err)
		return nil
	}
	return &options
}
