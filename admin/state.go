package admin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/maicontact/maicontact/doctor"
	"github.com/maicontact/maicontact/operate"
)

const (
	// tableTimeout is how long the table may take for a page.
	tableTimeout = 5 * time.Second
	// maxFeedLag is how old the feed is at most if all is well.
	maxFeedLag = 3 * time.Second
	// longSilence is for how long the failure of the last call says something about
	// MaiAgent.
	longSilence = operate.CountedMinutes * time.Minute
	// callsShown is how many calls are shown one by one.
	callsShown = 30
)

// statePage is how the chat is doing.
type statePage struct {
	frame
	Findings []finding
	Stats    operate.Stats
	FeedLag  time.Duration // negative: there is no feed
	Backlog  *operate.Backlog
	Minutes  int
	HasCalls bool
	Counts   []operate.CallCount
	Calls    []operate.LoggedCall
}

// finding is a line about something that an operator should know.
type finding struct{ Tone, Says string }

func (h *Handler) showState(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), tableTimeout)
	defer cancel()
	p := statePage{frame: h.frame("State", "state"), Stats: h.operator.Stats(), FeedLag: -1, Minutes: operate.CountedMinutes}
	if !p.Stats.FeedAt.IsZero() {
		p.FeedLag = p.Now.Sub(p.Stats.FeedAt)
	}
	backlog, err := h.operator.Backlog(ctx)
	if err != nil {
		h.config.Logger.WarnContext(ctx, "maicontact: admin: the table does not answer", "error", err)
	} else {
		p.Backlog = &backlog
	}
	if h.config.Calls != nil {
		p.HasCalls, p.Counts, p.Calls = true, h.config.Calls.Counts(), h.config.Calls.Last()
		p.Calls = p.Calls[:min(len(p.Calls), callsShown)]
	}
	p.Findings = p.find()
	h.render(w, http.StatusOK, "state.html", p)
}

// failedInARow counts the last calls that got no answer, or one that says that MaiAgent
// has failed.
func (p statePage) failedInARow() int {
	answered := func(c operate.LoggedCall) bool {
		return c.Status != 0 && c.Status < 500 && c.Status != http.StatusTooManyRequests
	}
	if n := slices.IndexFunc(p.Calls, answered); n >= 0 {
		return n
	}
	return len(p.Calls)
}

// find returns what is wrong, the worst first, or that nothing is.
func (p statePage) find() []finding {
	var all []finding
	add := func(is bool, tone, format string, args ...any) {
		if is {
			all = append(all, finding{tone, fmt.Sprintf(format, args...)})
		}
	}
	add(p.Stats.Breaker == operate.BreakerOpen, "bad", "MaiAgent does not answer. Calls are held back, and it is tried again every few seconds by itself.")
	add(p.Backlog == nil, "bad", "The table does not answer. Members who are known may still have their chat, nobody else has.")
	add(p.Stats.Breaker == operate.BreakerHalfOpen, "warn", "MaiAgent did not answer. The next call finds out whether it is back.")
	add(!p.Stats.Running, "warn", "Middleware.Run does not run in this process: what waits is sent by other servers only, and each request reads the table.")
	add(p.Stats.Running && (p.FeedLag < 0 || p.FeedLag > maxFeedLag), "warn", "This process does not hear what changes on other servers, so each request reads the table.")
	add(p.Stats.Retiring > 0, "warn", "%d visitors have logged in of whom the table does not know yet. It is tried again.", p.Stats.Retiring)
	failed := p.failedInARow()
	recently := failed > 0 && p.Now.Sub(p.Calls[0].Ended) <= longSilence
	add(recently && failed == 1, "warn", "The last call of this process to MaiAgent has failed (%s).", p.lastCall())
	add(recently && failed > 1, "warn", "The last %d calls of this process to MaiAgent have failed (the last one: %s).", failed, p.lastCall())
	if p.Backlog != nil {
		add(p.Backlog.Oldest > doctor.LongBacklog, "warn", "%d changes are overdue, the first of them for %s. See that Run runs on the site's servers, and what they log.", p.Backlog.Overdue, took(p.Backlog.Oldest))
	}
	well := len(all) == 0
	add(well && failed > 0, "plain", "The last call of this process to MaiAgent has failed (%s), and none was made since, so see Checks for whether it answers. Nothing else is the matter.", p.lastCall())
	add(well && failed == 0 && len(p.Calls) > 0, "good", "All is well: MaiAgent answers, and no change waits for long.")
	add(well && p.HasCalls && len(p.Calls) == 0, "plain", "MaiAgent: no call yet; see Checks. Nothing else is the matter.")
	add(well && !p.HasCalls, "plain", "This process keeps no calls, so see Checks for whether MaiAgent answers. Nothing else is the matter.")
	return all
}

// lastCall says how the last call ended, and when.
func (p statePage) lastCall() string {
	if len(p.Calls) == 0 {
		return ""
	}
	last, status := p.Calls[0], "no reply"
	if last.Status != 0 {
		status = strconv.Itoa(last.Status)
	}
	return status + ", " + took(max(0, p.Now.Sub(last.Ended))) + " ago"
}
