package webchat

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestErrorIs(t *testing.T) {
	t.Parallel()
	sentinels := []error{ErrNotFound, ErrExists, ErrUnauthorized, ErrInvalid, ErrTooManyRequests, ErrMismatch, ErrBadReply}
	field := func(name string, messages ...string) map[string][]string { return map[string][]string{name: messages} }
	tests := []struct {
		name string
		err  *Error
		want error // nil: none of them
	}{
		{"404", &Error{Status: 404}, ErrNotFound},
		{"401", &Error{Status: 401}, ErrUnauthorized},
		{"403", &Error{Status: 403}, ErrUnauthorized},
		{"409", &Error{Status: 409}, ErrExists},
		{"429", &Error{Status: 429}, ErrTooManyRequests},
		{"400", &Error{Status: 400}, ErrInvalid},
		{"422", &Error{Status: 422, Fields: field("email", "already exists")}, ErrInvalid},
		{"405", &Error{Status: 405}, nil},
		{"500", &Error{Status: 500, Fields: field("sourceId", "unique")}, nil},
		{"camel", &Error{Status: 400, Fields: field("sourceId", "Contact with this value already exists.")}, ErrExists},
		{"snake", &Error{Status: 400, Fields: field("source_id", "?")}, ErrExists},
		{"title", &Error{Status: 400, Fields: field("Source-Id")}, ErrExists},
		{"nested", &Error{Status: 400, Fields: field("errors.0.sourceId", "?")}, ErrExists},
		{"non-field", &Error{Status: 400, Fields: field("non_field_errors", "The fields inbox, source_id must make a unique set.")}, ErrExists},
		{"detail in prose", &Error{Status: 400, Fields: field("detail", "That Source ID is already taken")}, ErrExists},
		{"detail in Chinese", &Error{Status: 400, Fields: field("nonFieldErrors", "欄位 inbox, source_id 必須為唯一的組合。")}, ErrExists},
		{"unique, but not the source id", &Error{Status: 400, Fields: field("email", "must be unique")}, ErrInvalid},
		{"source id, but not unique", &Error{Status: 400, Fields: field("detail", "source id is too long")}, ErrInvalid},
		{"mismatch", &Error{Status: 201, Err: ErrMismatch}, ErrMismatch},
		{"bad reply", &Error{Status: 200, Err: badReply("empty")}, ErrBadReply},
		{"argument", invalid(opGet, "x"), ErrInvalid},
		{"nothing", &Error{}, nil},
	}
	for _, tt := range tests {
		for _, sentinel := range sentinels {
			if got := errors.Is(tt.err, sentinel); got != (sentinel == tt.want) {
				t.Errorf("%s: errors.Is(%v, %v) = %v", tt.name, tt.err, sentinel, got)
			}
		}
		if errors.Is(tt.err, context.Canceled) || errors.Is(tt.err, nil) {
			t.Errorf("%s is something it is not", tt.name)
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  *Error
		want string
	}{
		{&Error{}, "webchat: failed"},
		{&Error{Operation: opGet, Status: 404}, "webchat: get_contact: status 404: not found"},
		{&Error{Operation: opCreate, Status: 502, Unknown: true}, "webchat: create_contact: status 502; it may have happened"},
		{&Error{Operation: opCreate, Status: 400, Fields: map[string][]string{
			"email": {"canary@x is bad"}, "phoneNumber": {"canary"}, "canary.mail": {"x"}, "queryMetadata.canary": {"x"}, "canary2": nil,
		}}, "webchat: create_contact: status 400: invalid (fields: email, other, phoneNumber, queryMetadata)"},
		{&Error{Operation: opFind, Status: 429, RetryAfter: 90*time.Second + time.Millisecond}, "webchat: find_contacts: status 429: too many requests; retry after 1m30s"},
		{&Error{Operation: opFind, Status: 200, Err: badReply("empty")}, "webchat: find_contacts: status 200: reply cannot be used: empty"},
		{invalid(opGet, "contact id is not a UUID"), "webchat: get_contact: invalid: contact id is not a UUID"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
