package main

import (
	"net/http"
	"sync"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// outage is the switch that lets the simulated MaiAgent be down. It is safe for
// concurrent use.
type outage struct {
	maker *webchattest.Simulation
	mu    sync.Mutex
	end   func() // nil: MaiAgent is up
}

// isDown reports whether MaiAgent is down. Without a simulation it is not known
// to be.
func (o *outage) isDown() bool {
	if o == nil {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.end != nil
}

// set lets the API answer 503 to everything, or no longer. The chat's own host
// stays: chats that run go on, as they may with the real one.
func (o *outage) set(down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case down && o.end == nil:
		o.end = o.maker.Inject(webchattest.Fault{Kind: webchattest.Refuse})
	case !down && o.end != nil:
		o.end()
		o.end = nil
	}
}

// switchMaiAgent is the route of the switch. It is there with the simulation
// only.
func (s *shop) switchMaiAgent(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	state := r.PostForm.Get("state")
	if state != "up" && state != "down" {
		s.showShop(w, r, form{Name: "outage", status: http.StatusBadRequest, Problems: []problem{{"state", "MaiAgent is up or down."}}})
		return
	}
	s.outage.set(state == "down")
	s.say(w, r, state, 0)
}
