package main

import (
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	m := measured{
		ratio: quartilesOf([]float64{1.1, 1.2, 1.9}), extra: quartilesOf([]float64{100, 300}),
		mine: cost{ns: 900, bytes: 1000, allocs: 10.2}, theirs: cost{ns: 700, bytes: 64, allocs: 4},
	}
	for _, test := range []struct {
		limit        limit
		keeps, fails bool
	}{
		{limit{ratio, 1.2}, true, false},
		{limit{ratio, 1.15}, false, false},
		{limit{ratio, 0.5}, false, true},
		{limit{belowRival, 1.2}, false, false},
		{limit{belowRival, 1.3}, true, false},
		{limit{nanoseconds, 100}, false, false}, // never: the machine decides
		{limit{bytesEach, 999}, true, false},
		{limit{bytesEach, 900}, false, true},
		{limit{allocsEach, 10}, true, false},
		{limit{allocsEach, 9}, false, true},
		{limit{moreNS, 200}, true, false},
		{limit{moreNS, 50}, false, false},
		{limit{moreAllocs, 6}, true, false},
		{limit{moreAllocs, 5}, false, true},
	} {
		if keeps, fails := m.keeps(test.limit), m.fails(test.limit); keeps != test.keeps || fails != test.fails {
			t.Errorf("%v: keeps %v, fails %v; want %v, %v", test.limit, keeps, fails, test.keeps, test.fails)
		}
	}
}

func TestFigures(t *testing.T) {
	for _, test := range []struct {
		figure     figure
		met, fails bool
	}{
		{figure{value: 5}, true, false},
		{figure{value: 5, most: 5}, true, false},
		{figure{value: 9, most: 5}, false, false},
		{figure{value: 11, most: 5}, false, true},
		{figure{value: 6, most: 5, firm: true}, false, true},
		{figure{value: 0.9, least: 0.97}, false, false},
		{figure{value: 0.4, least: 0.97}, false, true},
		{figure{value: 0, zero: true, firm: true}, true, false},
		{figure{value: 1, zero: true, firm: true}, false, true},
	} {
		if met, fails := test.figure.isMet(), test.figure.fails(); met != test.met || fails != test.fails {
			t.Errorf("%+v: met %v, fails %v; want %v, %v", test.figure, met, fails, test.met, test.fails)
		}
	}
}

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
			_, err := comparison{ours: test.side, rival: test.side}.measure(1, 1)
			if (err == nil) != test.want {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestTable(t *testing.T) {
	var table table
	r := row{name: "page", target: "at most twice"}
	m := measured{
		comparison: comparison{name: "a", ours: side{name: "x"}, rival: side{name: "y"}, limits: []limit{{ratio, 2}, {allocsEach, 3}}},
		ratio:      quartiles{2.9, 3, 3.1}, extra: quartiles{1, 2, 3}, mine: cost{30, 64, 5}, theirs: cost{10, 0, 1},
	}
	table.addMeasured(r, m)
	table.addFigure(r, figure{name: "cookies", value: 0, zero: true})
	var out strings.Builder
	if err := table.print(&out, true); err != nil {
		t.Fatal(err)
	}
	want := `| path | ours | against | ns | rival ns | ratio (quartiles) | +ns | B | allocs | rival allocs | verdict | target |
|---|---|---|---|---|---|---|---|---|---|---|---|
| page/a | x | y | 30 | 10 | 3.000 (2.900-3.100) | +2 | 64 | 5.0 | 1.0 | missed: ratio 3 over 2, allocs 5 over 3 | at most twice |
| page/cookies | 0 |  |  |  |  |  |  |  |  | met |  |
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if got := strings.Join(table.failed, "; "); got != "page a: allocs 5 over 3" || table.missed != 1 {
		t.Errorf("failed %q, missed %d", got, table.missed)
	}
}
