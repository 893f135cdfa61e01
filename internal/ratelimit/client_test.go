package ratelimit

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

var testProxies = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8:ffff::/48"),
}

func TestClientOf(t *testing.T) {
	const proxy = "10.0.0.1:443"
	for _, row := range []struct {
		name      string
		remote    string
		forwarded []string
		want      string // empty: the common client
	}{
		{"IPv4 and a port", "203.0.113.9:1234", nil, "203.0.113.9"},
		{"IPv4 alone", "203.0.113.9", nil, "203.0.113.9"},
		{"IPv6 by its /64", "[2001:db8:1:2:f3:4:5:6]:1234", nil, "2001:db8:1:2::"},
		{"IPv6 alone", "2001:db8:1:2:f300:4:5:6", nil, "2001:db8:1:2::"},
		{"IPv6 in brackets", "[2001:db8:1:2:f3:4:5:6]", nil, "2001:db8:1:2::"},
		{"IPv6 with a zone", "[fe80::1%eth0]:1234", nil, "fe80::"},
		{"IPv4 mapped", "[::ffff:203.0.113.9]:1234", nil, "203.0.113.9"},
		{"a Unix socket", "@", []string{"203.0.113.9"}, ""},
		{"nothing", "", []string{"203.0.113.9"}, ""},
		{"a name", "localhost:1234", []string{"203.0.113.9"}, ""},
		{"IPv4 in brackets", "[203.0.113.9]", nil, ""},
		{"an open bracket", "[2001:db8::1", nil, ""},
		{"a port without a number", "203.0.113.9:", nil, ""},
		{"a zone without an end", "fe80::1%" + strings.Repeat("z", 100), nil, ""},

		{"a client that says it is another", "203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9"},
		{"a client that says it came by a proxy", "203.0.113.9:1", []string{"198.51.100.1, 10.0.0.1"}, "203.0.113.9"},
		{"a proxy that says nothing", proxy, nil, "10.0.0.1"},
		{"a proxy that says nothing, in a header", proxy, []string{""}, "10.0.0.1"},
		{"one proxy", proxy, []string{"203.0.113.9"}, "203.0.113.9"},
		{"a proxy on mapped IPv4", "[::ffff:10.0.0.1]:443", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a proxy on IPv6", "[2001:db8:ffff::1]:443", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a proxy on IPv6 with a zone", "[2001:db8:ffff::1%eth0]:443", []string{"203.0.113.9"}, "203.0.113.9"},
		{"one proxy, a client on IPv6", proxy, []string{"[2001:db8:1:2:f3:4:5:6]:99"}, "2001:db8:1:2::"},
		{"two proxies", proxy, []string{"203.0.113.9, 192.0.2.7"}, "203.0.113.9"},
		{"two proxies with ports", proxy, []string{"203.0.113.9:55,192.0.2.7:80"}, "203.0.113.9"},
		{"two proxies, a line each", proxy, []string{"203.0.113.9", "192.0.2.7"}, "203.0.113.9"},
		{"a forged hop before the client", proxy, []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{"a forged line before the client", proxy, []string{"198.51.100.1, 10.0.0.9", "203.0.113.9"}, "203.0.113.9"},
		{"the neighbour of a proxy", proxy, []string{"203.0.113.9, 192.0.2.8"}, "192.0.2.8"},
		{"spaces and tabs", proxy, []string{" \t203.0.113.9\t , 192.0.2.7 "}, "203.0.113.9"},
		{"proxies all the way", proxy, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"a hop that is no address", proxy, []string{"203.0.113.9, unknown, 192.0.2.7"}, "192.0.2.7"},
		{"an empty part", proxy, []string{"203.0.113.9,, 192.0.2.7"}, "192.0.2.7"},
		{"a comma at the end", proxy, []string{"203.0.113.9,"}, "10.0.0.1"},
		{"an empty line", proxy, []string{"203.0.113.9", ""}, "10.0.0.1"},
		{"an empty line before", proxy, []string{"", "203.0.113.9"}, "203.0.113.9"},
		{"another header's manner", proxy, []string{"for=203.0.113.9"}, "10.0.0.1"},
		{"a quoted hop", proxy, []string{`"203.0.113.9"`}, "10.0.0.1"},
	} {
		want, _ := netip.ParseAddr(row.want)
		if got := clientOf(row.remote, row.forwarded, testProxies); got != want {
			t.Errorf("%s: %v, want %v", row.name, got, want)
		}
	}
}

// Without a trusted proxy the header never matters, and what stands on the left
// of a client that is none never does.
func FuzzClient(f *testing.F) {
	f.Add("203.0.113.9:1", "198.51.100.1", "10.0.0.1,,")
	f.Add("10.0.0.1:1", "198.51.100.1, 10.0.0.9", "203.0.113.9")
	f.Add("10.0.0.1:1", "[2001:db8::1%a]:5", "unknown, [::ffff:10.0.0.1]:80")
	f.Add("@", "\t", "fe80::1%eth0")
	f.Fuzz(func(t *testing.T, remote, left, right string) {
		alone := clientOf(remote, nil, testProxies)
		for _, forwarded := range [][]string{{left}, {right}, {left, right}, {left + "," + right}} {
			if got := clientOf(remote, forwarded, nil); got != clientOf(remote, nil, nil) {
				t.Errorf("nobody is trusted, but the header counts: %v", got)
			}
			if got := clientOf(remote, forwarded, testProxies); !isTrusted(alone, testProxies) && got != alone {
				t.Errorf("%v is no proxy, but its header counts: %v", alone, got)
			}
		}
		joined, lines := clientOf(remote, []string{left + "," + right}, testProxies), clientOf(remote, []string{left, right}, testProxies)
		if joined != lines {
			t.Errorf("one line says %v, two say %v", joined, lines)
		}
		if client := clientOf(remote, []string{right}, testProxies); !isTrusted(client, testProxies) && client.IsValid() && lines != client {
			t.Errorf("%v, but with more on the left %v", client, lines)
		}
		if lines.Is6() && netip.PrefixFrom(lines, 64).Masked().Addr() != lines || lines.Is4In6() || lines.Zone() != "" {
			t.Errorf("%v is no client", lines)
		}
	})
}

func TestHopsFromRight(t *testing.T) {
	for _, row := range []struct {
		lines, want []string
	}{
		{nil, nil},
		{[]string{""}, []string{""}},
		{[]string{"a"}, []string{"a"}},
		{[]string{"a,b", ",c,"}, []string{"", "c", "", "b", "a"}},
	} {
		if got := slices.Collect(hopsFromRight(row.lines)); !slices.Equal(got, row.want) {
			t.Errorf("%q: %q, want %q", row.lines, got, row.want)
		}
	}
}

// Every wrong proxy is told of, by its place.
func TestCheckProxies(t *testing.T) {
	err := checkProxies([]netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), {}, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"),
		netip.PrefixFrom(netip.MustParseAddr("::ffff:10.0.0.0"), 104), netip.MustParsePrefix("2001:db8::/32"),
	})
	want := []string{
		"Config.Site.TrustedProxies[1]: it must be a prefix", "Config.Site.TrustedProxies[2]: it trusts everybody",
		"Config.Site.TrustedProxies[3]: it trusts everybody", "Config.Site.TrustedProxies[4]: it must be written as IPv4",
	}
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d faults, want %d: %v", len(lines), len(want), err)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) {
			t.Errorf("%s, want %s", line, want[i])
		}
	}
	if err := checkProxies(testProxies); err != nil {
		t.Error(err)
	}
}
