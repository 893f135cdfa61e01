package crashtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// witness sees every reply, and knows what is down when.
type witness struct {
	mu       sync.Mutex
	replies  int
	excused  int
	wrong    []string
	gone     map[string]time.Time // host -> when its process was told to end
	database []outage
}

// outage is a time without the database.
type outage struct{ from, to time.Time } // to is zero while it lasts

func (w *witness) processEnds(host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone == nil {
		w.gone = make(map[string]time.Time)
	}
	w.gone[host] = time.Now()
}

func (w *witness) databaseEnds() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.database = append(w.database, outage{from: time.Now()})
}

func (w *witness) databaseIsBack() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.database[len(w.database)-1].to = time.Now()
}

// note judges one reply. A page may fail only while the database is down, the
// chat script never, and a connection only when its process was told to end.
func (w *witness) note(host, path string, began time.Time, status int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.replies++
	if err == nil && status < 500 {
		return
	}
	_, ended := w.gone[host]
	down := false
	for _, o := range w.database {
		down = down || o.to.IsZero() || began.Before(o.to)
	}
	if err != nil && ended || err == nil && down && path != "/webchat.js" {
		w.excused++
		return
	}
	w.wrong = append(w.wrong, fmt.Sprintf("%s: status %d, %v, after %v", path, status, err, time.Since(began).Round(time.Millisecond)))
}

// excuses is how many replies have failed while what they need was down.
func (w *witness) excuses() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.excused
}

// as returns a transport that the witness sees.
func (w *witness) as(number int) http.RoundTripper { return watched{w, withAddress(number)} }

// withAddress returns a transport with an address of its own, since new visitors
// are limited for each address. A connection to a killed process is of no use.
func withAddress(number int) *http.Transport {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(number))}}
	return &http.Transport{DisableKeepAlives: true, DialContext: dialer.DialContext}
}

type watched struct {
	witness   *witness
	transport http.RoundTripper
}

func (t watched) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	response, err := t.transport.RoundTrip(r)
	if err != nil {
		t.witness.note(r.URL.Host, r.URL.Path, began, 0, err)
		return nil, err
	}
	text, err := io.ReadAll(response.Body)
	response.Body.Close()
	t.witness.note(r.URL.Host, r.URL.Path, began, response.StatusCode, err)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(text))
	return response, nil
}

// A witness that excuses everything proves nothing.
func TestWitness(t *testing.T) {
	t.Parallel()
	cut := errors.New("cut")
	for name, test := range map[string]struct {
		path    string
		status  int
		err     error
		during  func(*witness) // while the reply is awaited
		excused bool
		wrong   bool
	}{
		"a page":                           {"/", 200, nil, nil, false, false},
		"nobody is logged in":              {"/plan", 401, nil, nil, false, false},
		"an error page":                    {"/", 503, nil, nil, false, true},
		"an error page, no database":       {"/", 503, nil, (*witness).databaseEnds, true, false},
		"an error page, database was away": {"/", 500, nil, func(w *witness) { w.databaseEnds(); w.databaseIsBack() }, true, false},
		"an error page, process ends":      {"/", 500, nil, func(w *witness) { w.processEnds("shop") }, false, true},
		"the script, no database":          {"/webchat.js", 500, nil, (*witness).databaseEnds, false, true},
		"no reply":                         {"/", 0, cut, nil, false, true},
		"no reply, no database":            {"/", 0, cut, (*witness).databaseEnds, false, true},
		"no reply, process ends":           {"/webchat.js", 0, cut, func(w *witness) { w.processEnds("shop") }, true, false},
		"no reply, the other process ends": {"/", 0, cut, func(w *witness) { w.processEnds("other") }, false, true},
	} {
		var w witness
		w.databaseEnds()
		w.databaseIsBack()
		began := time.Now()
		if test.during != nil {
			test.during(&w)
		}
		w.note("shop", test.path, began, test.status, test.err)
		if got, wrong := w.excused == 1, len(w.wrong) == 1; got != test.excused || wrong != test.wrong {
			t.Errorf("%s: excused %v, wrong %v", name, got, wrong)
		}
	}
}
