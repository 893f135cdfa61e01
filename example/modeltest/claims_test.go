package modeltest

import (
	"time"

	"github.com/maicontact/maicontact/contacts"
)

const (
	// lease is Timing.Lease as it is without a setting.
	lease = 30 * second
	// workAtMost is how long anybody works under a claim, and writes down what came
	// of it. Whatever is claimed for longer waits for nobody.
	workAtMost = 26 * second
	ruleHeld   = "no row is held by nobody"
)

// claimant is who has made a claim.
type claimant struct {
	pulse   *pulse
	replica int
}

// claims notes whose claim the row has. The caller holds w.mu.
func (w *world) claims(row contacts.Row, g *gated) {
	if _, known := w.owners[row.Owner]; !known && row.Owner != 0 {
		w.owners[row.Owner] = claimant{g.pulse, g.replica}
	}
}

// hindered notes that the store has just given a replica trouble: it may not have
// heard of a claim, or have been kept from ending one.
func (w *world) hindered(replica int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble[replica] = time.Now()
}

// checkHeld checks that nobody waits for work that is done by nobody. A replica that
// has crashed, or whose store has given trouble since, leaves claims to their end.
func (w *world) checkHeld() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for p, k := range w.persons {
		by, known := w.owners[k.row.Owner]
		since := k.row.LeaseUntil.Add(-lease)
		if held := time.Since(since); known && by.pulse.lives() && since.After(w.trouble[by.replica]) && held > workAtMost && held < lease {
			w.failLocked(ruleHeld, "%s %s: %s, by replica %d for %v", p.Kind, p.ID, k.row.State(), by.replica, held)
		}
	}
}

// checkLetGo checks that a replica which has ended in order holds nothing.
func (w *world) checkLetGo(p *pulse) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for person, k := range w.persons {
		by := w.owners[k.row.Owner]
		since := k.row.LeaseUntil.Add(-lease)
		if by.pulse == p && since.After(w.trouble[by.replica]) && time.Now().Before(k.row.LeaseUntil) {
			w.failLocked(ruleHeld, "%s %s: %s, by replica %d, which has ended", person.Kind, person.ID, k.row.State(), by.replica)
		}
	}
}
