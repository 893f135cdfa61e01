package maicontact

import (
	"context"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact/webchat"
)

// answer is what the browser is told of who is there.
type answer struct {
	config []byte // the widget's, with the contact id in it; nil: no contact
	reason Reason // why there is none
	epoch  string // empty: it is not known who is there
}

// answerTo answers a request that may read the answer.
func (m *Middleware) answerTo(r *http.Request, v *visit, page reader) answer {
	if reason, refused := notShown(r); refused {
		v.tell(r.Context(), reason, nil)
		return answer{reason: reason}
	}
	v.readBy(page)
	return m.answerOf(r.Context(), v)
}

// answerOf finds the contact and the request's own widget options, each beside
// the other.
func (m *Middleware) answerOf(ctx context.Context, v *visit) answer {
	var known verdict
	var escaped any
	group, legs := errgroup.WithContext(ctx)
	group.Go(func() error {
		// A panic of Identify belongs to the request's goroutine, where
		// net/http contains it; here it would end the process.
		defer func() { escaped = recover() }()
		known = v.contact(legs)
		return nil
	})
	options := m.widgetOptions(v, legs)
	_ = group.Wait()
	if escaped != nil {
		panic(escaped)
	}
	epoch := epochOf(m.config.InboxID, known.owner)
	if known.err != nil {
		reason := reasonOf(known.err)
		v.tell(ctx, reason, nil)
		return answer{reason: reason, epoch: epoch}
	}
	config, err := m.script.widget.Config(known.id, options)
	if err != nil {
		m.log.WarnContext(ctx, "maicontact: Config.WidgetOptions returned options that cannot be used", "error", err)
		config, err = m.script.widget.Config(known.id, webchat.Options{})
	}
	if err != nil {
		m.log.ErrorContext(ctx, "maicontact: the widget configuration cannot be written", "error", err)
		v.tell(ctx, Misconfigured, nil)
		return answer{reason: Misconfigured, epoch: epoch}
	}
	return answer{config: config, epoch: epoch}
}

func (m *Middleware) widgetOptions(v *visit, ctx context.Context) webchat.Options {
	if m.config.WidgetOptions == nil {
		return webchat.Options{}
	}
	ctx, cancel := context.WithTimeout(ctx, max(m.config.Budget, DefaultBudget))
	defer cancel()
	options, err := m.config.WidgetOptions(v.privateCopy(ctx))
	if err != nil {
		m.log.WarnContext(ctx, "maicontact: Config.WidgetOptions failed; the chat starts without them", "error", err)
		return webchat.Options{}
	}
	return options
}
