package doctor

import (
	"context"
	"errors"
	"fmt"
)

// startChecks are the checks of the settings, without those of what has happened since.
var startChecks = []string{"api", "key", "inbox", "webchat", "chathost", "embed", "table", "clock", "namespace"}

// Verify makes the checks that a site may make each time it starts: whether key,
// inbox and web chat, the chat host and its embed, the table, its clock and its
// namespace fit each other. The error has a line for each check that failed. warn gets
// each warning.
func Verify(ctx context.Context, s Site, warn func(Result)) error {
	var wrong []error
	err := Examine(ctx, s, func(r Result) {
		switch r.State {
		case Fail:
			wrong = append(wrong, fmt.Errorf("%s: %s", r.Check, r.Says))
		case Warn:
			warn(r)
		}
	}, startChecks...)
	return errors.Join(append(wrong, err)...)
}
