package webchattest

import "net/http/httptest"

// Server is a Simulation that listens on a port of the loopback address,
// chosen by the system. The methods of the Simulation are its own too.
type Server struct {
	*Simulation
	// URL is the address of the host, "http://127.0.0.1:port", with no path.
	URL string

	server *httptest.Server
}

// NewServer makes a Simulation and serves it. The caller closes it with
// [Server.Close]. Like the constructors of net/http/httptest it panics when it
// cannot listen; it also panics where [New] returns an error.
func NewServer(options Options) *Server {
	simulation, err := New(options)
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(simulation)
	return &Server{Simulation: simulation, URL: server.URL, server: server}
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
	s.Simulation.Close()
	s.server.CloseClientConnections()
	s.server.Close()
}
