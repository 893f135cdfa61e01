package upstream

import (
	"errors"
	"net/http"

	"github.com/maicontact/maicontact/webchat"
)

// The operations of a [webchat.Error] that is looked at, and of a row's last call.
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

// Setting names the setting of the site that MaiAgent refuses; empty: none. It is
// nobody's profile that is at fault then.
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

// IsUnclear reports whether a call may have had its effect all the same: look
// before anything is written again.
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

// isNoAnswer reports that no call was made, so that MaiAgent said nothing: as what
// was to be sent is not valid, or as a listing does not end, each page of which was
// answered.
func isNoAnswer(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	return err != nil && (!ok || api.Status == 0 && (errors.Is(err, webchat.ErrInvalid) || errors.Is(err, webchat.ErrBadReply)))
}
