package main

import "testing"

func TestLimits(t *testing.T) {
	m := measured{
		ratio: quartilesOf([]float64{1.1, 1.2, 1.9}), extra: 400, slowness: 2, scaled: 450, scaledExtra: 200,
		mine: cost{ns: 900, bytes: 1000, allocs: 10.2}, theirs: cost{ns: 500, bytes: 64, allocs: 4},
	}
	for _, test := range []struct {
		limit        limit
		keeps, fails bool
	}{
		{limit{ratio, 1.2}, true, false},
		{limit{ratio, 1.15}, false, false},
		{limit{ratio, 0.5}, false, false}, // nor ratios of them
		{limit{belowRival, 1.2}, false, false},
		{limit{belowRival, 1.3}, true, false},
		{limit{nanoseconds, 450}, true, false}, // what is left of 900 on a machine half as fast
		{limit{nanoseconds, 440}, false, false},
		{limit{nanoseconds, 100}, false, false}, // times are too noisy to fail for
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
		{figure{value: 11, most: 5}, false, false},
		{figure{value: 6, most: 5, firm: true}, false, true},
		{figure{value: 0.9, least: 0.97}, false, false},
		{figure{value: 0.4, least: 0.97}, false, false},
		{figure{value: 0, zero: true, firm: true}, true, false},
		{figure{value: 1, zero: true, firm: true}, false, true},
	} {
		if met, fails := test.figure.isMet(), test.figure.fails(); met != test.met || fails != test.fails {
			t.Errorf("%+v: met %v, fails %v; want %v, %v", test.figure, met, fails, test.met, test.fails)
		}
	}
}
