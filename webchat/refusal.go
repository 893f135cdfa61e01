package webchat

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// Field is a field of a contact that the service may refuse. Its text is safe
// to print and to store.
type Field string

// The fields.
const (
	FieldName          Field = "name"
	FieldEmail         Field = "email"
	FieldPhone         Field = "phone"
	FieldAvatar        Field = "avatar"
	FieldQueryMetadata Field = "query metadata"
)

// wire is the name of the field in what is sent.
func (f Field) wire() string {
	switch f {
	case FieldPhone:
		return "phoneNumber"
	case FieldQueryMetadata:
		return "queryMetadata"
	}
	return string(f)
}

// The settings that a refusal may be about, as [Error.Setting] names them.
const (
	settingInbox    = "InboxID"
	settingKey      = "API.APIKey"
	settingSourceID = "source id"
)

// RefusedFields returns which fields of the contact a status 400 or 422 names,
// in whatever style and however deep, sorted. It is empty for everything else.
func (e *Error) RefusedFields() []Field {
	var refused []Field
	if !e.refusal() {
		return nil
	}
	for _, subject := range e.subjects() {
		if field, ok := fieldsByName[subject]; ok && !slices.Contains(refused, field) {
			refused = append(refused, field)
		}
	}
	slices.Sort(refused)
	return refused
}

// Setting returns which setting of the site the refusal is about, or "":
// "API.APIKey" when the key is refused (status 401 or 403, or a refusal that
// names it), "InboxID" when the inbox is, and "source id" when its form is. A
// source id that is in use is not a matter of settings.
func (e *Error) Setting() string {
	if e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden {
		return settingKey
	}
	if !e.refusal() {
		return ""
	}
	subjects := e.subjects()
	sourceID := slices.Contains(subjects, "sourceid")
	switch {
	case sourceID && e.says(takenWords):
		return ""
	case slices.Contains(subjects, "apikey"), slices.Contains(subjects, "authorization"):
		return settingKey
	case slices.Contains(subjects, "inbox"):
		return settingInbox
	case sourceID && e.says(formWords):
		return settingSourceID
	}
	return ""
}

func (e *Error) refusal() bool {
	return e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity
}

// fieldsByName has the fields by the plain names that the service may use.
var fieldsByName = map[string]Field{
	"name": FieldName, "email": FieldEmail, "phone": FieldPhone, "phonenumber": FieldPhone,
	"avatar": FieldAvatar, "querymetadata": FieldQueryMetadata,
}

// wrappers are keys that say nothing about the field: what is below them does.
// Their messages are prose.
var wrappers = []string{
	"errors", "error", "detail", "details", "nonfielderrors", "message", "messages", "msg", "title", "code", "data", "body",
}

// pointers are keys whose text is the name of a field.
var pointers = []string{"field", "fields", "loc", "attr", "param", "pointer", "path", "source"}

// formWords speak of a value that is not formed as it should be.
var formWords = []string{
	"valid", "character", "format", "length", "long", "short", "blank", "null", "required", "match", "uuid",
	"格式", "字元", "字符", "長", "长", "無效", "无效", "必填", "文字", "必須",
}

// subjects returns the plain names of what the refusal is about, as far as they
// are known: never a piece of what was sent.
func (e *Error) subjects() []string {
	var subjects []string
	add := func(name string) {
		if strings.HasPrefix(name, "inbox") {
			name = "inbox" // inboxes, inboxId
		}
		_, field := fieldsByName[name]
		if field || name == "inbox" || name == "sourceid" || name == "apikey" || name == "authorization" {
			subjects = append(subjects, name)
		}
	}
	for name, messages := range e.Fields {
		subject := subjectOf(name)
		switch {
		case slices.Contains(pointers, subject):
			for _, message := range messages {
				for _, word := range words(message) {
					add(word)
				}
			}
		case subject != "":
			add(subject)
		default:
			for _, message := range messages {
				for _, word := range words(message) {
					if word != "name" { // an everyday word
						add(word)
					}
				}
			}
		}
	}
	return subjects
}

// subjectOf returns the plain name of the first part of a joined name that is
// neither a wrapper nor a number; "" when there is none.
func subjectOf(name string) string {
	for part := range strings.SplitSeq(name, ".") {
		part = plainName(part)
		if part != "" && strings.Trim(part, "0123456789") != "" && !slices.Contains(wrappers, part) {
			return part
		}
	}
	return ""
}

// words returns the plain words of prose, and every two that follow each other
// as one, since "query metadata" means queryMetadata.
func words(prose string) []string {
	var all []string
	last := ""
	for word := range strings.FieldsFuncSeq(prose, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_' && r != '-'
	}) {
		word = plainName(word)
		all = append(all, word)
		if last != "" {
			all = append(all, last+word)
		}
		last = word
	}
	return all
}

// says reports whether a message has one of the words.
func (e *Error) says(words []string) bool {
	for _, messages := range e.Fields {
		if slices.ContainsFunc(messages, func(message string) bool { return hasAny(plainName(message), words) }) {
			return true
		}
	}
	return false
}
