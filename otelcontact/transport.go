package otelcontact

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric/noop"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// newTransport makes a client span of each request that it is shown, which has the
// template of the address for its path. The durations of calls are measured by
// operation elsewhere, so otelhttp's own metrics go nowhere.
func newTransport(rt http.RoundTripper, o options) http.RoundTripper {
	return otelhttp.NewTransport(templated{rt},
		otelhttp.WithTracerProvider(o.tracers),
		otelhttp.WithMeterProvider(noop.NewMeterProvider()),
		otelhttp.WithPropagators(o.propagator),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path }),
	)
}

// templated gives the span the template by its own name.
type templated struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t templated) RoundTrip(r *http.Request) (*http.Response, error) {
	trace.SpanFromContext(r.Context()).SetAttributes(semconv.URLTemplate(r.URL.Path))
	return t.RoundTripper.RoundTrip(r)
}
