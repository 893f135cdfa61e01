package main

import "testing"

// TestWrongAnswer: a handler that writes anything but what it should is not
// timed.
func TestWrongAnswer(t *testing.T) {
	page := reply{"text/plain", []byte("abc")}
	for _, test := range []struct {
		name string
		side side
		want bool
	}{
		{"right", side{"page", serve(page, newRequest(0), 3)}, true},
		{"wrong", side{"page", serve(page, newRequest(0), 4)}, false},
		{"wrong, in parallel", side{"page", serveParallel(page, newRequest(0), 4)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			benchFor(t, "1x")
			_, err := comparison{ours: test.side, rival: test.side}.measure(1)
			if (err == nil) != test.want {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestSlowness: a limit in ns is held against what is left of the time when it
// is divided by that of the yardstick in the same round.
func TestSlowness(t *testing.T) {
	benchFor(t, "1ms")
	page := side{"page", serve(reply{"text/plain", []byte("abc")}, newRequest(0), 3)}
	for _, test := range []struct {
		limit limit
		want  bool
	}{{limit{nanoseconds, 1}, true}, {limit{moreNS, 1}, true}, {limit{ratio, 1}, false}} {
		m, err := comparison{ours: page, rival: page, limits: []limit{test.limit}}.measure(1)
		if err != nil {
			t.Fatal(err)
		}
		if (m.slowness > 0) != test.want {
			t.Errorf("%v: slowness %v", test.limit, m.slowness)
		}
		if test.want && (m.scaled != m.mine.ns/m.slowness || m.scaledExtra != m.extra/m.slowness) {
			t.Errorf("%v: %v ns, %v more; scaled %v, %v, by %v", test.limit, m.mine.ns, m.extra, m.scaled, m.scaledExtra, m.slowness)
		}
	}
}
