package guard

import (
	"net/http/httptest"
	"testing"
)

func TestIsLocal(t *testing.T) {
	for _, row := range []struct {
		host, name, page string
		want             bool
	}{
		{"localhost", "", "", true},
		{"localhost:8080", "", "", true},
		{"shop.localhost:8080", "", "", true},
		{"127.0.0.1", "", "", true},
		{"127.8.9.10:99", "", "", true},
		{"[::1]", "", "", true},
		{"[::1]:8080", "", "", true},
		{"localhost:8080", "Referer", "http://localhost:8080/cart?of=somebody", true},
		{"localhost:8080", "Origin", "https://127.0.0.1", true},
		{"localhost:8080", "Referer", "https://shop.example/", false}, // a proxy leads there
		{"localhost:8080", "Origin", "null", false},
		{"localhost:8080", "Origin", "https://localhost.shop.example", false},
		{"shop.example", "Origin", "http://localhost", false},
		{"shop.example", "", "", false},
		{"localhost.shop.example", "", "", false},
		{"notlocalhost", "", "", false},
		{"127.0.0.1.shop.example", "", "", false},
		{"192.168.0.1", "", "", false},
		{"10.0.0.1:80", "", "", false},
		{"[::2]", "", "", false},
		{"", "", "", false},
	} {
		r := httptest.NewRequest("GET", "/webchat.js", nil)
		r.Host = row.host
		if row.name != "" {
			r.Header.Set(row.name, row.page)
		}
		if got := IsLocal(r); got != row.want {
			t.Errorf("%s, %s %s: %v, want %v", row.host, row.name, row.page, got, row.want)
		}
	}
}
