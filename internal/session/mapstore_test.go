package session

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"

	"github.com/gorilla/sessions"
)

// mapStore is a third-party store as people write them: values in a map on the
// server, a bare id in the cookie, its own idea of errors.
type mapStore struct {
	mu     sync.Mutex
	values map[string]map[any]any
	next   int
	reads  int
	lines  []string      // the cookies of each read
	fail   []error       // of New, one after another
	noSave error         // of Save
	stuck  chan struct{} // everything waits for it, when there is one
	panics any
	// entered is the registry that the request of the last Save has.
	entered *sessions.Registry
}

func newMapStore() *mapStore { return &mapStore{values: map[string]map[any]any{}} }

func (s *mapStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

func (s *mapStore) New(r *http.Request, name string) (*sessions.Session, error) {
	if s.stuck != nil {
		<-s.stuck
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	s.lines = append(s.lines, r.Header.Get("Cookie"))
	if s.panics != nil {
		panic(s.panics)
	}
	if len(s.fail) > 0 {
		err := s.fail[0]
		s.fail = s.fail[1:]
		return nil, err
	}
	g := sessions.NewSession(s, name)
	g.Options = &sessions.Options{Path: "/account", Domain: "elsewhere.test"}
	g.IsNew = true
	c, err := r.Cookie(name)
	if err != nil {
		return g, nil
	}
	values, ok := s.values[c.Value]
	if !ok {
		return nil, errors.New("no such session")
	}
	g.ID, g.IsNew = c.Value, false
	maps.Copy(g.Values, values)
	return g, nil
}

func (s *mapStore) Save(r *http.Request, w http.ResponseWriter, g *sessions.Session) error {
	if s.stuck != nil {
		<-s.stuck
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.panics != nil {
		panic(s.panics)
	}
	s.entered = sessions.GetRegistry(r)
	if s.noSave != nil {
		w.Header().Set("Set-Cookie", "half=1")
		return s.noSave
	}
	if g.ID == "" {
		s.next++
		g.ID = strings.Repeat("s", s.next)
	}
	if g.Options.MaxAge <= 0 {
		delete(s.values, g.ID)
	} else {
		s.values[g.ID] = maps.Clone(g.Values)
	}
	http.SetCookie(w, sessions.NewCookie(g.Name(), g.ID, g.Options))
	return nil
}
