package admin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/maicontact/maicontact/doctor"
)

// checksTimeout is how long all checks together may take.
const checksTimeout = 25 * time.Second

// checksPage lists the doctor's checks, or their results.
type checksPage struct {
	frame
	Checks  []doctor.Check
	Results []doctor.Result // the worst first; nil: they were not made
	Took    time.Duration
}

func (h *Handler) showChecks(w http.ResponseWriter, _ *http.Request) {
	h.render(w, http.StatusOK, "checks.html", checksPage{frame: h.frame("Checks", "checks"), Checks: doctor.Checks()})
}

// makeChecks makes the checks, for one request at a time: they read the table and call
// MaiAgent.
func (h *Handler) makeChecks(w http.ResponseWriter, r *http.Request) {
	if !h.examining.TryLock() {
		h.showMessage(w, http.StatusServiceUnavailable, "The checks are being made already.", "Somebody else has asked for them. Try again in a moment.")
		return
	}
	defer h.examining.Unlock()
	ctx, cancel := context.WithTimeout(r.Context(), checksTimeout)
	defer cancel()
	p := checksPage{frame: h.frame("Checks", "checks"), Results: []doctor.Result{}}
	begun := time.Now()
	err := h.config.Site.Examine(ctx, func(r doctor.Result) { p.Results = append(p.Results, r) })
	if err != nil {
		h.config.Logger.ErrorContext(ctx, "maicontact: admin: the checks cannot be made", "error", err)
		h.showMessage(w, http.StatusInternalServerError, "The checks cannot be made.", "The log says why.")
		return
	}
	p.Took = time.Since(begun)
	slices.SortStableFunc(p.Results, doctor.WorstFirst)
	h.render(w, http.StatusOK, "checks.html", p)
}
