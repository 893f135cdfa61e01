package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// waitingInterval is how often it is said that MaiAgent is waited for.
const waitingInterval = 15 * time.Second

// output tells results as they come: as text, or as one JSON object a line.
type output struct {
	json    bool
	to      io.Writer
	words   io.Writer
	clear   func() // takes a bar out of the way; nil: there is none
	failure error  // of the first write that failed
	mu      sync.Mutex
	waited  time.Time // when it was last said that MaiAgent is waited for
}

// texter is a result as people read it.
type texter interface{ text() string }

// result tells one.
func (o *output) result(r texter) {
	o.mu.Lock()
	defer o.mu.Unlock()
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
	o.mu.Lock()
	defer o.mu.Unlock()
	o.makeRoom()
	fmt.Fprintf(o.words, format+"\n", args...)
}

// sayWaiting says, every now and then, that the work waits for MaiAgent.
func (o *output) sayWaiting() {
	o.mu.Lock()
	said := time.Since(o.waited) < waitingInterval
	if !said {
		o.waited = time.Now()
	}
	o.mu.Unlock()
	if !said {
		o.say("MaiAgent does not answer; waiting for it, for 2 minutes at most.")
	}
}

func (o *output) makeRoom() {
	if o.clear != nil {
		o.clear()
	}
}
