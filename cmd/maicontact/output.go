package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// output tells results as they come: as text, or as one JSON object a line.
type output struct {
	json    bool
	to      io.Writer
	words   io.Writer
	clear   func() // takes a bar out of the way; nil: there is none
	failure error  // of the first write that failed
}

// texter is a result as people read it.
type texter interface{ text() string }

// result tells one.
func (o *output) result(r texter) {
	o.makeRoom()
	var err error
	if o.json {
		err = json.NewEncoder(o.to).Encode(r)
	} else {
		_, err = fmt.Fprintln(o.to, r.text())
	}
	if err != nil && o.failure == nil {
		o.failure = fmt.Errorf("a result could not be written: %w", err)
	}
}

// say tells people about the work.
func (o *output) say(format string, args ...any) {
	o.makeRoom()
	fmt.Fprintf(o.words, format+"\n", args...)
}

func (o *output) makeRoom() {
	if o.clear != nil {
		o.clear()
	}
}

// typed is a business user ID in text: as it is typed, unless a terminal would not
// show it so.
func typed(id string) string {
	if strings.ContainsFunc(id, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }) {
		return strconv.Quote(id)
	}
	return id
}
