package resolve

import "time"

// Stats is what a Resolver is doing.
type Stats struct {
	Flights, MaxFlights int
	Running             bool      // Run is
	FeedAt              time.Time // when the last good poll began; zero: none yet
	Retiring            int       // visitors who have logged in while the store does not know that yet
}

// Stats tells what the Resolver is doing. It asks nobody.
func (r *Resolver) Stats() Stats {
	s := Stats{Flights: r.work.Count(), MaxFlights: maxFlights, Running: r.running.Load() > 0, FeedAt: r.trust.lastPoll()}
	r.retiring.mu.RLock()
	defer r.retiring.mu.RUnlock()
	s.Retiring = len(r.retiring.waiting)
	return s
}
