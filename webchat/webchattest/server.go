package webchattest

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a Simulation that listens on a port of the loopback address,
// chosen by the system. The methods of the Simulation are its own too.
type Server struct {
	*Simulation
	// URL is the address of the host, "http://127.0.0.1:port", with no path.
	URL string

	http   *http.Server
	served chan struct{}

	mu       sync.Mutex
	stopping bool
	running  sync.WaitGroup
}

// NewServer makes a Simulation and serves it. The caller closes it with
// [Server.Close]. Like the constructors of net/http/httptest it panics when it
// cannot listen; it also panics where [New] returns an error.
func NewServer(options Options) *Server {
	simulation, err := New(options)
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		if listener, err = net.Listen("tcp6", "[::1]:0"); err != nil {
			panic(fmt.Sprintf("webchattest: cannot listen on the loopback address: %v", err))
		}
	}
	s := &Server{
		Simulation: simulation,
		URL:        "http://" + listener.Addr().String(),
		served:     make(chan struct{}),
	}
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: 30 * time.Second,
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener) // ends with ErrServerClosed
	}()
	return s
}

// BaseURL is the address of the API, "<URL>/api/".
func (s *Server) BaseURL() string { return s.URL + "/api/" }

// ChatURL is the address of the chat host. The chat embed is at
// "<ChatURL>/js/embed.min.js" and the web chats are below "<ChatURL>/web-chats".
func (s *Server) ChatURL() string { return s.URL }

// Close stops the server: it cuts what is still open, lets go of what a fault
// holds up, and returns when no request is being answered any more. It may be
// called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()

	s.Simulation.Close()
	_ = s.http.Close()
	<-s.served
	s.running.Wait()
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.stopping {
		s.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()
	s.ServeHTTP(w, r)
}
