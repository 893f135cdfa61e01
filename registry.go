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
}

func (c privateContext) Value(key any) any {
	if key == (visitKey{}) || key == c.visit.middleware.registryKey {
		return nil
	}
	return c.Context.Value(key)
}

// lendingContext has a registry of a private copy's own, with the site's session
// as it was at the start (Config.ShareSession): Identify need not decode it
// again. It is made when somebody asks for it.
type lendingContext struct {
	privateContext
	once     sync.Once
	registry *sessions.Registry
}

func (c *lendingContext) Value(key any) any {
	if v := c.visit; key == v.middleware.registryKey {
		c.once.Do(func() {
			c.registry = sessions.GetRegistry(v.request.WithContext(c.privateContext))
			_, _ = c.registry.Get(ready{v.shared.copy()}, v.middleware.config.SessionName)
		})
		return c.registry
	}
	return c.privateContext.Value(key)
}

// privateCopy returns a copy of the visit's request for use on any goroutine:
// in the asker's context, with no gorilla session shared. With
// Config.ShareSession it has the site's session as it was at the start, when
// copying its values is enough to share nothing with the handler's.
func (v *visit) privateCopy(ctx context.Context) *http.Request {
	c := privateContext{ctx, v}
	if v.shared != nil && v.shared.err == nil && v.shared.plain {
		return v.request.WithContext(&lendingContext{privateContext: c})
	}
	return v.request.WithContext(c)
}
