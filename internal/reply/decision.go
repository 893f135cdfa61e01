package reply

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// ErrWasPublic is reported when others have marked a reply cacheable that was
// made private.
var ErrWasPublic = errors.New("a page that asked for the contact was marked cacheable by others; it is sent as private")

// Reporter is told, while the header is written, ErrWasPublic or the error of
// the planned write. It must not call the Writer.
type Reporter interface{ Report(error) }

// MarkPrivate keeps the reply out of shared caches, because a contact id is
// asked for. It reports false when it is too late for that.
func (w *Writer) MarkPrivate() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.committed {
		w.private = true
	}
	return w.private
}

// Prepared tells that the header is that of a route, which is private, and that
// nobody has it before the first byte: it need not be looked at again.
func (w *Writer) Prepared() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.prepared = true
}

// Committed reports whether the header has left, or is about to.
func (w *Writer) Committed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.committed
}

// Plan plans the write of the session's cookie, in the place of what was planned
// before; nil: none. The write must not call the Writer. It reports false when
// it is too late; the write is not done then.
func (w *Writer) Plan(write func(http.Header) error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.committed {
		w.plan = write
	}
	return !w.committed
}

// ClearSiteData has the browser clear kinds of data, besides those of earlier
// calls. It reports false when it is too late.
func (w *Writer) ClearSiteData(kinds ...string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.committed {
		w.clear = append(w.clear, kinds...)
	}
	return !w.committed
}

// Commit writes what was decided into the header, once. It is to be called when
// the handler has returned; until then the Writer does it by itself. A session
// that cannot be written costs somebody their memory, never the page.
func (w *Writer) Commit() { w.commit(false) }

// commitPrivate commits a connection that carries no cacheable reply. It is made
// private for safety, whatever others mean by the header.
func (w *Writer) commitPrivate() { w.commit(true) }

func (w *Writer) commit(private bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.committed {
		return
	}
	w.committed = true
	decided := w.private || w.plan != nil || len(w.clear) > 0
	if !decided && !private {
		return
	}
	w.private = true
	h := w.inner.Header()
	// Here, so that neither the application's header nor ours undoes the other.
	addSiteData(h, w.clear)
	if !w.prepared && SetPrivate(h) && decided {
		w.reporter.Report(ErrWasPublic)
	}
	if w.plan == nil {
		return
	}
	if err := w.plan(h); err != nil {
		w.reporter.Report(err)
	}
}

// addSiteData adds kinds to Clear-Site-Data that it does not name yet.
func addSiteData(h http.Header, kinds []string) {
	if len(kinds) == 0 {
		return
	}
	const name = "Clear-Site-Data"
	merged := listed(h[name])
	for _, kind := range kinds {
		quoted := `"` + kind + `"`
		if !slices.Contains(merged, quoted) && !slices.Contains(merged, `"*"`) {
			merged = append(merged, quoted)
		}
	}
	h[name] = []string{strings.Join(merged, ", ")}
}
