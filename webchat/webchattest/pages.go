package webchattest

import (
	"net/http"
	"net/url"
	"strconv"
)

// page is the envelope of every list.
type page[W any] struct {
	Count    int     `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []W     `json:"results"`
}

// pageReply cuts one page out, by limit and offset when either is given and
// by page and pageSize otherwise. Links keep the style and the filters.
func pageReply[T, W any](r *http.Request, params url.Values, size int, switches *Switches, found []T, wire func(T) W) reply {
	if name := sizeParam(params); name != "" && switches.RefusePageSize {
		return jsonReply(http.StatusBadRequest, fieldErrors{name: {"This size of page is not accepted."}})
	}
	offset := 0
	byOffset := params.Has("limit") || params.Has("offset") || switches.OffsetPages
	if byOffset {
		size = positive(params.Get("limit"), size)
		offset = positive(params.Get("offset"), 0)
	} else {
		size = positive(params.Get("pageSize"), size)
	}
	size = min(size, maxPageSize)
	if !byOffset {
		pages := max(1, (len(found)+size-1)/size)
		number := 1
		switch text := params.Get("page"); text {
		case "":
		case "last":
			number = pages
		default:
			var err error
			if number, err = strconv.Atoi(text); err != nil || number < 1 || number > pages {
				return detailReply(http.StatusNotFound, "Invalid page.")
			}
		}
		offset = (number - 1) * size
	}

	link := func(offset int) *string {
		query := r.URL.Query()
		if byOffset {
			query.Set("limit", strconv.Itoa(size))
			query.Set("offset", strconv.Itoa(offset))
		} else {
			query.Set("page", strconv.Itoa(offset/size+1))
		}
		target := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: query.Encode()}
		if r.TLS != nil {
			target.Scheme = "https"
		}
		return new(target.String())
	}
	start := min(offset, len(found))
	end := min(start+size, len(found))
	p := page[W]{Count: len(found), Results: make([]W, 0, end-start)}
	for _, item := range found[start:end] {
		p.Results = append(p.Results, wire(item))
	}
	if end < len(found) {
		p.Next = link(end)
	}
	if start > 0 {
		p.Previous = link(max(0, start-size))
	}
	return jsonReply(http.StatusOK, p)
}

// sizeParam names the parameter that asks for a size of page, "" for none.
func sizeParam(params url.Values) string {
	for _, name := range []string{"limit", "pageSize"} {
		if params.Has(name) {
			return name
		}
	}
	return ""
}

// positive reads a number above zero; anything else is the fallback.
func positive(text string, fallback int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return fallback
}
