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
	older := errors.New("Error 1062: Duplicate entry 'secret' for key 'PRIMARY'")
	quotes, tells := errors.New("Error 1062 (23000): Duplicate entry 'secret\nof two lines' for key 'PRIMARY'"), errors.New("Error 1146 (42S02): Table 'shop.t' doesn't exist")
	for _, test := range []struct {
		name    string
		ctx     context.Context
		err     error
		text    string
		matches []error
	}{
		{"the driver's", t.Context(), broken, "sqlstore: read: broken", []error{broken}},
		{"the driver's words for cancellation", cancelled, broken, "sqlstore: read: context canceled: broken", []error{broken, context.Canceled}},
		{"a server that quotes", t.Context(), quotes, "sqlstore: read: Error 1062 (23000)", []error{quotes}},
		{"an older driver", t.Context(), older, "sqlstore: read: Error 1062", []error{older}},
		{"a server that only tells", t.Context(), tells, "sqlstore: read: Error 1146 (42S02): Table 'shop.t' doesn't exist", []error{tells}},
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
