package otelcontact_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/otelcontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// An ask that is answered from memory, by a middleware that is watched and by one
// that is not.
func BenchmarkAsk(b *testing.B) {
	sim, err := webchattest.New(webchattest.Options{APIKey: apiKey})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(sim.Close)
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	for name, create := range map[string]func(maicontact.Config) (*maicontact.Middleware, error){
		"plain": maicontact.New,
		"watched": func(c maicontact.Config) (*maicontact.Middleware, error) {
			mc, _, err := otelcontact.New(c, otelcontact.WithMeterProvider(provider))
			return mc, err
		},
	} {
		b.Run(name, func(b *testing.B) {
			mc, err := create(configOf(sim))
			if err != nil {
				b.Fatal(err)
			}
			handler := mc.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if _, err := maicontact.ContactID(r.Context()); err != nil {
					b.Fatal(err)
				}
			}))
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://shop.test/", nil)
			r.Header.Set("Test-User", "user-1")
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
