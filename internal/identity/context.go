package identity

import (
	"context"

	"github.com/maicontact/maicontact/contacts"
)

type personKey struct{}

// WithPerson returns a context that carries the person whom work is done for. Only
// this module can read it.
func WithPerson(ctx context.Context, p contacts.Person) context.Context {
	return context.WithValue(ctx, personKey{}, p)
}

// PersonIn returns the person in a context; false: there is none.
func PersonIn(ctx context.Context) (contacts.Person, bool) {
	p, ok := ctx.Value(personKey{}).(contacts.Person)
	return p, ok
}
