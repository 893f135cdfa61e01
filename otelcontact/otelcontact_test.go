package otelcontact_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/otelcontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// A visitor, a member, one who is turned away, and then a MaiAgent that is down.
func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		stop := b.run()
		defer stop()
		slow := b.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 300 * time.Millisecond, Operation: webchattest.CreateContact})
		b.ask("")
		b.ask("user-1")
		b.ask("user-1")
		slow()
		b.ask("", "Sec-Fetch-Site", "cross-site")
		time.Sleep(time.Minute)
		b.want("at first", `
maicontact.ask.duration maicontact.answer=contact: 3 in 0.600
maicontact.ask.duration maicontact.answer=cross-site: 1 in 0.000
maicontact.backlog.age: 0.000
maicontact.backlog.overdue: 0
maicontact.backlog.waiting: 0
maicontact.breaker.status maicontact.breaker.state=closed: 1
maicontact.breaker.status maicontact.breaker.state=half-open: 0
maicontact.breaker.status maicontact.breaker.state=open: 0
maicontact.call.active: 0
maicontact.call.duration http.response.status_code=200 maicontact.operation=find_contacts maicontact.outcome=ok: 1 in 0.000
maicontact.call.duration http.response.status_code=201 maicontact.operation=create_contact maicontact.outcome=ok: 2 in 0.600
maicontact.call.max: 16
maicontact.call.queued: 0
maicontact.call.refused: 0
maicontact.feed.lag: fresh
maicontact.flight.active: 0
maicontact.flight.max: 4096
maicontact.person.count maicontact.person.kind=member: 1
maicontact.person.count maicontact.person.kind=visitor: 1
maicontact.visitor.retiring: 0`)

		b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
		for n := range 7 {
			b.ask(fmt.Sprint("newcomer-", n))
		}
		time.Sleep(otelcontact.DefaultBacklogInterval)
		told := b.told()
		for _, line := range []string{
			"maicontact.ask.duration maicontact.answer=unavailable: 7 in ", "maicontact.breaker.status maicontact.breaker.state=open: 1",
			"maicontact.breaker.status maicontact.breaker.state=closed: 0", "maicontact.backlog.waiting: 7",
			"maicontact.call.duration http.response.status_code=503 maicontact.operation=find_contacts maicontact.outcome=failed: ",
			"maicontact.person.count maicontact.person.kind=member: 8",
		} {
			if !strings.Contains(told, line) {
				t.Errorf("in an outage %q is missing of\n%s", line, told)
			}
		}
		time.Sleep(10 * time.Minute)
		if age := b.value("maicontact.backlog.age"); age > 20*60 {
			t.Errorf("the backlog is %v s old", age)
		}
	})
}

var lag = regexp.MustCompile(`maicontact.feed.lag: [01]\.\d+`)

func (b *bed) want(when, want string) {
	b.t.Helper()
	if got := lag.ReplaceAllString(b.told(), "maicontact.feed.lag: fresh"); got != strings.TrimSpace(want) {
		b.t.Errorf("%s:\n%s\nwant:%s", when, got, want)
	}
}

// value returns that of a metric with one series.
func (b *bed) value(name string) float64 {
	b.t.Helper()
	for _, m := range b.collect() {
		switch data := m.Data.(type) {
		case metricdata.Gauge[float64]:
			if m.Name == name && len(data.DataPoints) == 1 {
				return data.DataPoints[0].Value
			}
		case metricdata.Sum[int64]:
			if m.Name == name && len(data.DataPoints) == 1 {
				return float64(data.DataPoints[0].Value)
			}
		}
	}
	b.t.Errorf("there is no single %s", name)
	return -1
}

// What is under way and what waits, while MaiAgent hangs.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, func(c *maicontact.Config) {
			c.Limits.Calls, c.Timing.Budget = 2, -1
		})
		b.sim.Inject(webchattest.Fault{Kind: webchattest.Hang})
		for _, user := range []string{"user-1", "user-2", "user-3"} {
			b.ask(user)
			synctest.Wait()
		}
		b.ask("") // a visitor does not wait in the line
		synctest.Wait()
		for name, want := range map[string]float64{
			"maicontact.call.active": 2, "maicontact.call.max": 2, "maicontact.call.queued": 1,
			"maicontact.call.refused": 1, "maicontact.flight.active": 3,
		} {
			if got := b.value(name); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		b.sim.Close()
		time.Sleep(time.Minute)
	})
}

