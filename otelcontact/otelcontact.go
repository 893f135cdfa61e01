package otelcontact

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

// scope is the instrumentation scope of metrics and spans.
const scope = "github.com/maicontact/maicontact/otelcontact"

// Registration is what [New] has registered. It is safe for concurrent use.
type Registration struct {
	observed metric.Registration
	stopped  *atomic.Bool
}

// Unregister stops observing the state of the middleware and recording its calls and
// asks. The middleware goes on. Calling it again does nothing.
func (r *Registration) Unregister() error {
	if r.stopped.Swap(true) {
		return nil
	}
	return r.observed.Unregister()
}

// New is [maicontact.New] for a middleware that is recorded with OpenTelemetry. The
// configuration's own hooks are still called, and its HTTPClient is still used. New
// starts no goroutine; the state of the middleware is read when metrics are collected.
// The error is that of maicontact.New, of an option, or of a provider.
func New(config maicontact.Config, given ...Option) (*maicontact.Middleware, *Registration, error) {
	o, err := newOptions(given)
	if err != nil {
		return nil, nil, fmt.Errorf("otelcontact: %w", err)
	}
	meter := o.meters.Meter(scope)
	made, err := newInstruments(meter)
	if err != nil {
		return nil, nil, fmt.Errorf("otelcontact: %w", err)
	}
	// The namespace keeps several middlewares on one site apart.
	common := append([]attribute.KeyValue{attribute.String(namespaceKey, config.Namespace)}, o.attributes...)
	stopped := &atomic.Bool{}
	r := newRecorder(made, stopped, common, config)
	config.API.OnCall, config.OnAsk = r.call, r.ask
	config.API.HTTPClient = tracedClient(config.API.HTTPClient, o)

	mc, err := maicontact.New(config)
	if err != nil {
		return nil, nil, err
	}
	s := newState(made, mc.Operator(), common, o.interval)
	observed, err := meter.RegisterCallback(s.observe, made.observables()...)
	if err != nil {
		return nil, nil, fmt.Errorf("otelcontact: %w", err)
	}
	return mc, &Registration{observed, stopped}, nil
}

// tracedClient returns a client that makes a span of each request. The application's own
// is not changed.
func tracedClient(own *http.Client, o options) *http.Client {
	client := http.Client{}
	if own != nil {
		client = *own
	}
	client.Transport = webchat.Tracing(func(rt http.RoundTripper) http.RoundTripper { return newTransport(rt, o) }, client.Transport)
	return &client
}
