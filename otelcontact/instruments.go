package otelcontact

import (
	"errors"

	"go.opentelemetry.io/otel/metric"
)

// The attributes of metrics. Their values are a fixed set of words.
const (
	namespaceKey = "maicontact.namespace"
	operationKey = "maicontact.operation"
	outcomeKey   = "maicontact.outcome"
	answerKey    = "maicontact.answer"
	stateKey     = "maicontact.breaker.state"
	kindKey      = "maicontact.person.kind"
)

// answered is the answer of an ask that got a contact. All other answers are reasons.
const answered = "contact"

// seconds are the bucket boundaries that the semantic conventions recommend for HTTP
// calls, and one below: an answer from the session takes microseconds.
var seconds = []float64{0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

// instruments are all instruments of this package.
type instruments struct {
	callDuration metric.Float64Histogram
	askDuration  metric.Float64Histogram

	callActive    metric.Int64ObservableUpDownCounter
	callMax       metric.Int64ObservableUpDownCounter
	callQueued    metric.Int64ObservableUpDownCounter
	callRefused   metric.Int64ObservableCounter
	breakerStatus metric.Int64ObservableUpDownCounter
	flightActive  metric.Int64ObservableUpDownCounter
	flightMax     metric.Int64ObservableUpDownCounter
	feedLag       metric.Float64ObservableGauge
	retiring      metric.Int64ObservableUpDownCounter

	personCount    metric.Int64ObservableUpDownCounter
	backlogWaiting metric.Int64ObservableUpDownCounter
	backlogOverdue metric.Int64ObservableUpDownCounter
	backlogAge     metric.Float64ObservableGauge
}

// observables are the instruments that are observed at each collection.
func (i *instruments) observables() []metric.Observable {
	return []metric.Observable{
		i.callActive, i.callMax, i.callQueued, i.callRefused, i.breakerStatus, i.flightActive, i.flightMax, i.feedLag, i.retiring,
		i.personCount, i.backlogWaiting, i.backlogOverdue, i.backlogAge,
	}
}

func newInstruments(m metric.Meter) (*instruments, error) {
	var faults []error
	histogram := func(name, description string) metric.Float64Histogram {
		made, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(seconds...))
		faults = append(faults, err)
		return made
	}
	upDown := func(name, unit, description string) metric.Int64ObservableUpDownCounter {
		made, err := m.Int64ObservableUpDownCounter(name, metric.WithUnit(unit), metric.WithDescription(description))
		faults = append(faults, err)
		return made
	}
	gauge := func(name, description string) metric.Float64ObservableGauge {
		made, err := m.Float64ObservableGauge(name, metric.WithUnit("s"), metric.WithDescription(description))
		faults = append(faults, err)
		return made
	}
	i := &instruments{
		callDuration: histogram("maicontact.call.duration", "Duration of calls to MaiAgent, each attempt by itself."),
		askDuration:  histogram("maicontact.ask.duration", "How long requests that asked for a contact waited for the answer."),

		callActive:    upDown("maicontact.call.active", "{call}", "Calls to MaiAgent under way."),
		callMax:       upDown("maicontact.call.max", "{call}", "Calls to MaiAgent that may be under way."),
		callQueued:    upDown("maicontact.call.queued", "{call}", "Calls to MaiAgent that wait for their turn."),
		breakerStatus: upDown("maicontact.breaker.status", "{breaker}", "1 for the state that the breaker before MaiAgent is in, 0 for the others."),
		flightActive:  upDown("maicontact.flight.active", "{flight}", "People who are being looked up or kept in step in the background."),
		flightMax:     upDown("maicontact.flight.max", "{flight}", "People who may be looked up or kept in step at once."),
		feedLag:       gauge("maicontact.feed.lag", "Time since the process last learnt what has changed on other servers."),
		retiring:      upDown("maicontact.visitor.retiring", "{visitor}", "Visitors who have logged in, of whom the table does not know yet."),

		personCount:    upDown("maicontact.person.count", "{person}", "People in the contact management table."),
		backlogWaiting: upDown("maicontact.backlog.waiting", "{person}", "People of whom something is to be sent to MaiAgent, now or later."),
		backlogOverdue: upDown("maicontact.backlog.overdue", "{person}", "People of whom something is to be sent to MaiAgent now."),
		backlogAge:     gauge("maicontact.backlog.age", "For how long the first of the overdue has been due; 0 where none is."),
	}
	var err error
	i.callRefused, err = m.Int64ObservableCounter("maicontact.call.refused", metric.WithUnit("{call}"),
		metric.WithDescription("Calls to MaiAgent that got no turn: visitors do not wait for theirs."))
	return i, errors.Join(append(faults, err)...)
}