// failing is a table whose rows cannot be counted.
type failing struct {
	contacts.Store
	counts atomic.Int64
}

func (f *failing) Count(context.Context, contacts.Scope) (contacts.Counts, error) {
	f.counts.Add(1)
	return contacts.Counts{}, errors.New("the table is away")
}

// A table that cannot be counted costs its own metrics only, and is not asked at
// each collection; neither is one that can.
func TestBacklogIsCountedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &failing{Store: maicontact.NewMemoryStore()}
		b := newBed(t, func(c *maicontact.Config) { c.Store = table }, otelcontact.WithBacklogInterval(time.Minute))
		var all metricdata.ResourceMetrics
		var faults []error
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { faults = append(faults, err) }))
		for range 3 {
			if err := b.reader.Collect(t.Context(), &all); err != nil {
				t.Errorf("collected with %v, so that readers drop the metrics of others", err)
			}
		}
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), "the table is away") {
			t.Errorf("told of %v", faults)
		}
		if n := len(all.ScopeMetrics[0].Metrics); n != 8 || table.counts.Load() != 1 {
			t.Errorf("%d metrics, want 8, %d counts, want 1", n, table.counts.Load())
		}
		time.Sleep(time.Minute)
		_ = b.reader.Collect(t.Context(), &all)
		if n := table.counts.Load(); n != 2 {
			t.Errorf("%d counts after a minute, want 2", n)
		}
	})
	table := &failing{Store: maicontact.NewMemoryStore()}
	b := newBed(t, func(c *maicontact.Config) { c.Store = table }, otelcontact.WithBacklogInterval(-1))
	if told := b.told(); table.counts.Load() != 0 || strings.Contains(told, "backlog") || strings.Contains(told, "person") {
		t.Errorf("counted though it was switched off:\n%s", told)
	}
}

// hanging is a table that does not heed its context.
type hanging struct {
	contacts.Store
	until chan struct{}
}

func (h *hanging) Count(context.Context, contacts.Scope) (contacts.Counts, error) {
	<-h.until
	return contacts.Counts{Members: 7}, nil
}

// A table that hangs keeps a collection for a moment, once in each interval, and
// Unregister not at all. When it answers again its metrics are back.
func TestTableHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &hanging{Store: maicontact.NewMemoryStore(), until: make(chan struct{})}
		b := newBed(t, func(c *maicontact.Config) { c.Store = table }, otelcontact.WithBacklogInterval(time.Minute))
		collect := func(want time.Duration) {
			t.Helper()
			began, ended := time.Now(), make(chan string)
			go func() { ended <- b.told() }()
			select {
			case told := <-ended:
				if took := time.Since(began); took != want || strings.Contains(told, "backlog") || !strings.Contains(told, "maicontact.call.max") {
					t.Errorf("after %s, want %s:\n%s", took, want, told)
				}
			case <-time.After(time.Hour):
				close(table.until)
				<-ended
				t.Fatal("it waits for the table")
			}
		}
		collect(2 * time.Second)
		collect(0)
		time.Sleep(time.Minute)
		collect(2 * time.Second)
		close(table.until)
		synctest.Wait()
		if told := b.told(); !strings.Contains(told, "maicontact.person.count maicontact.person.kind=member: 7") {
			t.Errorf("when it answers again:\n%s", told)
		}
		if err := b.watched.Unregister(); err != nil {
			t.Error(err)
		}
	})
}

// While the table is away, a reader that exports by itself goes on with what the
// application measures.
func TestTableIsAwayAndOthersAreExported(t *testing.T) {
	exported := make(chan int, 1)
	reader := sdkmetric.NewPeriodicReader(exporter{exported})
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	table := &failing{Store: maicontact.NewMemoryStore()}
	newBed(t, func(c *maicontact.Config) { c.Store = table }, otelcontact.WithMeterProvider(meters))
	own, err := meters.Meter("shop").Int64Counter("orders")
	if err != nil {
		t.Fatal(err)
	}
	own.Add(t.Context(), 1)
	if err := meters.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	select {
	case scopes := <-exported:
		if scopes != 2 {
			t.Errorf("%d scopes are exported, want the shop's and ours", scopes)
		}
	default:
		t.Error("nothing was exported")
	}
}

type exporter struct {
	exported chan int // how many scopes
}

