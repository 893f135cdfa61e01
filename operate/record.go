package operate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// Record is one line of an existing mapping: a member and the contact that
// another program has made for them.
type Record struct {
	MemberID  string
	ContactID webchat.ContactID
	// Profile is what MaiAgent should hold of the member, if HasProfile: only a record
	// with query metadata is a whole profile.
	Profile    webchat.Profile
	HasProfile bool
	Created    time.Time // zero: not known

	line  int
	raw   []string // the fields of a line of CSV
	text  []byte   // a line of JSON, or one that is no CSV
	fault error    // why the line is no valid record
}

// Line is the number of the line that the record is from.
func (r Record) Line() int { return r.line }

// Format writes "[record]" for every verb.
func (r Record) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[record]") }

// MarshalText returns "[record]", which is also what encoding/json writes.
func (r Record) MarshalText() ([]byte, error) { return []byte("[record]"), nil }

// The fields of a record, as their names are compared.
const (
	fieldMember   = "memberid"
	fieldContact  = "contactid"
	fieldName     = "name"
	fieldEmail    = "email"
	fieldPhone    = "phone"
	fieldMetadata = "querymetadata"
	fieldCreated  = "created"
	fieldReason   = "reason" // of a rejected record; it is not read
)

var knownFields = []string{fieldMember, fieldContact, fieldName, fieldEmail, fieldPhone, fieldMetadata, fieldCreated, fieldReason}

// normalizeField makes member_id, memberId and "Member ID" comparable.
func normalizeField(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// fill parses the fields of a record. Errors name the field and never the value.
func (r *Record) fill(values map[string]string) error {
	r.MemberID = values[fieldMember]
	switch strings.TrimSpace(r.MemberID) {
	case "":
		return errors.New("member_id is missing")
	case r.MemberID:
	default: // with and without blanks may be two people to a site
		return errors.New("member_id has blanks around it")
	}
	if strings.TrimSpace(values[fieldContact]) == "" {
		return errors.New("contact_id is missing")
	}
	id, err := webchat.ParseContactID(strings.TrimSpace(values[fieldContact]))
	if err != nil {
		return errors.New("contact_id is not a UUID")
	}
	r.ContactID = id
	if r.Created, err = parseCreated(strings.TrimSpace(values[fieldCreated])); err != nil {
		return err
	}
	metadata := strings.TrimSpace(values[fieldMetadata])
	if metadata == "" {
		return nil
	}
	r.HasProfile = true
	r.Profile = webchat.Profile{Name: values[fieldName], Email: values[fieldEmail], Phone: values[fieldPhone]}
	if metadata != "null" {
		if r.Profile.QueryMetadata, err = webchat.RawQueryMetadata([]byte(metadata)); err != nil {
			return errors.New("query_metadata is not a JSON object")
		}
	}
	r.Profile = r.Profile.Normalized()
	return nil
}

// parseCreated reads the usual ways to write a time.
func parseCreated(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	const millisFrom = 1e11 // more would be seconds far in the future
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil || n < 0:
		return time.Time{}, errors.New("created is not a time, such as 2025-12-31T23:59:59Z")
	case n > millisFrom:
		return time.UnixMilli(n).UTC(), nil
	}
	return time.Unix(n, 0).UTC(), nil
}

// parseObject reads a record from a line of JSON.
func parseObject(text []byte) (Record, error) {
	r := Record{text: text}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return r, errors.New("the line is not a JSON object")
	}
	values := map[string]string{}
	for name, raw := range object {
		field := normalizeField(name)
		if _, twice := values[field]; twice {
			return r, fmt.Errorf("a field is given twice: %s", field)
		}
		var text string
		switch raw = bytes.TrimSpace(raw); {
		case field == fieldMetadata:
			text = string(raw)
		case string(raw) == "null":
		case json.Unmarshal(raw, &text) == nil:
		case raw[0] == '{' || raw[0] == '[':
			text = "" // none of ours, or missing
		default:
			text = string(raw) // a number, such as a member's
		}
		values[field] = text
	}
	return r, r.fill(values)
}
