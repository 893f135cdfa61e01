package otelcontact

import (
	"context"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

// recorder records calls and asks as they end, and calls the application's own hooks.
type recorder struct {
	*instruments
	stopped       *atomic.Bool // nothing is recorded any more
	common        []attribute.KeyValue
	contactAnswer metric.MeasurementOption // of an ask that got a contact; most do
	nextCall      func(context.Context, webchat.Call)
	nextAsk       func(context.Context, maicontact.Ask)
}

func newRecorder(i *instruments, stopped *atomic.Bool, common []attribute.KeyValue, config maicontact.Config) *recorder {
	r := &recorder{instruments: i, stopped: stopped, common: common, nextCall: config.API.OnCall, nextAsk: config.OnAsk}
	r.contactAnswer = attributesOf(common, attribute.String(answerKey, answered))
	return r
}

// call is for [webchat.Config.OnCall].
func (r *recorder) call(ctx context.Context, c webchat.Call) {
	if !r.stopped.Load() {
		attributes := []attribute.KeyValue{attribute.String(operationKey, c.Operation), attribute.String(outcomeKey, string(c.Outcome))}
		if c.Status > 0 {
			attributes = append(attributes, semconv.HTTPResponseStatusCode(c.Status))
		}
		r.callDuration.Record(ctx, c.Duration.Seconds(), attributesOf(r.common, attributes...))
	}
	if r.nextCall != nil {
		r.nextCall(ctx, c)
	}
}

// ask is for [maicontact.Config.OnAsk].
func (r *recorder) ask(ctx context.Context, a maicontact.Ask) {
	if !r.stopped.Load() {
		answer := r.contactAnswer
		if a.Reason != "" {
			answer = attributesOf(r.common, attribute.String(answerKey, string(a.Reason)))
		}
		r.askDuration.Record(ctx, a.Duration.Seconds(), answer)
	}
	if r.nextAsk != nil {
		r.nextAsk(ctx, a)
	}
}

// attributesOf makes the attributes of a measurement.
func attributesOf(common []attribute.KeyValue, more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(slices.Concat(common, more)...))
}
