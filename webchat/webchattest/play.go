package webchattest

import (
	"cmp"
	"net/http"
	"strconv"
	"time"
)

// play answers a request, and lets the fault come between.
func (s *Simulation) play(w http.ResponseWriter, r *http.Request, c *call, f *Fault, do func() reply) {
	if f == nil {
		c.send(w, do())
		return
	}
	c.noteFault(f.Kind)
	if f.Delay > 0 && !s.sleep(f.Delay) {
		cut(w)
		return
	}
	switch f.Kind {
	case Slow:
		c.send(w, do())
	case Refuse, HTML, TooMany, Redirect:
		c.send(w, f.reply())
	case CutBefore:
		cut(w)
	case Hang:
		s.hang(w, r)
	case CommitThenCut:
		c.note(0, do().contactID)
		cut(w)
	case CommitThenHTML:
		rep := f.reply()
		rep.contactID = do().contactID
		c.send(w, rep)
	case CommitThenHang:
		c.note(0, do().contactID)
		s.hang(w, r)
	case LateLanding:
		go func() {
			if s.sleep(f.Later) {
				c.note(0, do().contactID)
			}
		}()
		cut(w)
	case Truncated:
		rep := do()
		rep.body = rep.body[:len(rep.body)/2]
		c.send(w, rep)
	case WrongJSON:
		rep := do()
		wrong := jsonReply(withBody(rep.status), map[string]any{
			"id": []int{1}, "name": map[string]any{}, "results": "none", "count": "many", "next": false,
		})
		wrong.contactID = rep.contactID
		c.send(w, wrong)
	case Endless:
		rep := do()
		c.note(withBody(rep.status), rep.contactID)
		s.endless(w, r, withBody(rep.status))
	}
}

// reply is the reply of the kinds that do not let the request decide.
func (f *Fault) reply() reply {
	status := cmp.Or(f.Status, defaultStatus[f.Kind])
	var rep reply
	switch f.Kind {
	case HTML, CommitThenHTML:
		rep = htmlReply(status)
	case TooMany:
		rep = detailReply(http.StatusTooManyRequests, "Request was throttled.").with("Retry-After", "1")
	case Redirect:
		rep = htmlReply(status).with("Location", "http://elsewhere.invalid/api/contacts/")
	default:
		rep = detailReply(status, http.StatusText(status))
	}
	if f.RetryAfter != "" {
		rep.header.Set("Retry-After", f.RetryAfter)
	}
	if f.Body != "" {
		rep.body = []byte(f.Body)
	}
	if status == http.StatusNoContent || status == http.StatusNotModified {
		rep.body = nil
	}
	return rep
}

func withBody(status int) int {
	if status == http.StatusNoContent {
		return http.StatusOK
	}
	return status
}

// sleep reports whether the whole time went by before Close. The client is
// not asked: a server goes on with what it has begun.
func (s *Simulation) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closed:
		return false
	}
}

func (s *Simulation) hang(w http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closed:
	}
	cut(w)
}

// cut ends the connection with no reply. HTTP/1.1 gives the connection away;
// elsewhere the server has to be told to abort.
func cut(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
		return
	}
	panic(http.ErrAbortHandler)
}

func (s *Simulation) endless(w http.ResponseWriter, r *http.Request, status int) {
	w.Header().Set("Content-Type", typeJSON)
	w.WriteHeader(status)
	chunk := []byte(`{"id":"`)
	flush := http.NewResponseController(w).Flush
	for n := 0; r.Context().Err() == nil; n++ {
		select {
		case <-s.closed:
			panic(http.ErrAbortHandler)
		default:
		}
		if _, err := w.Write(chunk); err != nil {
			break
		}
		_ = flush()
		chunk = []byte(strconv.Itoa(n) + " and so on, and so on, and so on; ")
	}
	panic(http.ErrAbortHandler)
}
