package maicontact

import (
	"context"
	"net/http"

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

// withoutRegistry hides gorilla's registry, and the visit itself. The registry
// is a bare map; a request that runs beside the handler must get one of its
// own. And Identify, which answers the visit, cannot ask it.
type withoutRegistry struct {
	context.Context
	key any
}

func (c withoutRegistry) Value(key any) any {
	if key == c.key || key == (visitKey{}) {
		return nil
	}
	return c.Context.Value(key)
}

// privateCopy returns a copy of the visit's request for use on any goroutine:
// in the asker's context, with no gorilla session shared. With
// Config.ShareSession it has the site's session as it was at the start.
func (v *visit) privateCopy(ctx context.Context) *http.Request {
	m := v.middleware
	r := v.request.WithContext(withoutRegistry{ctx, m.registryKey})
	if v.shared != nil {
		v.shared.lend(r, m.config.SessionName)
	}
	return r
}
