package otelcontact_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Every instrument is on the page, as it is, and there is no other on it.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| `maicontact.") && strings.Count(line, "|") == 7 {
			told = append(told, strings.TrimSpace(line))
		}
	}
	var want []string
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		stop := b.run()
		b.ask("")
		time.Sleep(time.Minute)
		stop()
		for _, m := range b.collect() {
			kind, keys, monotonic := shapeOf(t, m)
			want = append(want, fmt.Sprintf("| `%s` | `%s` | %s | `%s` | %s | %s |",
				m.Name, inPrometheus(m, monotonic), kind, m.Unit, keys, strings.TrimSuffix(m.Description, ".")))
		}
	})
	slices.Sort(want)
	if !slices.Equal(told, want) {
		t.Errorf("docs/metrics.md must have these rows:\n%s", strings.Join(want, "\n"))
	}
}

// shapeOf returns the kind of an instrument and the attributes of its series, apart
// from the namespace.
func shapeOf(t *testing.T, m metricdata.Metrics) (kind, keys string, monotonic bool) {
	t.Helper()
	found := map[string]bool{}
	add := func(key string) {
		if key != "maicontact.namespace" {
			found["`"+key+"`"] = true
		}
	}
	switch data := m.Data.(type) {
	case metricdata.Histogram[float64]:
		kind = "histogram"
		for _, p := range data.DataPoints {
			for _, a := range p.Attributes.ToSlice() {
				add(string(a.Key))
			}
		}
	case metricdata.Sum[int64]:
		kind = "up-down counter"
		if monotonic = data.IsMonotonic; monotonic {
			kind = "counter"
		}
		for _, p := range data.DataPoints {
			for _, a := range p.Attributes.ToSlice() {
				add(string(a.Key))
			}
		}
	case metricdata.Gauge[float64]:
		kind = "gauge"
	default:
		t.Errorf("%s is a %T", m.Name, m.Data)
	}
	var list []string
	for key := range found {
		list = append(list, key)
	}
	slices.Sort(list)
	if list == nil {
		list = []string{"none"}
	}
	return kind, strings.Join(list, ", "), monotonic
}

// inPrometheus is the name that the exporter gives a metric; the example's tests
// look for these at its /metrics.
func inPrometheus(m metricdata.Metrics, monotonic bool) string {
	name := strings.ReplaceAll(m.Name, ".", "_")
	if m.Unit == "s" {
		name += "_seconds"
	}
	if monotonic {
		name += "_total"
	}
	return name
}
