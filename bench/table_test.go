package main

import (
	"slices"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	var table table
	r := row{name: "page"}
	table.addMeasured(r, measured{
		comparison: comparison{name: "a", ours: side{name: "x"}, rival: side{name: "y"}, limits: []limit{{ratio, 2}, {allocsEach, 3}, {moreNS, 1500}}},
		ratio:      quartiles{2.9, 3, 3.1}, mine: cost{ns: 3100, bytes: 2264, allocs: 5}, theirs: cost{ns: 1000, allocs: 1},
		extra: 2100, slowness: 3, scaledExtra: 700,
	})
	table.addMeasured(r, measured{
		comparison: comparison{ours: side{name: "x"}, rival: side{name: "y"}},
		ratio:      quartiles{1, 1, 1}, mine: cost{ns: 30}, theirs: cost{ns: 30},
	})
	table.addFigure(r, figure{name: "cookies", value: 0, zero: true})
	table.addFigure(r, figure{name: "rate", value: 0.85, least: 0.9, unit: "of bare"})
	table.addFigure(r, figure{name: "requests", value: 12345.6, unit: "/s"})
	var out strings.Builder
	if err := table.print(&out, true); err != nil {
		t.Fatal(err)
	}
	want := `| path | ours | against | ratio (quartiles) | B | allocs (rival's) | target | verdict |
|---|---|---|---|---:|---:|---|---|
| page/a | x 3.10 µs | y 1.00 µs | 3.00 (2.90-3.10) | 2260 | 5 (1) | ratio ≤ 2, ≤ 3 allocs, ≤ +1.50 µs | missed: ratio 3.00, 5.0 allocs; +700 ns = +2.10 µs / 3.00 |
| page | x 30.0 ns | y 30.0 ns | 1.00 (1.00-1.00) | 0 | 0 (0) |  | stated |
| page/cookies | 0 |  |  |  |  | 0 | met |
| page/rate | 0.850 of bare |  |  |  |  | ≥ 0.900 | missed: 0.850 of bare |
| page/requests | 12300 /s |  |  |  |  |  | stated |
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if want := []string{"page/a: 5.0 allocs, target ≤ 3 allocs"}; !slices.Equal(table.failed, want) || table.missed != 2 || table.judged != 3 {
		t.Errorf("failed %q, missed %d of %d", table.failed, table.missed, table.judged)
	}
}
