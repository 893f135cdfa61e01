package webchat

import (
	"net/url"
	"strings"
	"testing"
)

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in       string
		insecure bool
		want     string // "" is an error
	}{
		{"", false, "https://api.maiagent.ai/api/"},
		{"https://api.maiagent.ai", false, "https://api.maiagent.ai/api/"},
		{"https://api.maiagent.ai/", false, "https://api.maiagent.ai/api/"},
		{"https://api.maiagent.ai/api", false, "https://api.maiagent.ai/api/"},
		{"https://api.maiagent.ai/api/", false, "https://api.maiagent.ai/api/"},
		{"https://api.maiagent.ai/api/v1", false, "https://api.maiagent.ai/api/v1/"},
		{" https://API.MaiAgent.ai/api/v1// \n", false, "https://api.maiagent.ai/api/v1/"},
		{"HTTPS://chat.example.com:8443/tenant-1/api", false, "https://chat.example.com:8443/tenant-1/api/"},
		{"http://localhost:8080", false, "http://localhost:8080/api/"},
		{"http://127.0.0.1:1/x", false, "http://127.0.0.1:1/x/"},
		{"http://[::1]:8080/api", false, "http://[::1]:8080/api/"},
		{"http://api.maiagent.ai", false, ""},
		{"http://10.0.0.1/api", true, "http://10.0.0.1/api/"},
		{"http://localhost.example.com", false, ""},
		{"api.maiagent.ai", false, ""},
		{"api.maiagent.ai:443/api", false, ""},
		{"//api.maiagent.ai", false, ""},
		{"ftp://api.maiagent.ai", true, ""},
		{"https:///api", false, ""},
		{"https:api.maiagent.ai", false, ""},
		{"https://user:hunter2@api.maiagent.ai", false, ""},
		{"https://api.maiagent.ai/api?key=hunter2", false, ""},
		{"https://api.maiagent.ai/api?", false, ""},
		{"https://api.maiagent.ai/api#hunter2", false, ""},
		{"https://api.maiagent.ai/api#", false, ""},
		{"https://api.maiagent.ai/a/../b", false, ""},
		{"https://api.maiagent.ai/a//b", false, ""},
		{"https://api.maiagent.ai/%2e%2e/b", false, ""},
		{"https://api.maiagent.ai/a%20hunter2", false, ""},
		{"https://api.maiagent.ai:0/", false, ""},
		{"https://api.maiagent.ai:70000/", false, ""},
		{"https://api.maiagent.ai:hunter2/", false, ""},
	}
	for _, tt := range tests {
		base, err := parseBaseURL(tt.in, tt.insecure)
		got := ""
		if err == nil {
			got = base.String()
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error repeats the address: %v", err)
		}
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("parseBaseURL(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

func FuzzParseBaseURL(f *testing.F) {
	for _, s := range []string{"", "https://api.maiagent.ai/api/v1/", "http://[::1%25en0]:80", "https://a@b", "https://a/%2e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		base, err := parseBaseURL(s, false)
		if err != nil {
			return
		}
		if base.User != nil || base.RawQuery != "" || base.Fragment != "" || !strings.HasSuffix(base.Path, "/") || base.Host == "" {
			t.Fatalf("%q gives %q", s, base)
		}
		if base.Scheme != "https" && (base.Scheme != "http" || !loopback(base.Hostname())) {
			t.Fatalf("%q gives %q", s, base)
		}
		if _, err := url.Parse(base.String() + "contacts/"); err != nil {
			t.Fatalf("%q gives an address that cannot be parsed: %v", s, err)
		}
		again, err := parseBaseURL(base.String(), false)
		if err != nil || again.String() != base.String() {
			t.Fatalf("%q reads back as %v, %v", base, again, err)
		}
	})
}
