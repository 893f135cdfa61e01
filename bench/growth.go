package main

import (
	"fmt"
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
					ours: side{"script", s.serve(s.script(), request, len(p.script))}, rival: side{"gorilla CookieStore Get alone", plain},
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
	return meetOn(store, nil, open)
}
