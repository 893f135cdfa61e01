package webchattest

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxRequests     = 10_000
	maxRecordedBody = 16 << 10
)

// Request is one request that the API, or a session of the chat, was asked.
type Request struct {
	// Operation is what was asked for, [CreateContact] for one; empty when
	// the path or the method means nothing to the API.
	Operation string
	Method    string
	Path      string
	// Query holds the parameters of the address.
	Query url.Values
	// Header is what was sent; of Authorization only the scheme is kept.
	Header http.Header
	// Body is what was sent, up to 16 KiB of it.
	Body []byte
	// Status is the status of the reply; 0 when there was none, or not yet.
	Status int
	// ContactID is the contact that was asked for, or made. It is also set
	// when the reply that should have told of it was lost to a fault.
	ContactID string
	// Time is when the request came.
	Time time.Time
	// Fault is the [Kind] that was played, empty for none.
	Fault string
}

// recorder keeps the last requests. Its zero value is ready to use.
type recorder struct {
	mu       sync.Mutex
	requests []*Request
	counts   map[string]int // of all under ""
}

// Requests returns the last 10,000 requests in the order they came, as copies.
func (s *Simulation) Requests() []Request {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	requests := s.recorder.requests
	if extra := len(requests) - maxRequests; extra > 0 {
		requests = requests[extra:]
	}
	list := make([]Request, 0, len(requests))
	for _, r := range requests {
		c := *r
		c.Query, c.Header, c.Body = url.Values(http.Header(r.Query).Clone()), r.Header.Clone(), bytes.Clone(r.Body)
		list = append(list, c)
	}
	return list
}

// Count tells how often an operation was asked for since the start, or since
// the last ResetRequests, whatever was answered. The empty operation counts
// every request.
func (s *Simulation) Count(operation string) int {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	return s.recorder.counts[operation]
}

// ResetRequests forgets the requests so far, and their counts.
func (s *Simulation) ResetRequests() {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	s.recorder.requests, s.recorder.counts = nil, nil
}

// call is one request on its way through the Simulation.
type call struct {
	recorder *recorder
	request  *Request
}

func (rec *recorder) begin(r *http.Request, operation, contactID string, body []byte, now time.Time) *call {
	request := &Request{
		Operation: operation,
		Method:    r.Method,
		Path:      r.URL.Path,
		Query:     r.URL.Query(),
		Header:    redact(r.Header),
		Body:      bytes.Clone(body[:min(len(body), maxRecordedBody)]),
		ContactID: contactID,
		Time:      now,
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.counts == nil {
		rec.counts = make(map[string]int)
	}
	rec.counts[""]++
	if operation != "" {
		rec.counts[operation]++
	}
	if rec.requests = append(rec.requests, request); len(rec.requests) >= 2*maxRequests {
		rec.requests = slices.Clone(rec.requests[len(rec.requests)-maxRequests:])
	}
	return &call{recorder: rec, request: request}
}

// note is called before the reply is sent: whoever has read the reply then
// finds it in Requests.
func (c *call) note(status int, contactID string) {
	c.recorder.mu.Lock()
	defer c.recorder.mu.Unlock()
	c.request.Status = status
	if contactID != "" {
		c.request.ContactID = contactID
	}
}

func (c *call) noteFault(kind Kind) {
	c.recorder.mu.Lock()
	defer c.recorder.mu.Unlock()
	c.request.Fault = string(kind)
}

func redact(header http.Header) http.Header {
	h := header.Clone()
	for i, value := range h["Authorization"] {
		scheme, _, ok := strings.Cut(value, " ")
		if !ok {
			scheme = ""
		}
		h["Authorization"][i] = strings.TrimSpace(scheme + " [redacted]")
	}
	return h
}
