package placement

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// take goes by how many bytes there have been, never by how they were cut into
// writes: the same page must always become the same.
func (w *responseWriter) take(p []byte) error {
	for w.stage == holding && len(p) > 0 {
		n := min(len(p), maxHeld-len(w.pending))
		w.pending = append(w.pending, p[:n]...)
		w.written += int64(n)
		p = p[n:]
		if len(w.pending) == maxHeld {
			if err := w.decide(false); err != nil {
				return err
			}
		}
	}
	w.written += int64(len(p))
	switch {
	case len(p) == 0:
		return nil
	case w.stage == through:
		_, err := w.inner.Write(p)
		return err
	}
	data := p
	if len(w.pending) > 0 {
		data = append(w.pending, p...)
	}
	w.document.push(p)
	return w.pass(data)
}

// decide reads what is held, which may be all: whether it is a page, and where the
// tag goes.
func (w *responseWriter) decide(all bool) error {
	if !w.isPage && !sniffedHTML(w.pending) {
		return w.giveUp(w.pending)
	}
	w.watch()
	w.document.push(w.pending)
	if all {
		w.document.end()
	}
	return w.pass(w.pending)
}

// send sends the header of a reply that was held, with the length of its body
// when that is known, or -1.
func (w *responseWriter) send(changed bool, length int64) {
	h := w.inner.Header()
	// What the handler has set since it began came too late, as always; only
	// trailers may.
	maps.DeleteFunc(h, func(name string, _ []string) bool { return !strings.HasPrefix(name, http.TrailerPrefix) })
	maps.Copy(h, w.header)
	if changed {
		hasNonce := false
		w.tag, hasNonce = w.config.tag(w.request)
		if length >= 0 {
			length += int64(len(w.tag))
		}
		setChanged(h, length, hasNonce)
	}
	if !changed || length >= 0 {
		w.declared = -1 // net/http knows the length, and sees when it is not kept
	}
	w.inner.WriteHeader(http.StatusOK)
}

// presume sends the header of a page that may still be changed.
func (w *responseWriter) presume() {
	w.stage = passing
	w.send(true, -1)
}

// giveUp passes everything on as it is.
func (w *responseWriter) giveUp(data []byte) error {
	if w.stage == holding {
		w.send(false, -1)
	}
	return w.end(data)
}

// end passes on the last of what was held.
func (w *responseWriter) end(data []byte) error {
	w.stage, w.pending = through, nil
	if len(data) == 0 {
		return nil
	}
	_, err := w.inner.Write(data) // #nosec G705 -- the site's own bytes, passed on
	return err
}

// settle passes on what is pending once the document is decided, with the tag
// when it has a place.
func (w *responseWriter) settle(data []byte) error {
	if w.document.verdict == unchanged {
		return w.giveUp(data)
	}
	if w.stage == holding {
		w.send(true, w.declared)
	}
	at := len(data) - int(w.written-w.document.place)
	return w.end(slices.Concat(data[:at], w.tag, data[at:]))
}

// pass sends what there is, but for what may be the tag to insert before.
func (w *responseWriter) pass(data []byte) error {
	if w.document.verdict != undecided {
		return w.settle(data)
	}
	if w.stage == holding {
		w.presume()
	}
	cut := len(data) - w.document.held(data, w.written-int64(len(data)))
	w.pending = bytes.Clone(data[cut:])
	if cut == 0 {
		return nil
	}
	_, err := w.inner.Write(data[:cut]) // #nosec G705 -- the site's own bytes, and a tag that is escaped
	return err
}

// hurry passes on what is held.
func (w *responseWriter) hurry() error {
	if w.stage == fresh {
		w.begin(http.StatusOK)
	}
	if w.stage == holding {
		return w.decide(false) // by what there is, as net/http does
	}
	return nil
}

// finish ends a reply whose handler has returned.
func (w *responseWriter) finish() {
	short := w.written < w.declared
	switch {
	case short && w.stage == holding:
		_ = w.giveUp(w.pending) // net/http sees that the length is not kept
	case short:
		// The client must see that something is missing, as it would have
		// with the length that was taken away.
		_ = w.end(w.pending)
		panic(http.ErrAbortHandler)
	case w.stage == holding:
		_ = w.decide(true)
	case w.stage == passing:
		w.document.end()
		_ = w.settle(w.pending)
	}
}
