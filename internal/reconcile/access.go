package reconcile

import (
	"errors"

	"github.com/maicontact/maicontact/webchat"
)

// errUnseen means that MaiAgent has taken a write, and does not show the access
// that was sent.
var errUnseen = errors.New("MaiAgent does not show the permissions that were sent")

// isAccessSeen reports whether MaiAgent is seen to hold the access: in the reply, or in
// a read after it. told may be empty. Where the write did not change the access a
// reply that does not speak of it is enough. A MaiAgent that tells nobody's access
// is believed; one that shows another never is.
func (w *work) isAccessSeen(id webchat.ContactID, told webchat.Contact, access webchat.QueryMetadata, changed bool) (bool, error) {
	w.vendor.noteReply(told)
	if told.AccessTold && w.isSame(access, told) || !told.AccessTold && (!changed || w.vendor.isSilent()) {
		return true, nil
	}
	read, err := w.API.Get(w.ctx, w.purpose(), id)
	if err != nil {
		return false, err
	}
	w.vendor.noteRead(read)
	if read.AccessTold {
		return w.isSame(access, read), nil
	}
	if w.vendor.readsTell.Load() && read.SourceID != "" {
		return access.IsZero(), nil // where reads tell, a whole contact without the field has none
	}
	w.vendor.noteSilence(w.ctx, w.Logger)
	return w.vendor.isSilent(), nil
}

func (w *work) isSame(access webchat.QueryMetadata, c webchat.Contact) bool {
	same, added := access.SeenIn(c.Profile.QueryMetadata, w.VendorKeys...)
	if same {
		if news := w.vendor.newKeys(added); len(news) > 0 {
			w.Logger.InfoContext(w.ctx, "maicontact: MaiAgent adds keys of its own to the permissions that were sent; they are taken to mean nothing", "keys", news)
		}
	}
	return same
}
