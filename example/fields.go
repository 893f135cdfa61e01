package main

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxEmail    = 254
	maxName     = 255 // characters; MaiAgent stores no more
	maxPhone    = 32
	minPassword = 8  // characters
	maxPassword = 72 // bytes; bcrypt looks at no more
)

// fields are what a person typed into a form about themselves, checked and
// without outer white space.
type fields struct {
	email, name, phone string
	password           string // as typed
	has                map[string]bool
}

// problem says what is wrong with one field of a form.
type problem struct{ Field, Message string }

// readSignUp reads all that an account needs.
func readSignUp(form url.Values) (fields, []problem) {
	return readFields(form, "email", "name", "phone", "password")
}

// readProfile reads what the form has of a profile.
func readProfile(form url.Values) (fields, []problem) {
	names := slices.DeleteFunc([]string{"email", "name", "phone"}, func(name string) bool { return !form.Has(name) })
	return readFields(form, names...)
}

func readFields(form url.Values, names ...string) (fields, []problem) {
	f := fields{has: map[string]bool{}}
	var problems []problem
	for _, name := range names {
		f.has[name] = true
		if message := f.read(name, form.Get(name)); message != "" {
			problems = append(problems, problem{name, message})
		}
	}
	return f, problems
}

// read sets one field and returns what is wrong with it.
func (f *fields) read(name, value string) string {
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return "This holds characters that cannot be kept."
	}
	trimmed := strings.TrimSpace(value)
	switch name {
	case "email":
		f.email = trimmed
		return checkEmail(trimmed)
	case "name":
		f.name = trimmed
		return checkName(trimmed)
	case "phone":
		f.phone = trimmed
		return checkPhone(trimmed)
	default:
		f.password = value
		return checkPassword(value)
	}
}

var (
	emailPattern = regexp.MustCompile("^[-A-Za-z0-9!#$%&'*+/=?^_`{|}~]+(\\.[-A-Za-z0-9!#$%&'*+/=?^_`{|}~]+)*" +
		`@([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9][-A-Za-z0-9]{0,61}[A-Za-z0-9]$`)
	phonePattern = regexp.MustCompile(`^[-+0-9 ()./]*[0-9][-+0-9 ()./]*$`)
)

func checkEmail(email string) string {
	switch {
	case email == "":
		return "Please give your email address."
	case len(email) > maxEmail || !emailPattern.MatchString(email):
		return "This does not look like an email address, such as ana@example.com."
	}
	return ""
}

// checkName accepts whatever people are called, as long as it can be seen.
func checkName(name string) string {
	isVisible := func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }
	switch {
	case !strings.ContainsFunc(name, isVisible):
		return "Please tell us your name."
	case utf8.RuneCountInString(name) > maxName:
		return "This name is too long; 255 characters fit."
	}
	return ""
}

// checkPhone accepts none: not everybody wants to be called.
func checkPhone(phone string) string {
	if phone != "" && (len(phone) > maxPhone || !phonePattern.MatchString(phone)) {
		return "A phone number has digits, spaces and + - ( ) . / only, and at most 32 characters."
	}
	return ""
}

func checkPassword(password string) string {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return "Please choose a password of at least 8 characters."
	case len(password) > maxPassword:
		return "This password is too long; 72 bytes fit."
	}
	return ""
}
