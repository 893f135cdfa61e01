// Package otelcontact records with OpenTelemetry what a [maicontact.Middleware] does: how
// long calls to MaiAgent take and how they end, how asks for a contact are answered,
// the state of the circuit breaker, and what waits to be sent. Each call is a client span
// with the template of its address.
//
//	mc, watched, err := otelcontact.New(maicontact.Config{ … })
//	defer watched.Unregister()
//
// Metrics and spans hold no contact id, no key and nothing of a person. All values
// of attributes come from short lists, so that the number of time series is bounded.
// docs/metrics.md has the list of instruments.
package otelcontact
