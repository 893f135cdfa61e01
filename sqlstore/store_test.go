package sqlstore

import (
	"context"
	"errors"
	"testing"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("broken")
	for _, test := range []struct {
		name    string
		ctx     context.Context
		err     error
		text    string
		matches []error
	}{
		{"the driver's", t.Context(), broken, "sqlstore: read: broken", []error{broken}},
		{"the driver's words for cancellation", cancelled, broken, "sqlstore: read: context canceled: broken", []error{broken, context.Canceled}},
		{"cancellation", cancelled, context.Canceled, "sqlstore: read: context canceled", []error{context.Canceled}},
	} {
		err := wrap(test.ctx, "read", test.err)
		if err.Error() != test.text {
			t.Errorf("%s: %q, want %q", test.name, err, test.text)
		}
		for _, want := range test.matches {
			if !errors.Is(err, want) {
				t.Errorf("%s: %q is not %v", test.name, err, want)
			}
		}
	}
}
