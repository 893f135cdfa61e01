package otelcontact_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/sessions"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/otelcontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const apiKey = "canary-api-key-77aa"

// bed is a small site that is watched, before a simulated MaiAgent without a network.
type bed struct {
	t       *testing.T
	sim     *webchattest.Simulation
	mc      *maicontact.Middleware
	watched *otelcontact.Registration
	reader  *sdkmetric.ManualReader
	meters  *sdkmetric.MeterProvider
	spans   *tracetest.SpanRecorder
	tracers *sdktrace.TracerProvider
	handler http.Handler
}

// newBed makes one. change may alter the configuration; the options are those of
// otelcontact, besides the providers.
func newBed(t *testing.T, change func(*maicontact.Config), more ...otelcontact.Option) *bed {
	t.Helper()
	sim, err := webchattest.New(webchattest.Options{APIKey: apiKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	b := &bed{t: t, sim: sim, reader: sdkmetric.NewManualReader(), spans: tracetest.NewSpanRecorder()}
	b.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(b.reader))
	b.tracers = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(b.spans))
	config := configOf(sim)
	if change != nil {
		change(&config)
	}
	b.mc, b.watched, err = otelcontact.New(config, append([]otelcontact.Option{otelcontact.WithMeterProvider(b.meters), otelcontact.WithTracerProvider(b.tracers)}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/webchat.js", b.mc.Script())
	b.handler = b.mc.Handler(mux)
	return b
}

func configOf(sim *webchattest.Simulation) maicontact.Config {
	return maicontact.Config{
		API: webchat.Config{
			BaseURL: "http://localhost/api", APIKey: apiKey, MaxAttempts: 1, HTTPClient: &http.Client{Transport: webchattest.InProcess(sim)},
		},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
		Namespace: "shop-test",
		Identify: func(r *http.Request) (*maicontact.Member, error) {
			id := r.Header.Get("Test-User")
			if id == "" {
				return nil, nil
			}
			return &maicontact.Member{ID: id, Profile: webchat.Profile{Name: "Canary Name", Email: "canary@example.com", Phone: "+351912000111"}}, nil
		},
		Sessions: sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")),
		Store:    maicontact.NewMemoryStore(),
		Visitors: maicontact.Visitors{Start: maicontact.OnLoad},
		Logger:   slog.New(slog.DiscardHandler),
	}
}

// run runs the middleware. What it returns ends that.
func (b *bed) run() (stop func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan error, 1)
	go func() { done <- b.mc.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
	}
}

// ask asks for the script as a member, or without a name as a new visitor.
func (b *bed) ask(user string, header ...string) string {
	r := httptest.NewRequestWithContext(b.t.Context(), "GET", "http://shop.test/webchat.js", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if user != "" {
		r.Header.Set("Test-User", user)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w.Body.String()
}

// collect returns all metrics.
func (b *bed) collect() []metricdata.Metrics {
	b.t.Helper()
	var all metricdata.ResourceMetrics
	if err := b.reader.Collect(b.t.Context(), &all); err != nil {
		b.t.Fatal(err)
	}
	var list []metricdata.Metrics
	for _, scope := range all.ScopeMetrics {
		list = append(list, scope.Metrics...)
	}
	return list
}

// told writes the metrics with one line for each series, without the namespace.
func (b *bed) told() string {
	b.t.Helper()
	var lines []string
	line := func(m metricdata.Metrics, set attribute.Set, value string) {
		if ns, _ := set.Value("maicontact.namespace"); ns.AsString() != "shop-test" {
			b.t.Errorf("%s has the namespace %q", m.Name, ns.AsString())
		}
		var pairs []string
		for _, a := range set.ToSlice() {
			if a.Key != "maicontact.namespace" {
				pairs = append(pairs, string(a.Key)+"="+a.Value.String())
			}
		}
		lines = append(lines, strings.TrimSpace(m.Name+" "+strings.Join(pairs, " "))+": "+value)
	}
	for _, m := range b.collect() {
		switch data := m.Data.(type) {
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				line(m, p.Attributes, fmt.Sprintf("%d in %.3f", p.Count, p.Sum))
			}
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				line(m, p.Attributes, fmt.Sprint(p.Value))
			}
		case metricdata.Gauge[float64]:
			for _, p := range data.DataPoints {
				line(m, p.Attributes, fmt.Sprintf("%.3f", p.Value))
			}
		default:
			b.t.Errorf("%s is a %T", m.Name, m.Data)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// contains finds which of some secrets a text holds.
func contains(text string, secrets map[string]string) (found []string) {
	for name, secret := range secrets {
		if bytes.Contains(bytes.ToLower([]byte(text)), bytes.ToLower([]byte(secret))) {
			found = append(found, name)
		}
	}
	return found
}
