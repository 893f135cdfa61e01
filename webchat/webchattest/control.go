package webchattest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// faultOrder is a Fault as another process asks for it.
type faultOrder struct {
	Fault
	Contains     string // in the body, in place of Match
	Delay, Later string // "250ms"
}

func (o faultOrder) fault() (Fault, error) {
	f := o.Fault
	for target, text := range map[*time.Duration]string{&f.Delay: o.Delay, &f.Later: o.Later} {
		if text == "" {
			continue
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			return f, fmt.Errorf("fault has the delay %q; give it as in 250ms", text)
		}
		*target = d
	}
	if f.Kind == "" && f.Delay > 0 {
		f.Kind = Slow
	}
	if o.Contains != "" {
		f.Match = func(_ *http.Request, body []byte) bool { return bytes.Contains(body, []byte(o.Contains)) }
	}
	return f, f.check()
}

// requestView is a Request with a body that a person can read.
type requestView struct {
	Request
	Body string `json:"body,omitempty"`
}

// serveControl lets another process look at the Simulation and break it. It is
// never recorded, and no fault hits it.
func (s *Simulation) serveControl(w http.ResponseWriter, r *http.Request) {
	if refusal, ok := s.authenticate(r); !ok {
		refusal.write(w)
		return
	}
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/simulation/"), "/")
	resource, id, _ := strings.Cut(path, "/")
	s.control(w, r, r.Method+" "+resource, id).write(w)
}

func (s *Simulation) control(w http.ResponseWriter, r *http.Request, what, id string) reply {
	done := reply{status: http.StatusNoContent, header: http.Header{}}
	missing := detailReply(http.StatusNotFound, "Not found.")
	switch {
	case what == "POST faults" && id == "":
		return s.controlInject(w, r)
	case what == "DELETE faults" && id == "":
		s.ClearFaults()
		return done
	case what == "DELETE faults":
		if n, err := strconv.Atoi(id); err != nil || !s.faults.remove(n) {
			return missing
		}
		return done
	case what == "GET requests" && id == "":
		list := []requestView{}
		operation := r.URL.Query().Get("operation")
		for _, request := range s.Requests() {
			if operation == "" || operation == request.Operation {
				list = append(list, requestView{Request: request, Body: string(request.Body)})
			}
		}
		return jsonReply(http.StatusOK, map[string]any{"requests": list})
	case what == "DELETE requests" && id == "":
		s.ResetRequests()
		return done
	case what == "POST landings" && id == "":
		return jsonReply(http.StatusOK, map[string]int{"landed": s.Land()})
	case what == "GET switches" && id == "":
		return jsonReply(http.StatusOK, s.Switches())
	case what == "PUT switches" && id == "":
		var next Switches
		if refusal := readControl(w, r, &next); refusal != nil {
			return *refusal
		}
		if err := s.setSwitches(next); err != nil {
			return detailReply(http.StatusBadRequest, err.Error())
		}
		return done
	case what == "PUT contacts" && strings.HasSuffix(id, "/inboxes"):
		var inboxIDs []string
		if refusal := readControl(w, r, &inboxIDs); refusal != nil {
			return *refusal
		}
		if !s.Move(strings.TrimSuffix(id, "/inboxes"), inboxIDs...) {
			return missing
		}
		return done
	case what == "GET contacts" && id == "":
		return jsonReply(http.StatusOK, map[string]any{"contacts": s.All()})
	case what == "DELETE contacts" && id != "":
		if !s.Delete(id) {
			return missing
		}
		return done
	default:
		return missing
	}
}

// readControl reads the body of an order, or returns what to answer instead.
func readControl(w http.ResponseWriter, r *http.Request, into any) *reply {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return new(detailReply(http.StatusBadRequest, "the body cannot be read"))
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return new(detailReply(http.StatusBadRequest, err.Error()))
	}
	return nil
}

func (s *Simulation) controlInject(w http.ResponseWriter, r *http.Request) reply {
	var order faultOrder
	if refusal := readControl(w, r, &order); refusal != nil {
		return *refusal
	}
	fault, err := order.fault()
	if err != nil {
		return detailReply(http.StatusBadRequest, err.Error())
	}
	return jsonReply(http.StatusCreated, map[string]int{"id": s.faults.add(fault)})
}