func (exporter) Temporality(k sdkmetric.InstrumentKind) metricdata.Temporality {
	return sdkmetric.DefaultTemporalitySelector(k)
}

func (exporter) Aggregation(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(k)
}

func (e exporter) Export(_ context.Context, all *metricdata.ResourceMetrics) error {
	e.exported <- len(all.ScopeMetrics)
	return nil
}

func (exporter) ForceFlush(context.Context) error { return nil }
func (exporter) Shutdown(context.Context) error   { return nil }

// The application's own hooks and transport are used as before, also after
// Unregister, from when on nothing is told.
func TestUnregister(t *testing.T) {
	var mu sync.Mutex
	var calls []string
	var asks []maicontact.Reason
	sent := 0
	b := newBed(t, func(c *maicontact.Config) {
		inner := c.API.HTTPClient.Transport
		c.API.HTTPClient.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			sent++
			mu.Unlock()
			return inner.RoundTrip(r)
		})
		c.API.OnCall = func(_ context.Context, call webchat.Call) {
			mu.Lock()
			calls = append(calls, call.Operation)
			mu.Unlock()
		}
		c.OnAsk = func(_ context.Context, a maicontact.Ask) { asks = append(asks, a.Reason) }
	})
	b.ask("")
	before := b.told()
	for range 2 {
		if err := b.watched.Unregister(); err != nil {
			t.Error(err)
		}
	}
	b.ask("")
	b.ask("", "Sec-Fetch-Site", "cross-site")
	after := b.told()
	if strings.Contains(after, "active") || !strings.Contains(after, "create_contact maicontact.outcome=ok: 1 in") || strings.Contains(after, "cross-site") {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	if len(calls) != 2 || sent != 2 || len(asks) != 3 || asks[2] != maicontact.CrossSite {
		t.Errorf("%d requests, the hooks were told of %q and %q", sent, calls, asks)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Two middlewares on one provider are two series; one that ends leaves the other's.
func TestSeveral(t *testing.T) {
	b := newBed(t, nil)
	music := configOf(b.sim)
	music.Namespace = "music-test"
	_, watched, err := otelcontact.New(music, otelcontact.WithMeterProvider(b.meters), otelcontact.WithAttributes(attribute.String("brand", "music")))
	if err != nil {
		t.Fatal(err)
	}
	series := func() (namespaces []string) {
		for _, m := range b.collect() {
			if data, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == "maicontact.call.max" {
				for _, p := range data.DataPoints {
					namespace, _ := p.Attributes.Value("maicontact.namespace")
					brand, _ := p.Attributes.Value("brand")
					namespaces = append(namespaces, namespace.AsString()+"/"+brand.AsString())
				}
			}
		}
		return namespaces
	}
	if got := series(); len(got) != 2 || !strings.Contains(strings.Join(got, " "), "music-test/music") || !strings.Contains(strings.Join(got, " "), "shop-test/") {
		t.Errorf("series %q", got)
	}
	if err := watched.Unregister(); err != nil {
		t.Error(err)
	}
	if got := series(); len(got) != 1 || got[0] != "shop-test/" {
		t.Errorf("after one has ended: series %q", got)
	}
}

// What is wrong is told when it is made, all at once.
func TestWrongOptions(t *testing.T) {
	sim, err := webchattest.New(webchattest.Options{APIKey: apiKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	_, _, err = otelcontact.New(configOf(sim), otelcontact.WithMeterProvider(nil), otelcontact.WithTracerProvider(nil), otelcontact.WithPropagator(nil),
		otelcontact.WithBacklogInterval(0), otelcontact.WithAttributes(attribute.String("maicontact.answer", "x"), attribute.String("", "x")))
	for _, part := range []string{
		"otelcontact: ", "WithMeterProvider: ", "WithTracerProvider: ", "WithPropagator: ", "WithBacklogInterval: ", "maicontact.answer is", "has no key",
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in: %v", part, err)
		}
	}
	config := configOf(sim)
	config.InboxID = ""
	if mc, watched, err := otelcontact.New(config); mc != nil || watched != nil || err == nil || !strings.HasPrefix(err.Error(), "maicontact: ") {
		t.Errorf("a configuration without an inbox: %v", err)
	}
	if mc, _, err := otelcontact.New(configOf(sim)); mc == nil || err != nil {
		t.Errorf("with the global providers: %v", err)
	}
}
