package otelcontact_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/otelcontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// shown is what is compared of a span.
type shown struct {
	name, template, status string
	kind                   trace.SpanKind
	failed, child          bool
}

func shownOf(spans []sdktrace.ReadOnlySpan, parent trace.SpanContext) (list []shown) {
	for _, s := range spans {
		one := shown{name: s.Name(), kind: s.SpanKind(), failed: s.Status().Code == codes.Error, child: s.Parent().SpanID() == parent.SpanID()}
		for _, a := range s.Attributes() {
			switch a.Key {
			case "url.template":
				one.template = a.Value.AsString()
			case "http.response.status_code":
				one.status = a.Value.String()
			}
		}
		list = append(list, one)
	}
	return list
}

// Each call is a client span below the span of the request that waits for it.
func TestSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		ctx, request := b.tracers.Tracer("site").Start(t.Context(), "GET /webchat.js")
		ask := func() {
			r := httptest.NewRequestWithContext(ctx, "GET", "http://shop.test/webchat.js", nil)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.Header.Set("Test-User", "user-1")
			b.handler.ServeHTTP(httptest.NewRecorder(), r)
		}
		ask()
		stop := b.run()
		if _, err := b.mc.Erase(ctx, "user-1"); err != nil {
			t.Error(err)
		}
		b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
		b.ask("user-2")
		stop()
		const list, one = "/api/contacts/", "/api/contacts/{contactId}/"
		got := shownOf(b.spans.Ended(), request.SpanContext())
		want := []shown{
			{"GET " + list, list, "200", trace.SpanKindClient, false, true},
			{"POST " + list, list, "201", trace.SpanKindClient, false, true},
			{"DELETE " + one, one, "204", trace.SpanKindClient, false, true},
			{"GET " + list, list, "503", trace.SpanKindClient, true, false},
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%+v is missing", w)
			}
		}
		if t.Failed() {
			t.Logf("got %+v", got)
		}
	})
}

// Nothing of a trace is sent to MaiAgent, unless the site wants that.
func TestPropagation(t *testing.T) {
	for _, test := range []struct {
		name string
		more []otelcontact.Option
		sent bool
	}{
		{"by default", nil, false},
		{"where it is wanted", []otelcontact.Option{otelcontact.WithPropagator(propagation.TraceContext{})}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var traced []bool
			b := newBed(t, func(c *maicontact.Config) {
				inner := c.API.HTTPClient.Transport
				c.API.HTTPClient.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
					traced = append(traced, r.Header.Get("Traceparent") != "")
					return inner.RoundTrip(r)
				})
			}, test.more...)
			b.ask("")
			if !reflect.DeepEqual(traced, []bool{test.sent}) {
				t.Errorf("a trace was sent: %v, want [%t]", traced, test.sent)
			}
		})
	}
}

// No id, key or anything of a person is in a metric or a span, whatever happens.
func TestCanary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, func(c *maicontact.Config) { c.API.MaxAttempts = 2 })
		stop := b.run()
		user := 0
		for _, kind := range []webchattest.Kind{
			webchattest.CutBefore, webchattest.CommitThenCut, webchattest.WrongJSON, webchattest.Refuse, webchattest.Redirect, webchattest.TooMany, webchattest.HTML,
		} {
			for _, operation := range []string{webchattest.CreateContact, webchattest.ReplaceContact, webchattest.ListContacts, webchattest.DeleteContact, webchattest.GetContact} {
				remove := b.sim.Inject(webchattest.Fault{Kind: kind, Operation: operation})
				user++
				id := fmt.Sprint("canary-user-", user)
				b.ask("")
				b.ask(id)
				_, _ = b.mc.Reissue(t.Context(), id)
				time.Sleep(20 * time.Second)
				_, _ = b.mc.Erase(t.Context(), id)
				time.Sleep(10 * time.Second)
				remove()
			}
		}
		time.Sleep(5 * time.Minute)
		stop()
		secrets := map[string]string{
			"API key": apiKey, "business user id": "canary-user", "name": "Canary Name", "email": "canary@", "phone": "351912", "inbox": webchattest.DefaultInboxID,
		}
		for i, c := range b.sim.All() {
			secrets[fmt.Sprint("contact ", i)], secrets[fmt.Sprint("source ", i)] = c.ID, c.SourceID
		}
		var metrics, spans strings.Builder
		for _, m := range b.collect() {
			fmt.Fprintf(&metrics, "%+v\n", m)
		}
		for _, s := range b.spans.Ended() {
			fmt.Fprintln(&spans, s.Name(), s.Attributes(), s.Events(), s.Status(), s.Links(), s.Resource())
		}
		if len(secrets) < 60 || len(b.spans.Ended()) < 100 || metrics.Len() < 2000 {
			t.Errorf("the test did not get far: %d secrets, %d spans, %d bytes of metrics", len(secrets), len(b.spans.Ended()), metrics.Len())
		}
		for what, text := range map[string]string{"metrics": metrics.String(), "spans": spans.String()} {
			if found := contains(text, secrets); found != nil {
				t.Errorf("%s hold %q", what, found)
			}
		}
	})
}
