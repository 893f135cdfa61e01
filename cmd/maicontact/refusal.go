package main

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/doctor"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
)

// refusal says why what was asked for cannot be done to this person.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

// displayName is the member for use in a sentence. An ID that looks like a contact id is
// not repeated.
func (p personArguments) displayName() string {
	return contactIDPattern.ReplaceAllString(operate.DisplayID(p.Member), "[an id]")
}

// asRefusal returns a refusal if the error says why nothing can be done to the person,
// and otherwise the error.
func (p personArguments) asRefusal(err error) error {
	switch {
	case errors.Is(err, contacts.ErrNotFound) && p.ByContact:
		return refusal("the table knows nobody with this contact")
	case errors.Is(err, contacts.ErrNotFound):
		return refusal("the table knows no member " + p.displayName())
	}
	return asRefusal(err)
}

// asRefusal is the same for a command whose person need not be known.
func asRefusal(err error) error {
	if operate.IsRefusal(err) {
		return refusal("it cannot be done: " + reason(err))
	}
	return err
}

// reason returns why something cannot be done to a person. It names a command in the
// place of a method of the library.
func reason(err error) string {
	if errors.Is(err, contacts.ErrErased) {
		return "the person is erased; maicontact restore lifts that"
	}
	return withoutPackages(err.Error())
}

// packagePrefix matches the names of packages that errors begin with.
var packagePrefix = regexp.MustCompile(`(^|\n|: |; )(?:(?:maicontact|operate|webchat|sqlstore|contacts|upstream|doctor|probe): )+`)

// withoutPackages removes the names of packages from a text: they mean nothing to those
// who run a site.
func withoutPackages(text string) string { return packagePrefix.ReplaceAllString(text, "$1") }

// lead adds to an error of MaiAgent the setting that it is about, as the doctor names
// it, and the hint to run the doctor.
func (s *settings) lead(err error) error {
	api, ok := errors.AsType[*webchat.Error](err)
	if !ok {
		return err
	}
	setting, name := doctor.Setting("Config."+api.Setting()), ""
	switch {
	case setting == doctor.APIKey:
		name = s.keyName() + ": "
	case setting == doctor.InboxID, errors.Is(err, webchat.ErrUnproven):
		name = doctorNames[doctor.InboxID] + ": "
	}
	return fmt.Errorf("%s%w; run: maicontact doctor", name, err)
}
