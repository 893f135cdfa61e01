package maicontact

import (
	"context"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact/webchat"
)

// answer is what the browser is told of who is there.
type answer struct {
	id     webchat.ContactID
	config []byte // the widget's, with the id in it, when the request has options of its own
	reason Reason // why there is no contact
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
	known, options := m.legs(ctx, v)
	if known.err != nil {
		reason := reasonOf(known.err)
		v.tell(ctx, reason, nil)
		return answer{reason: reason, epoch: known.epoch}
	}
	a := answer{id: known.id, epoch: known.epoch}
	if options != nil {
		config, err := m.config.Widget.Config(known.id, *options)
		if err != nil {
			m.log.WarnContext(ctx, "maicontact: Config.WidgetOptions returned options that cannot be used", "error", err)
		}
		a.config = config
	}
	return a
}

// render writes an answer. Only a store can bring a contact id that is none.
func (m *Middleware) render(ctx context.Context, v *visit, b []byte, a answer, write appendAnswer) []byte {
	text, err := write(b, a)
	if err != nil {
		m.log.ErrorContext(ctx, "maicontact: the widget configuration cannot be written", "error", err)
		v.tell(ctx, Misconfigured, nil)
		text, _ = write(b, answer{reason: Misconfigured, epoch: a.epoch})
	}
	return text
}

// appendAnswer writes an answer in one of its forms.
type appendAnswer func(b []byte, a answer) ([]byte, error)

// legs finds the contact beside the request's own options, if it has any.
func (m *Middleware) legs(ctx context.Context, v *visit) (known verdict, options *webchat.Options) {
	if m.config.WidgetOptions == nil {
		return v.contact(ctx), nil
	}
	return m.bothLegs(ctx, v)
}

func (m *Middleware) bothLegs(ctx context.Context, v *visit) (known verdict, options *webchat.Options) {
	var escaped any
	group, legs := errgroup.WithContext(ctx)
	group.Go(func() error {
		// A panic of Identify belongs to the request's goroutine, where
		// net/http contains it; here it would end the process.
		defer func() { escaped = recover() }()
		known = v.contact(legs)
		return nil
	})
	func() {
		// Also when WidgetOptions panics: the other leg uses the request.
		defer func() { _ = group.Wait() }()
		options = m.widgetOptions(v, legs)
	}()
	if escaped != nil {
		panic(escaped)
	}
	return known, options
}

// widgetOptions returns nil when they cannot be had.
func (m *Middleware) widgetOptions(v *visit, ctx context.Context) *webchat.Options {
	ctx, cancel := context.WithTimeout(ctx, max(m.config.Budget, DefaultBudget))
	defer cancel()
	options, err := m.config.WidgetOptions(v.privateCopy(ctx))
	if err != nil {
		m.log.WarnContext(ctx, "maicontact: Config.WidgetOptions failed; the chat starts without them", "error", err)
		return nil
	}
	return &options
}
