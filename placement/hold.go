package placement

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// take goes by how many bytes there have been, never by how they were cut into
// writes: the same page must always become the same.
func (w *responseWriter) take(p []byte) error {
	for len(p) > 0 {
		limit := len(p)
		switch {
		case w.stage == through:
			w.written += int64(limit)
			_, err := w.inner.Write(p)
			return err
		case w.stage == holding && w.document == nil:
			limit = min(limit, sniffLength-len(w.pending))
		case w.stage == holding:
			limit = min(limit, maxHeld-len(w.pending))
		}
		chunk := p[:limit]
		p = p[limit:]
		w.written += int64(limit)
		if err := w.add(chunk); err != nil {
			return err
		}
	}
	return nil
}

// add takes a chunk that fits what the stage may hold.
func (w *responseWriter) add(chunk []byte) error {
	data := chunk
	if w.stage == holding || len(w.pending) > 0 {
		w.pending = append(w.pending, chunk...)
		data = w.pending
	}
	if w.document == nil {
		if len(w.pending) < sniffLength {
			return nil
		}
		return w.sniff()
	}
	w.document.push(chunk)
	if w.document.verdict != undecided {
		return w.settle(data)
	}
	if w.stage == holding {
		if len(w.pending) < maxHeld {
			return nil
		}
		w.presume()
	}
	return w.pass(data)
}

// sniff decides by what there is of the body whether it is a page.
func (w *responseWriter) sniff() error {
	data := w.pending
	if !sniffedHTML(data) {
		return w.giveUp(data)
	}
	w.watch()
	w.document.push(data)
	if w.document.verdict != undecided {
		return w.settle(data)
	}
	return nil
}

// send sends the header of a reply that was held, with the length of its body
// when that is known, or -1.
func (w *responseWriter) send(changed bool, length int64) {
	h := w.inner.Header()
	// What the handler has set since it began came too late, as always; only
	// trailers may. Those that were declared are set in the same map after the
	// header has left, of which they are no part.
	trailers := http.Header{}
	for _, name := range tokens(w.header, "Trailer") {
		if name = http.CanonicalHeaderKey(name); len(h[name]) > 0 {
			trailers[name] = h[name]
		}
	}
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
	maps.Copy(h, trailers)
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
	cut := len(data) - w.document.held(data, w.written-int64(len(data)))
	out := data[:cut]
	keep := append([]byte(nil), data[cut:]...)
	w.pending = keep
	if len(out) == 0 {
		return nil
	}
	_, err := w.inner.Write(out) // #nosec G705 -- the site's own bytes, and a tag that is escaped
	return err
}

// hurry passes on what is held.
func (w *responseWriter) hurry() error {
	if w.stage == fresh {
		w.begin(http.StatusOK)
	}
	if w.stage == holding && w.document == nil {
		// What there is decides, as it does for net/http.
		if err := w.sniff(); err != nil {
			return err
		}
	}
	if w.stage == holding {
		data := w.pending
		w.presume()
		return w.pass(data)
	}
	return nil
}

// finish ends a reply whose handler has returned.
func (w *responseWriter) finish() {
	if w.stage == holding && w.document == nil {
		_ = w.sniff()
	}
	short := w.written < w.declared
	switch {
	case short && w.stage == holding:
		_ = w.giveUp(w.pending) // net/http sees that the length is not kept
	case short:
		// The client must see that something is missing, as it would have
		// with the length that was taken away.
		_ = w.end(w.pending)
		panic(http.ErrAbortHandler)
	case w.stage == holding || w.stage == passing:
		w.document.end()
		_ = w.settle(w.pending)
	}
}
