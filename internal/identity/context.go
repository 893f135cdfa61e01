package identity

import (
	"context"

	"github.com/maicontact/maicontact/contacts"
)

type personKey struct{}

// WithPerson notes in a context whom work is done for. Nothing outside of this
// module can read it.
func WithPerson(ctx context.Context, p contacts.Person) context.Context {
	return context.WithValue(ctx, personKey{}, p)
}

// PersonIn returns the person of a context; false: nobody was noted.
func PersonIn(ctx context.Context) (contacts.Person, bool) {
	p, ok := ctx.Value(personKey{}).(contacts.Person)
	return p, ok
}
