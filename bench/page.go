package main

import (
	"bytes"
	"fmt"
	"net/http"
)

// pageRow is a page that does not ask for the contact, opened by somebody who
// has our cookie, against the same page without us.
func pageRow() row {
	return row{
		name: "page",
		compare: func() ([]comparison, func(), error) {
			var open closing
			store, err := recommendedStore()
			if err != nil {
				return nil, nil, err
			}
			s, err := newSite(store, nil, nil)
			if err != nil {
				return nil, nil, err
			}
			open.add(s.close)
			p, err := s.meet()
			if err != nil {
				return nil, open.close, err
			}
			bare := reply{"text/html; charset=utf-8", bytes.Repeat([]byte("<p>a page</p>"), 50)}
			wrapped := s.middleware.Handler(bare)
			request := newRequest(0, p.cookies...)
			w, err := answer(wrapped, request)
			if err != nil {
				return nil, open.close, err
			}
			if !bytes.Equal(w.Body.Bytes(), bare.body) || len(w.Result().Cookies()) > 0 {
				return nil, open.close, fmt.Errorf("the page came out changed: %v", w.Result().Header)
			}
			return []comparison{{
				ours:   side{"wrapped", serve(wrapped, request, len(bare.body))},
				rival:  side{"bare handler", serve(http.Handler(bare), request, len(bare.body))},
				limits: []limit{{moreNS, 250}, {moreAllocs, 3}},
			}}, open.close, nil
		},
	}
}
