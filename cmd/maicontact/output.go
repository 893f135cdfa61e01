package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// waitingInterval is how often the user is told that the command waits for MaiAgent.
const waitingInterval = 15 * time.Second

// output writes results as they come: as text, or as one JSON object a line.
type output struct {
	json    bool
	to      io.Writer
	words   io.Writer
	clear   func() // removes the progress bar from the terminal; nil: there is none
	failure error  // of the first write that failed
	mu      sync.Mutex
	waited  time.Time // when sayWaiting last wrote
}

// texter is a result that can be written as text.
type texter interface{ text() string }

// result writes a result.
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

// say writes a message about the work.
func (o *output) say(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.makeRoom()
	fmt.Fprintf(o.words, format+"\n", args...)
}

// sayWaiting says now and then that the command waits for MaiAgent.
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
