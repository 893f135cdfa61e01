package maicontact

import (
	"errors"

	"github.com/gorilla/sessions"
)

func (v *visit) keep(s *sessions.Session) {
	v.gate.Lock()
	defer v.gate.Unlock()
	v.session, v.opened = s, true
}

// markPrivate keeps the reply out of shared caches, because a contact id is
// asked for. It reports false when it is too late for that.
func (v *visit) markPrivate() bool {
	v.gate.Lock()
	defer v.gate.Unlock()
	if !v.committed {
		v.private = true
	}
	return v.private
}

func (v *visit) isCommitted() bool {
	v.gate.Lock()
	defer v.gate.Unlock()
	return v.committed
}

// commitPrivate commits a connection that carries no cacheable reply.
func (v *visit) commitPrivate() {
	v.markPrivate()
	v.commit()
}

func (v *visit) hasCookie() bool {
	_, ok := cookieOf(v.request.Header, v.middleware.config.SessionName)
	return ok
}

// write plans an entry for the reply; it reports false when the reply's
// header has left already. The caller holds v.asking. Where the browser keeps
// no cookie of ours, a session would only be left behind.
func (v *visit) write(e entry) bool {
	v.gate.Lock()
	defer v.gate.Unlock()
	if !v.committed && (!v.crossSite || v.hasCookie()) {
		v.next = &e
	}
	return !v.committed
}

func (v *visit) forgetEntry() {
	v.gate.Lock()
	defer v.gate.Unlock()
	v.next, v.drop = nil, true
}

func (v *visit) isForgotten() bool {
	v.gate.Lock()
	defer v.gate.Unlock()
	return v.drop
}

func (v *visit) forget() error { return v.logOut(nil) }

// logOut forgets the entry, and plans what else the browser is to clear.
func (v *visit) logOut(clear []SiteData) error {
	v.asking.Lock()
	defer v.asking.Unlock()
	v.inquire()
	v.begun, v.answered, v.known = true, true, verdict{err: Forgotten}
	v.gate.Lock()
	defer v.gate.Unlock()
	if v.committed {
		return errors.New("maicontact: the reply has begun, so the session entry stays until its owner is checked again; forget before anything of the reply is written")
	}
	v.next, v.drop = nil, true
	v.clear = append(v.clear, clear...)
	return nil
}

// commit writes what the visit decided into the reply's header, once, before
// the first byte leaves. A session that cannot be written costs the visitor
// their memory, never the page.
func (v *visit) commit() {
	v.gate.Lock()
	defer v.gate.Unlock()
	if v.committed {
		return
	}
	v.committed = true
	m, h := v.middleware, v.writer.inner.Header()
	if v.inquiry == nil {
		if v.private {
			setPrivate(h)
		}
		return
	}
	if v.next == nil && !v.drop && !v.private {
		return
	}
	// Here, so that neither the application's header nor ours undoes the other.
	addSiteData(h, v.clear)
	if v.drop && !v.private && !v.hasCookie() && len(v.clear) == 0 {
		return
	}
	if setPrivate(h) {
		m.log.ErrorContext(v.request.Context(), "maicontact: a page that asked for the contact was marked cacheable by others; it is sent as private")
	}
	var err error
	switch {
	case v.drop && v.hasCookie():
		if !v.opened {
			v.session, _, _, _ = v.openSession(v.request.Context())
		}
		err = v.dropEntry(h)
	case v.next != nil:
		err = v.saveEntry(h, *v.next)
	}
	if err != nil {
		m.log.ErrorContext(v.request.Context(), "maicontact: the session entry was not written", "error", withoutPath(err))
	}
}
