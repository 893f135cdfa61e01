package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// meters serves the shop's metrics at /metrics of an address of their own, which is
// not for the public.
type meters struct {
	*sdkmetric.MeterProvider
	registry *prometheus.Registry
	listener net.Listener
}

// openMeters listens where the settings say; nil where they say nothing.
func openMeters(s settings) (*meters, error) {
	if s.metrics == "" {
		return nil, nil
	}
	registry := prometheus.NewRegistry()
	exporter, err := otelprom.New(otelprom.WithRegisterer(registry))
	if err != nil {
		return nil, err
	}
	err = errors.Join(registry.Register(collectors.NewGoCollector()), registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})))
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", s.metrics)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on METRICS_ADDR %s: %w", s.metrics, err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithResource(resource.NewSchemaless(semconv.ServiceName("shop"))))
	return &meters{provider, registry, listener}, nil
}

// serve serves the metrics until stop is called, which waits.
func (m *meters) serve(log *slog.Logger) (stop func()) {
	if m == nil {
		return func() {}
	}
	complain := slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: complain, ErrorHandling: promhttp.ContinueOnError, Timeout: 10 * time.Second}))
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: slowestClient, WriteTimeout: 15 * time.Second,
		IdleTimeout: 2 * time.Minute, ErrorLog: complain,
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(m.listener); !errors.Is(err, http.ErrServerClosed) {
			log.Warn("metrics are no longer served", "error", err)
		}
	}()
	return func() {
		wait, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(wait) != nil {
			_ = server.Close()
		}
		<-ended
	}
}

// close ends what openMeters has begun.
func (m *meters) close(ctx context.Context) {
	if m != nil {
		_ = m.listener.Close()
		_ = m.Shutdown(ctx)
	}
}
