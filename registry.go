package maicontact

import (
	"context"
	"net/http"
	"sync"

	"github.com/gorilla/sessions"
)

// registryKey is the context key under which gorilla/sessions keeps a
// request's sessions. The package does not export it, so it is learned by
// watching what GetRegistry asks a context for.
func registryKey() any {
	probe := &probeContext{Context: context.Background()}
	sessions.GetRegistry((&http.Request{}).WithContext(probe))
	return probe.asked
}

type probeContext struct {
	context.Context
	asked any
}

func (p *probeContext) Value(key any) any {
	if p.asked == nil {
		p.asked = key
	}
	return nil
}

// privateContext hides gorilla's registry, and the visit itself. The registry
// is a bare map; a request that runs beside the handler must get one of its
// own. And Identify, which answers the visit, cannot ask it.
type privateContext struct {
	context.Context
	visit *visit
	lent  *lentRegistry // with Config.ShareSession; nil: none
}

func (c privateContext) Value(key any) any {
	switch key {
	case visitKey{}:
		return nil
	case c.visit.middleware.registryKey:
		if c.lent != nil {
			return c.lent.open(c)
		}
		return nil
	}
	return c.Context.Value(key)
}

// lentRegistry is a registry of a private copy's own. It has the site's session
// as it was at the start, so that Identify need not decode it again, and is made
// when somebody asks for it.
type lentRegistry struct {
	once     sync.Once
	registry *sessions.Registry
}

func (l *lentRegistry) open(c privateContext) any {
	l.once.Do(func() {
		c.lent = nil
		v := c.visit
		l.registry = sessions.GetRegistry(v.request.WithContext(c))
		_, _ = l.registry.Get(ready{v.shared.copy()}, v.middleware.config.SessionName)
	})
	return l.registry
}

// privateCopy returns a copy of the visit's request for use on any goroutine:
// in the asker's context, with no gorilla session shared. With
// Config.ShareSession it has the site's session as it was at the start.
func (v *visit) privateCopy(ctx context.Context) *http.Request {
	c := privateContext{Context: ctx, visit: v}
	if v.shared != nil && v.shared.err == nil {
		c.lent = &lentRegistry{}
	}
	return v.request.WithContext(c)
}
