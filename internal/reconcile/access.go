package reconcile

import (
	"errors"

	"github.com/maicontact/maicontact/webchat"
)

// errUnseen means that MaiAgent has taken a write, and does not show the access
// that was sent.
var errUnseen = errors.New("MaiAgent does not show the permissions that were sent")

// isAccessSeen reports whether MaiAgent is seen to hold the access: in the reply of the
// write, or in a read after it. If the write did not change the access, a reply
// without it is enough. A MaiAgent that never tells anybody's access is believed; one
// that shows a different access never is.
func (w *work) isAccessSeen(id webchat.ContactID, reply webchat.Contact, access webchat.QueryMetadata, changed bool) (bool, error) {
	w.vendor.noteReply(reply)
	if reply.AccessTold && w.isSame(access, reply) || !reply.AccessTold && (!changed || w.vendor.isSilent()) {
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
