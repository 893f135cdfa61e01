// Package tracetest looks at what a tracing transport makes of calls to
// MaiAgent, and holds nothing but tests.
package tracetest
