package webchat

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Draft is a contact as the site wants it to be. Printing it gives "[private]".
type Draft struct {
	private `yaml:"-"`

	// InboxID of the conversation platform the contact belongs to. Required.
	// It is not the web chat id of the embed.
	InboxID string

	// InboxIDs are further inboxes that the contact is in and shall stay in.
	// They are sent after InboxID; one that is there already is not repeated.
	InboxIDs []string

	// SourceID is the site's own id of the person, unique per inbox. Required:
	// without it a contact cannot be found again after a lost reply.
	SourceID string

	// Profile is normalized before it is sent.
	Profile Profile

	// Omit names text fields to leave out of what is sent, because the service
	// refuses them: see [Error.RefusedFields]. Since a contact needs a name,
	// [AnonymousName] is sent in the place of an omitted one, and no name only
	// when that is the name which is omitted. [FieldQueryMetadata] cannot be
	// omitted: it decides what the person may be told.
	Omit []Field

	// None is how Replace writes that there is no query metadata. Create leaves
	// it out: a new contact has none.
	None NoneStyle
}

// NoneStyle is a way to write that there is no query metadata. The service does
// not document which one it reads so.
type NoneStyle int

const (
	// NoneNull writes null. It is the default.
	NoneNull NoneStyle = iota
	// NoneEmpty writes an empty object.
	NoneEmpty
	// NoneOmitted leaves the field out. A service that keeps what is left out
	// of a PUT then keeps the query metadata that it has.
	NoneOmitted
)

// body writes the draft as the service reads it.
func (d Draft) body(operation string, whole bool) ([]byte, *Error) {
	if failure := d.check(operation); failure != nil {
		return nil, failure
	}
	p := d.Profile.Normalized()
	content := map[string]any{"inboxes": d.inboxes(), "sourceId": d.SourceID}
	switch {
	case !d.omits(FieldName):
		content["name"] = p.Name
	case p.Name != AnonymousName:
		content["name"] = AnonymousName
	}
	for field, value := range map[Field]string{FieldEmail: p.Email, FieldPhone: p.Phone, FieldAvatar: p.Avatar} {
		switch {
		case d.omits(field):
		case value != "":
			content[field.wire()] = value
		case whole:
			content[field.wire()] = nil
		}
	}
	switch {
	case !p.QueryMetadata.IsZero():
		content["queryMetadata"] = p.QueryMetadata
	case !whole || d.None == NoneOmitted:
	case d.None == NoneEmpty:
		content["queryMetadata"] = struct{}{}
	default:
		content["queryMetadata"] = nil
	}
	body, err := json.Marshal(content)
	if err != nil {
		return nil, invalid(operation, "contact cannot be written as JSON")
	}
	return body, nil
}

type draftInbox struct {
	ID string `json:"id"`
}

// inboxes returns every inbox once, the site's own first.
func (d Draft) inboxes() []draftInbox {
	var list []draftInbox
	known := map[string]bool{}
	for _, id := range append([]string{d.InboxID}, d.InboxIDs...) {
		if plain := plainInbox(id); !known[plain] {
			known[plain], list = true, append(list, draftInbox{usualInbox(id)})
		}
	}
	return list
}

// usualInbox writes an inbox id as the service takes it, however it was told.
func usualInbox(id string) string {
	if usual, err := ParseInboxID(id); err == nil {
		return usual
	}
	return id
}

func (d Draft) omits(field Field) bool { return slices.Contains(d.Omit, field) }

func (d Draft) check(operation string) *Error {
	if failure := checkKeys(operation, d.InboxID, d.SourceID); failure != nil {
		return failure
	}
	for _, id := range d.InboxIDs {
		if failure := checkInbox(operation, id); failure != nil {
			return failure
		}
	}
	for _, field := range d.Omit {
		switch field {
		case FieldName, FieldEmail, FieldPhone, FieldAvatar:
		default:
			return invalid(operation, "only name, email, phone and avatar can be omitted")
		}
	}
	if d.None < NoneNull || d.None > NoneOmitted {
		return invalid(operation, "style of no query metadata is not known")
	}
	return nil
}

// checkKeys refuses what could not be found again by an exact comparison.
func checkKeys(operation, inboxID, sourceID string) *Error {
	if failure := checkInbox(operation, inboxID); failure != nil {
		return failure
	}
	switch {
	case sourceID == "":
		return invalid(operation, "source id is required")
	case !plainKey(sourceID) || sourceID != strings.TrimSpace(sourceID):
		return invalid(operation, "source id has control characters, outer white space or bytes that are not UTF-8")
	}
	return nil
}

func checkInbox(operation, inboxID string) *Error {
	switch {
	case inboxID == "":
		return invalid(operation, "inbox id is required")
	case !plainKey(inboxID) || strings.ContainsFunc(inboxID, unicode.IsSpace) || strings.Contains(inboxID, ","):
		return invalid(operation, "inbox id has white space, a comma, control characters or bytes that are not UTF-8")
	}
	return nil
}

func plainKey(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// MarshalText returns "[private]", which is also what encoding/json writes.
func (d Draft) MarshalText() ([]byte, error) { return []byte(privateText), nil }
