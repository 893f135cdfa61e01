package maicontact

import (
	"context"
	"errors"

	"github.com/maicontact/maicontact/webchat"
)

// ContactID returns the contact of whoever makes the request, and makes one
// when there is none yet. ctx is the request's context or one made from it.
// It waits no longer than Config.Budget. Each request is answered at most
// once; later calls get the same answer.
//
// The error is a [Reason] when there is no chat (match it with errors.Is),
// [ErrNoMiddleware], or that of ctx. A reply that an id was asked for is
// marked private and kept out of shared caches; ask before its first byte, or
// the answer is [TooLate]. Safe for concurrent use,
// also beside the handler's own use of gorilla sessions.
func ContactID(ctx context.Context) (webchat.ContactID, error) {
	v, err := visitOf(ctx)
	if err != nil {
		return "", err
	}
	known := v.contact(ctx)
	return known.id, known.err
}

// ContactInto is ContactID as one leg of an errgroup:
//
//	var id webchat.ContactID
//	g, ctx := errgroup.WithContext(r.Context())
//	g.Go(maicontact.ContactInto(ctx, &id))
//	g.Go(func() error { … load the page's data … })
//
// The leg leaves id empty when there is no chat, and then returns nil: a page
// must not fail for want of the chat. Only ErrNoMiddleware is an error.
func ContactInto(ctx context.Context, id *webchat.ContactID) func() error {
	return func() error {
		got, err := ContactID(ctx)
		if errors.Is(err, ErrNoMiddleware) {
			return err
		}
		*id = got
		return nil
	}
}

// ContactOrReason is [ContactID] for a page that wants to show or count why
// there is no chat. The reason is empty when there is an id. It is
// [Misconfigured] where the request did not pass through [Middleware.Handler],
// and [Unavailable] when ctx ended first. Safe for concurrent use.
func ContactOrReason(ctx context.Context) (webchat.ContactID, Reason) {
	id, err := ContactID(ctx)
	if err != nil {
		return "", reasonOf(err)
	}
	return id, ""
}
