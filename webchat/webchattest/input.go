package webchattest

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

const (
	maxName   = 255
	maxAvatar = 511
	maxEmail  = 254
	// The vendor names no limits for these; this is the usual size of such a
	// column, and a client that keeps to it is safe.
	maxText = 255
)

// The messages that more than one field is answered with.
const (
	messageRequired = "This field is required."
	messageNull     = "This field may not be null."
	messageBlank    = "This field may not be blank."
	messageString   = "Not a valid string."
)

// fieldErrors are messages by field. A message is a string, or for a list of
// objects an object of messages.
type fieldErrors map[string][]any

// Error implements error, to carry the messages out of a change.
func (fieldErrors) Error() string { return "invalid fields" }

func (e fieldErrors) add(field string, message any) { e[field] = append(e[field], message) }

// input is the body of a write: its fields by their names in camelCase.
type input map[string]json.RawMessage

// parseInput returns the reply to send when the body is no object.
func parseInput(r *http.Request, body []byte) (input, *reply) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return nil, new(detailReply(http.StatusUnsupportedMediaType, "Unsupported media type in request; send application/json."))
	}
	in, err := decodeObject(body)
	if errors.Is(err, errNotObject) {
		return nil, new(jsonReply(http.StatusBadRequest, fieldErrors{"nonFieldErrors": {"Invalid data. Expected a dictionary."}}))
	}
	if err != nil {
		return nil, new(detailReply(http.StatusBadRequest, "JSON parse error."))
	}
	return in, nil
}

var errNotObject = errors.New("not an object")

// decodeObject reads the fields. Of one that comes in both styles the camelCase
// counts.
func decodeObject(body []byte) (input, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, errors.New("not JSON")
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return nil, errNotObject
	}
	in := make(input)
	for key, value := range fields {
		camel := camelKey(key)
		if _, both := fields[camel]; key == camel || !both {
			in[camel] = value
		}
	}
	return in, nil
}

// apply writes the fields into a contact. A partial update leaves what is not
// in the input alone; otherwise it is cleared, or missed when it is required.
func (in input) apply(c *Contact, partial bool, knownInboxes []string) fieldErrors {
	errs := make(fieldErrors)
	for _, field := range []struct {
		name     string
		target   *string
		required bool
		max      int
		check    func(string) string
	}{
		{"name", &c.Name, true, maxName, nil},
		{"email", &c.Email, false, maxEmail, checkEmail},
		{"phoneNumber", &c.Phone, false, maxText, nil},
		{"avatar", &c.Avatar, false, maxAvatar, checkURL},
		{"sourceId", &c.SourceID, false, maxText, nil},
	} {
		raw, given := in[field.name]
		if !given && partial {
			continue
		}
		value, message := textField(raw, given, field.required, field.max, field.check)
		if message != "" {
			errs.add(field.name, message)
			continue
		}
		*field.target = value
	}
	in.applyMetadata(c, partial, errs)
	in.applyInboxes(c, partial, knownInboxes, errs)
	return errs
}

// textField returns the text, or what is wrong with it.
func textField(raw json.RawMessage, given, required bool, limit int, check func(string) string) (value, message string) {
	null := isNull(raw)
	switch {
	case !given && required:
		return "", messageRequired
	case null && required:
		return "", messageNull
	case !given || null:
		return "", ""
	case json.Unmarshal(raw, &value) != nil:
		return "", messageString
	}
	value = strings.TrimSpace(value) // the framework does, before all else
	switch {
	case value == "" && required:
		return "", messageBlank
	case value == "":
		return "", ""
	case strings.ContainsRune(value, 0):
		return "", "Null characters are not allowed."
	case utf8.RuneCountInString(value) > limit:
		return "", fmt.Sprintf("Ensure this field has no more than %d characters.", limit)
	case check != nil:
		return value, check(value)
	}
	return value, ""
}
