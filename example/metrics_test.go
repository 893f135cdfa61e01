package main

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// newMeasuredSite starts a shop that serves its metrics.
func newMeasuredSite(t *testing.T) *site {
	t.Helper()
	sim := webchattest.NewServer(webchattest.Options{APIKey: canaryAPIKey})
	t.Cleanup(sim.Close)
	return newSiteOn(t, sim, "sqlite:"+t.TempDir()+"/shop.db", "METRICS_ADDR", "127.0.0.1:0")
}

var metricsLine = regexp.MustCompile(`(?m)^metrics: (http://127\.0\.0\.1:\d+/metrics)$`)

// metrics reads the shop's metrics.
func (s *site) metrics() (text string, families map[string]*dto.MetricFamily) {
	s.t.Helper()
	var address string
	s.eventually("it is told where the metrics are", func() bool {
		if m := metricsLine.FindStringSubmatch(s.stdout.String()); m != nil {
			address = m[1]
		}
		return address != ""
	})
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("metrics: %d, %v", response.StatusCode, err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err = parser.TextToMetricFamilies(strings.NewReader(string(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body), families
}

// value returns that of the only series that has all of the labels, each a name and
// a value: of a histogram how many there were.
func value(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	var found []float64
	for _, m := range families[name].GetMetric() {
		matches := true
		for i := 0; i < len(labels); i += 2 {
			matches = matches && slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool {
				return l.GetName() == labels[i] && l.GetValue() == labels[i+1]
			})
		}
		if matches {
			found = append(found, m.GetGauge().GetValue()+m.GetCounter().GetValue()+float64(m.GetHistogram().GetSampleCount()))
		}
	}
	if len(found) != 1 {
		t.Errorf("%s %q has %d series", name, labels, len(found))
		return -1
	}
	return found[0]
}

// People come and go, and /metrics tells how many and how, and of nobody who.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := newMeasuredSite(t)
	visitor, ana := s.browser(), s.browser()
	visitor.contactID()
	visitor.contactID()
	ana.signUp("ana@example.com", "Ana Canary")
	ana.contactID()
	ana.submit("/plan", "plan", "vip")
	s.eventually("the plan has arrived", func() bool { return ana.script().contactID() != "" })
	visitor.do(http.MethodGet, "/webchat.js", nil, "Sec-Fetch-Site", "cross-site")
	removed := s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 403})
	if reason := s.browser().script().reason; reason != "configuration" {
		t.Errorf("with a key that is refused: %q", reason)
	}
	removed()

	text, families := s.metrics()
	for _, want := range []struct {
		value  float64
		name   string
		labels []string
	}{
		{1, "maicontact_ask_duration_seconds", []string{"maicontact_answer", "cross-site"}},
		{1, "maicontact_ask_duration_seconds", []string{"maicontact_answer", "configuration"}},
		{2, "maicontact_call_duration_seconds", []string{"maicontact_operation", "create_contact", "maicontact_outcome", "ok", "http_response_status_code", "201"}},
		{1, "maicontact_call_duration_seconds", []string{"maicontact_operation", "create_contact", "http_response_status_code", "403", "maicontact_outcome", "refused"}},
		{1, "maicontact_breaker_status", []string{"maicontact_breaker_state", "closed"}},
		{0, "maicontact_breaker_status", []string{"maicontact_breaker_state", "open"}},
		{16, "maicontact_call_max", []string{"maicontact_namespace", "example-shop"}},
		{0, "maicontact_call_active", nil},
		{1, "maicontact_person_count", []string{"maicontact_person_kind", "member"}},
		{2, "maicontact_person_count", []string{"maicontact_person_kind", "visitor"}},
	} {
		if got := value(t, families, want.name, want.labels...); got != want.value {
			t.Errorf("%s %q is %v, want %v", want.name, want.labels, got, want.value)
		}
	}
	if asks := value(t, families, "maicontact_ask_duration_seconds", "maicontact_answer", "contact"); asks < 4 {
		t.Errorf("%v asks got a contact", asks)
	}
	if families["go_goroutines"] == nil {
		t.Error("there is nothing of the process itself")
	}

	row := s.row(ana.contactID())
	secrets := []string{canaryAPIKey, canarySessionKey, webchattest.DefaultInboxID, row.ID, "ana@example.com", "Ana Canary", "+351", "912 000 111"}
	for _, c := range s.sim.All() {
		secrets = append(secrets, c.ID, c.SourceID)
	}
	for _, secret := range secrets {
		if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
			t.Errorf("the metrics hold %q", secret)
		}
	}
	if r := visitor.get("/metrics"); r.StatusCode != http.StatusNotFound || strings.Contains(r.body, "maicontact_") {
		t.Errorf("the shop itself shows metrics: %d", r.StatusCode)
	}
}

var metricName = regexp.MustCompile(`\bmaicontact_[a-z_]+\b`)

