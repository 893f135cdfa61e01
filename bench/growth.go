package main

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"
)

// cookiesRow is the script for a visitor with other cookies on the request.
func cookiesRow() row {
	return row{
		name: "growth/cookies",
		compare: func() ([]comparison, func(), error) {
			var open closing
			s, p, err := visitorOnRecommended(&open)
			if err != nil {
				return nil, open.close, err
			}
			text, err := s.entry(p)
			if err != nil {
				return nil, open.close, err
			}
			var pairs []comparison
			for _, others := range []int{0, 10, 40} {
				plain, err := plainGet(text, others)
				if err != nil {
					return nil, open.close, err
				}
				request := newRequest(others, p.cookies...)
				if _, err := answer(s.script(), request); err != nil {
					return nil, open.close, err
				}
				pairs = append(pairs, comparison{
					name: fmt.Sprint(others),
					ours: side{"script", serve(s.script(), request, len(p.script))}, rival: side{"gorilla CookieStore Get alone", plain},
				})
			}
			return pairs, open.close, nil
		},
	}
}

func visitorOnRecommended(open *closing) (*site, person, error) {
	store, err := recommendedStore()
	if err != nil {
		return nil, person{}, err
	}
	s, err := newSite(store, nil, nil)
	if err != nil {
		return nil, person{}, err
	}
	open.add(s.close)
	p, err := s.meet()
	return s, p, err
}

// coresRow is how many scripts, and how many pages that do not ask, one and two
// cores make in a second.
func coresRow() row {
	return row{
		name: "growth/cores",
		figures: func(n size) ([]figure, error) {
			var open closing
			defer open.close()
			s, p, err := visitorOnRecommended(&open)
			if err != nil {
				return nil, err
			}
			page := reply{"text/html; charset=utf-8", p.script}
			rounds := map[size]int{smoke: 0, short: 1, full: 7}[n]
			var all []figure
			for _, path := range []struct {
				name    string
				handler http.Handler
			}{{"bare", page}, {"page", s.middleware.Handler(page)}, {"script", s.script()}} {
				bench := serveParallel(path.handler, newRequest(0, p.cookies...), len(p.script))
				perSecond := [3][]float64{}
				for range rounds {
					for cores := 1; cores <= 2; cores++ {
						before := runtime.GOMAXPROCS(cores)
						r := testing.Benchmark(bench)
						runtime.GOMAXPROCS(before)
						if r.N == 0 {
							return nil, fmt.Errorf("%s: the benchmark failed", path.name)
						}
						perSecond[cores] = append(perSecond[cores], float64(r.N)/r.T.Seconds())
					}
				}
				if rounds == 0 {
					continue
				}
				one, two := quartilesOf(perSecond[1]).median, quartilesOf(perSecond[2]).median
				all = append(all,
					figure{name: path.name + "/1", value: one / 1000, unit: "thousand/s"},
					figure{name: path.name + "/2", value: two / 1000, unit: "thousand/s"},
					figure{name: path.name + "/2_over_1", value: two / one, unit: "times"})
			}
			return all, nil
		},
	}
}
