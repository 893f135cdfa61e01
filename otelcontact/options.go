package otelcontact

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// DefaultBacklogInterval is for how long a count of the table is reported again.
const DefaultBacklogInterval = 15 * time.Second

// Option changes what [New] does.
type Option func(*options)

type options struct {
	meters     metric.MeterProvider
	tracers    trace.TracerProvider
	propagator propagation.TextMapPropagator
	attributes []attribute.KeyValue
	interval   time.Duration
}

// WithMeterProvider sets where metrics go. Defaults to [otel.GetMeterProvider].
func WithMeterProvider(p metric.MeterProvider) Option { return func(o *options) { o.meters = p } }

// WithTracerProvider sets where spans go. Defaults to [otel.GetTracerProvider].
func WithTracerProvider(p trace.TracerProvider) Option { return func(o *options) { o.tracers = p } }

// WithPropagator propagates the trace to MaiAgent in headers of the calls. By default
// nothing is sent: MaiAgent is another company's service, and baggage may hold anything.
func WithPropagator(p propagation.TextMapPropagator) Option {
	return func(o *options) { o.propagator = p }
}

// WithAttributes adds attributes to all metrics, for several middlewares that share
// a namespace. They must hold nothing secret, and no attribute of this package's.
// Every middleware's metrics have its namespace.
func WithAttributes(attributes ...attribute.KeyValue) Option {
	return func(o *options) { o.attributes = append(o.attributes, attributes...) }
}

// WithBacklogInterval sets for how long a count of the table is reported again: counting
// reads many rows in some databases. Defaults to [DefaultBacklogInterval]; negative: the
// table is never counted, and the metrics from it are not reported.
func WithBacklogInterval(d time.Duration) Option { return func(o *options) { o.interval = d } }

func newOptions(given []Option) (options, error) {
	o := options{
		meters: otel.GetMeterProvider(), tracers: otel.GetTracerProvider(),
		propagator: propagation.NewCompositeTextMapPropagator(), interval: DefaultBacklogInterval,
	}
	for _, set := range given {
		set(&o)
	}
	var faults []error
	if o.meters == nil {
		faults = append(faults, errors.New("WithMeterProvider: the provider is nil; leave the option out for the global one"))
	}
	if o.tracers == nil {
		faults = append(faults, errors.New("WithTracerProvider: the provider is nil; leave the option out for the global one"))
	}
	if o.propagator == nil {
		faults = append(faults, errors.New("WithPropagator: the propagator is nil; leave the option out to send nothing"))
	}
	if o.interval == 0 {
		faults = append(faults, errors.New("WithBacklogInterval: must not be 0, or each collection would count the table; a negative one never counts it"))
	}
	for _, a := range o.attributes {
		if !a.Valid() {
			faults = append(faults, errors.New("WithAttributes: an attribute has no key or no value"))
		} else if strings.HasPrefix(string(a.Key), "maicontact.") {
			faults = append(faults, fmt.Errorf("WithAttributes: %s is an attribute of this package; take another name", a.Key))
		}
	}
	return o, errors.Join(faults...)
}