// Whatever the documentation, the dashboard and the alerts ask for is there.
func TestMonitoring(t *testing.T) {
	t.Parallel()
	s := newMeasuredSite(t)
	s.browser().contactID()
	s.eventually("the shop has learnt what changes", func() bool { _, f := s.metrics(); return f["maicontact_feed_lag_seconds"] != nil })
	_, families := s.metrics()
	known := map[string]bool{}
	for name, f := range families {
		known[name] = true
		if f.GetType() == dto.MetricType_HISTOGRAM {
			known[name+"_bucket"], known[name+"_count"], known[name+"_sum"] = true, true, true
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				known[l.GetName()] = true
			}
		}
	}
	var asked []string
	for _, row := range regexp.MustCompile("(?m)^\\| `maicontact[^|]+\\| `(maicontact_[a-z_]+)`").FindAllStringSubmatch(readFile(t, "../docs/metrics.md"), -1) {
		asked = append(asked, row[1])
	}
	if len(asked) != 15 {
		t.Errorf("the documentation has %d metrics: %q", len(asked), asked)
	}

	var dashboard struct {
		UID        string
		Templating struct{ List []struct{ Name, Query any } }
		Panels     []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	parse(t, "monitoring/dashboard.json", json.Unmarshal, &dashboard)
	ids := map[int]bool{}
	for _, p := range dashboard.Panels {
		if ids[p.ID] || p.Title == "" || len(p.Targets) == 0 {
			t.Errorf("panel %d %q: the id is taken, or it shows nothing", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			names := metricName.FindAllString(target.Expr, -1)
			if len(names) == 0 || !strings.Contains(target.Expr, `maicontact_namespace=~"$namespace"`) {
				t.Errorf("panel %q does not ask by namespace: %s", p.Title, target.Expr)
			}
			asked = append(asked, names...)
		}
	}
	var alerts struct {
		Groups []struct {
			Rules []struct{ Alert, Expr, For string }
		}
	}
	parse(t, "monitoring/alerts.yml", unmarshalYAML, &alerts)
	answers := map[string]bool{}
	for _, rule := range alerts.Groups[0].Rules {
		for _, m := range regexp.MustCompile(`maicontact_answer=~?"([^"]+)"`).FindAllStringSubmatch(rule.Expr, -1) {
			for answer := range strings.SplitSeq(m[1], "|") {
				answers[answer] = true
			}
		}
		asked = append(asked, metricName.FindAllString(rule.Expr, -1)...)
	}
	for _, reason := range []maicontact.Reason{maicontact.Unavailable, maicontact.Budget, maicontact.Misconfigured, maicontact.PermissionPending, maicontact.Crowded, "contact"} {
		if !answers[string(reason)] || len(answers) != 6 {
			t.Errorf("no alert looks at %q: %v", reason, answers)
		}
	}
	if len(dashboard.Panels) < 10 || len(alerts.Groups[0].Rules) != 6 {
		t.Errorf("%d panels, %d alerts", len(dashboard.Panels), len(alerts.Groups[0].Rules))
	}
	for _, name := range asked {
		if !known[name] {
			t.Errorf("%s is asked for, and not at /metrics", name)
		}
	}
}

// The files that the containers mount are there, and Prometheus reads what the shop
// serves as its documentation starts it.
func TestMonitoringFiles(t *testing.T) {
	t.Parallel()
	var compose struct {
		Services map[string]struct {
			Image   string
			Volumes []string
		}
	}
	parse(t, "monitoring/compose.yaml", unmarshalYAML, &compose)
	mounted := 0
	for name, service := range compose.Services {
		if !regexp.MustCompile(`^[a-z/]+:v?\d+\.\d+\.\d+$`).MatchString(service.Image) {
			t.Errorf("%s has no exact version: %q", name, service.Image)
		}
		for _, volume := range service.Volumes {
			file, _, _ := strings.Cut(volume, ":")
			if readFile(t, "monitoring/"+file) == "" || !strings.HasSuffix(volume, ":ro") {
				t.Errorf("%s: %s", name, volume)
			}
			mounted++
		}
	}
	var prometheus struct {
		RuleFiles     []string `yaml:"rule_files"`
		ScrapeConfigs []struct {
			StaticConfigs []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	parse(t, "monitoring/prometheus.yml", unmarshalYAML, &prometheus)
	target := prometheus.ScrapeConfigs[0].StaticConfigs[0].Targets[0]
	_, port, _ := strings.Cut(target, ":")
	if !strings.Contains(readFile(t, "../docs/metrics.md"), "METRICS_ADDR=0.0.0.0:"+port+" go run ./example") {
		t.Errorf("Prometheus reads %s, and the documentation starts the shop elsewhere", target)
	}
	if !slices.Equal(prometheus.RuleFiles, []string{"alerts.yml"}) || len(compose.Services) != 2 || mounted != 5 {
		t.Errorf("rules %q, %d services, %d mounts", prometheus.RuleFiles, len(compose.Services), mounted)
	}
	for _, name := range []string{"datasource", "dashboards"} {
		var any map[string]any
		parse(t, "monitoring/grafana/"+name+".yml", unmarshalYAML, &any)
	}
}

func unmarshalYAML(text []byte, into any) error { return yaml.Unmarshal(text, into) }

func parse(t *testing.T, file string, unmarshal func([]byte, any) error, into any) {
	t.Helper()
	if err := unmarshal([]byte(readFile(t, file)), into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
