package reply

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// ErrWasPublic is reported when other code marked a private reply as cacheable.
var ErrWasPublic = errors.New("a page that asked for the contact was marked cacheable by others; it is sent as private")

// Reporter gets ErrWasPublic, or the error of the planned write, while the header is
// written. It must not call the Writer.
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

// Prepared says that the header is a route's, which is private already, and that
// nothing changes it before the first byte. It is not checked again then.
func (w *Writer) Prepared() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.prepared = true
}

// Committed reports whether the header has been sent, or is about to be.
func (w *Writer) Committed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.committed
}

// Plan plans the write of the session's cookie, and replaces what was planned before;
// nil: no write. The write must not call the Writer. Plan reports false, and plans
// nothing, when it is too late.
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

// Commit writes what was decided into the header, once. Call it when the handler has
// returned; before that the Writer calls it by itself. When the session cannot be
// written the visitor is forgotten, but the page is served.
func (w *Writer) Commit() { w.commit(false) }

// commitPrivate commits a connection that carries no cacheable reply. It is marked
// private for safety, whatever the header says.
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
	// Only now, so that neither the application's header nor ours replaces the other.
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

// addSiteData adds to Clear-Site-Data the kinds that it does not name yet.
func addSiteData(h http.Header, kinds []string) {
	if len(kinds) == 0 {
		return
	}
	const name = "Clear-Site-Data"
	merged := uniqueItems(h[name])
	for _, kind := range kinds {
		quoted := `"` + kind + `"`
		if !slices.Contains(merged, quoted) && !slices.Contains(merged, `"*"`) {
			merged = append(merged, quoted)
		}
	}
	h[name] = []string{strings.Join(merged, ", ")}
}
