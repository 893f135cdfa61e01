package upstream

import (
	"errors"
	"net/http"

	"github.com/maicontact/maicontact/webchat"
)

// The operations that are told apart here, and those of a row's last call.
const (
	OpFind    = "find_contacts"
	OpCreate  = "create_contact"
	OpReplace = "replace_contact"
	OpDelete  = "delete_contact"
)

// IsRefusal reports whether MaiAgent refused a profile. A search that is refused
// says nothing about the profile.
func IsRefusal(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	return ok && errors.Is(err, webchat.ErrInvalid) && !errors.Is(err, webchat.ErrExists) &&
		(api.Operation == OpCreate || api.Operation == OpReplace)
}

// Setting names the setting of the site that MaiAgent refuses; empty: none. Then no
// person's profile is at fault.
func Setting(err error) string {
	if errors.Is(err, webchat.ErrUnproven) {
		return "InboxID"
	}
	if api, ok := errors.AsType[*webchat.Error](err); ok {
		return api.Setting()
	}
	return ""
}

// FailedInside reports whether MaiAgent failed on a creation by itself, which
// may be how it says that the source id is taken.
func FailedInside(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	return ok && api.Operation == OpCreate && api.Status == http.StatusInternalServerError
}

// IsUnclear reports whether a call may have had its effect although it failed: look
// before writing again.
func IsUnclear(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	return ok && api.Unknown
}

// isOutage tells a failure of MaiAgent as a whole from an answer about one
// contact.
func isOutage(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	if !ok || isNoAnswer(err) || errors.Is(err, webchat.ErrInvalid) {
		return false
	}
	return api.Status/100 != 4 || api.Status == http.StatusRequestTimeout || api.Status == http.StatusTooManyRequests
}

// isNoAnswer reports whether the error says nothing about MaiAgent: no call was made, as
// what was to be sent is not valid for example, or a listing does not end although each
// of its pages was answered.
func isNoAnswer(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	return err != nil && (!ok || api.Status == 0 && (errors.Is(err, webchat.ErrInvalid) || errors.Is(err, webchat.ErrBadReply)))
}
