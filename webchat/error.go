package webchat

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Errors to match with errors.Is. Each describes an [*Error].
var (
	// ErrNotFound is status 404: the contact does not exist, or no longer.
	ErrNotFound = errors.New("not found")

	// ErrExists is status 409, or a status 400 or 422 that names the source id: look
	// with [Client.FindBySourceID] and use the contact that has it.
	ErrExists = errors.New("source id refused or already in use")

	// ErrUnauthorized is status 401 or 403: check the API key, and that it
	// belongs to the host of the base URL.
	ErrUnauthorized = errors.New("not authorized")

	// ErrInvalid is any other status 400 or 422, or an argument that was
	// refused before anything was sent (then the status is 0).
	ErrInvalid = errors.New("invalid")

	// ErrTooManyRequests is status 429.
	ErrTooManyRequests = errors.New("too many requests")

	// ErrMismatch is a reply about another contact, inbox or source id than
	// the one that was asked for.
	ErrMismatch = errors.New("reply does not match the request")

	// ErrBadReply is a successful status with a body that cannot be used.
	ErrBadReply = errors.New("reply cannot be used")
)

// Error is a call that did not succeed. Its text has the operation, the
// status and the names of refused fields; never a value, an address or a reply.
type Error struct {
	Operation string // such as "create_contact"
	Status    int    // HTTP status; 0 when there was no reply

	// Fields holds the service's messages by field name, for a program to act
	// on. They may repeat what was sent, so they are not part of the text.
	// Messages about no field are under "detail" or "non_field_errors". At
	// most 50 fields are kept, and the first 500 characters of a message.
	Fields map[string][]string

	// RetryAfter is how long the service asked to wait, at most 5 minutes; 0
	// when it did not say.
	RetryAfter time.Duration

	// Retryable says that the same call may be sent again later as it is, and
	// may then succeed. It is false for a create with an unknown outcome.
	Retryable bool

	// Unknown says that the outcome is not known: a write that may have
	// happened. Look before writing again.
	Unknown bool

	// Err is the cause when there was no usable reply; may be nil.
	Err error
}

// Error returns the operation, the status, the cause and the names of fields.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("webchat: ")
	if e.Operation != "" {
		text.WriteString(e.Operation + ": ")
	}
	if e.Status != 0 {
		fmt.Fprintf(&text, "status %d", e.Status)
		if reason := e.reason(); reason != nil {
			text.WriteString(": " + reason.Error())
		}
		if e.Err != nil {
			text.WriteString(": ")
		}
	}
	switch {
	case e.Err != nil:
		text.WriteString(e.Err.Error())
	case e.Status == 0:
		text.WriteString("failed")
	}
	if names := e.fieldNames(); len(names) > 0 {
		text.WriteString(" (fields: " + strings.Join(names, ", ") + ")")
	}
	if e.Unknown {
		text.WriteString("; it may have happened")
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&text, "; retry after %s", e.RetryAfter.Round(time.Second))
	}
	return text.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether the status and the fields mean target.
func (e *Error) Is(target error) bool { return target != nil && e.reason() == target }

// Format writes the text for every verb, so that no verb prints Fields.
func (e Error) Format(f fmt.State, _ rune) { io.WriteString(f, e.Error()) }

// LogValue returns the text.
func (e Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// MarshalText returns the text, which is also what encoding/json writes.
func (e Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// reason is the sentinel that the status and the fields amount to, or nil.
func (e *Error) reason() error {
	switch e.Status {
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusConflict:
		return ErrExists
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrUnauthorized
	case http.StatusTooManyRequests:
		return ErrTooManyRequests
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		if e.namesSourceID() {
			return ErrExists
		}
		return ErrInvalid
	}
	return nil
}

// namesSourceID reports whether the refusal is about the source id. Neither
// the status nor the text of a clash is documented, so it is read generously:
// looking once too often is cheap, creating twice is not.
func (e *Error) namesSourceID() bool {
	for name, messages := range e.Fields {
		for part := range strings.SplitSeq(name, ".") {
			if plainName(part) == "sourceid" {
				return true
			}
		}
		for _, message := range messages {
			message = plainName(message)
			if strings.Contains(message, "sourceid") && hasAny(message, takenWords) {
				return true
			}
		}
	}
	return false
}

// takenWords speak of a value that is in use, in the languages of the service.
var takenWords = []string{
	"unique", "exist", "already", "taken", "duplicate", "inuse", "conflict",
	"唯一", "已存在", "重複", "重复", "已被使用", "既に",
}

// hasAny reports whether one of the words is in the text.
func hasAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
}

// plainName makes camelCase, snake_case and prose comparable.
func plainName(s string) string {
	return strings.NewReplacer("_", "", " ", "", "-", "").Replace(strings.ToLower(s))
}

// fieldNames returns the names in Fields that this package knows, sorted. The
// rest count as "other": an unknown name may be a piece of what was sent.
func (e *Error) fieldNames() []string {
	names := map[string]bool{}
	for name := range e.Fields {
		top, _, _ := strings.Cut(name, ".")
		if !knownFields[plainName(top)] {
			top = "other"
		}
		names[top] = true
	}
	return slices.Sorted(maps.Keys(names))
}

var knownFields = map[string]bool{
	"id": true, "name": true, "email": true, "phonenumber": true, "phone": true, "avatar": true,
	"sourceid": true, "inboxes": true, "inbox": true, "querymetadata": true,
	"detail": true, "nonfielderrors": true, "message": true, "error": true, "errors": true, "code": true,
}

// invalid is an argument refused before sending. The text must not hold values.
func invalid(operation, text string) *Error {
	return &Error{Operation: operation, Err: fmt.Errorf("%w: %s", ErrInvalid, text)}
}

// badReply is a reply that cannot be used. The text must not hold values.
func badReply(text string) error { return fmt.Errorf("%w: %s", ErrBadReply, text) }
