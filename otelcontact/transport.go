package otelcontact

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric/noop"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// newTransport makes a client span for each request. The requests that it gets have the
// template of the address as their path. The durations of calls are recorded by
// operation elsewhere, so otelhttp's own metrics are dropped.
func newTransport(rt http.RoundTripper, o options) http.RoundTripper {
	return otelhttp.NewTransport(templated{rt},
		otelhttp.WithTracerProvider(o.tracers),
		otelhttp.WithMeterProvider(noop.NewMeterProvider()),
		otelhttp.WithPropagators(o.propagator),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path }),
	)
}

// templated adds the template to the span as an attribute.
type templated struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t templated) RoundTrip(r *http.Request) (*http.Response, error) {
	trace.SpanFromContext(r.Context()).SetAttributes(semconv.URLTemplate(r.URL.Path))
	return t.RoundTripper.RoundTrip(r)
}
