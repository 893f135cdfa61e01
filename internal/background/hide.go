package background

import "context"

// Hide returns a context without one value of its parents.
func Hide(ctx context.Context, key any) context.Context { return hiding{ctx, key} }

type hiding struct {
	context.Context
	key any
}

// Value implements [context.Context].
func (c hiding) Value(key any) any {
	if key == c.key {
		return nil
	}
	return c.Context.Value(key)
}
