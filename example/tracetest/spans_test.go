package tracetest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// otelhttp inside of webchat.Tracing makes a span for each call, with the
// template of the address and nothing of the person.
func TestSpans(t *testing.T) {
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	recorder := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(recorder))
	t.Cleanup(func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) })
	client, err := webchat.NewClient(webchat.Config{
		BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey,
		HTTPClient: &http.Client{Transport: webchat.Tracing(func(rt http.RoundTripper) http.RoundTripper {
			return otelhttp.NewTransport(rt, otelhttp.WithTracerProvider(provider))
		}, nil)},
	})
	if err != nil {
		t.Fatal(err)
	}

	const source = "mc-canary-source"
	draft := webchat.Draft{InboxID: webchattest.DefaultInboxID, SourceID: source, Profile: webchat.Profile{Name: "Canary", Email: "canary@example.com"}}
	made, err := client.Create(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.FindBySourceID(t.Context(), draft.InboxID, source, nil); err != nil {
		t.Error(err)
	}
	if _, err := client.Get(t.Context(), made.ID); err != nil {
		t.Error(err)
	}
	if _, err := client.Replace(t.Context(), made.ID, draft); err != nil {
		t.Error(err)
	}
	if err := client.Delete(t.Context(), made.ID); err != nil {
		t.Error(err)
	}
	if _, err := client.Get(t.Context(), made.ID); err == nil {
		t.Error("a deleted contact can be read")
	}

	spans := recorder.Ended()
	if len(spans) != 6 {
		t.Errorf("%d spans, want one for each of 6 calls", len(spans))
	}
	var all strings.Builder
	for _, span := range spans {
		fmt.Fprintln(&all, span.Name(), span.Attributes(), span.Events(), span.Status())
	}
	text := all.String()
	for name, secret := range map[string]string{
		"contact id": made.ID.Reveal(), "source id": source, "inbox": draft.InboxID, "API key": webchattest.DefaultAPIKey,
		"name": "Canary", "email": "canary@",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("spans hold the %s:\n%s", name, text)
		}
	}
	// Looked at by its escaped form, which is how an address shows it.
	if !strings.Contains(text, "{contactId}") && !strings.Contains(text, "%7BcontactId%7D") {
		t.Errorf("spans do not say which kind of call they are:\n%s", text)
	}
}
