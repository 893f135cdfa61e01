package guard

import (
	"errors"
	"net/http/httptest"
	"testing"
)

// Who may open the chat: a fetch of a page that says that it is ours, or listed.
func TestOpening(t *testing.T) {
	own, err := NewPolicy("", []string{"https://www.shop.test"})
	if err != nil {
		t.Fatal(err)
	}
	fixed, err := NewPolicy("https://shop.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	rebound, err := NewPolicy("https://elsewhere.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	const listed = "https://www.shop.test"
	for name, test := range map[string]struct {
		policy Policy
		method string
		header []string
		page   Page
		err    error
	}{
		"a fetch of ours":           {own, "POST", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "same-origin", "Origin", "http://shop.test"}, Page{}, nil},
		"an old browser":            {own, "POST", []string{"Origin", "http://shop.test"}, Page{}, nil},
		"TLS ends before us":        {own, "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://shop.test"}, Page{}, nil},
		"the same, an old browser":  {own, "POST", []string{"Origin", "https://shop.test"}, Page{}, ErrCrossSite},
		"a name that leads to us":   {rebound, "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://shop.test"}, Page{}, ErrCrossSite},
		"our origin is known":       {fixed, "POST", []string{"Origin", "https://shop.test"}, Page{}, nil},
		"the same, a new browser":   {fixed, "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://shop.test"}, Page{}, nil},
		"listed, by its own name":   {own, "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", listed}, Page{}, nil},
		"listed, same site":         {own, "POST", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors", "Origin", listed}, Page{Origin: listed, Named: true}, nil},
		"listed, another site":      {own, "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", listed}, Page{Origin: listed, Named: true, CrossSite: true}, nil},
		"listed, an old browser":    {own, "POST", []string{"Origin", listed}, Page{Origin: listed, Named: true, CrossSite: true}, nil},
		"no Origin":                 {own, "POST", []string{"Sec-Fetch-Site", "same-origin"}, Page{}, ErrCrossSite},
		"nothing":                   {own, "POST", nil, Page{}, ErrCrossSite},
		"a Referer alone":           {own, "POST", []string{"Referer", "http://shop.test/"}, Page{}, ErrCrossSite},
		"null":                      {own, "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, Page{}, ErrCrossSite},
		"two origins":               {own, "POST", []string{"Origin", "http://shop.test", "Origin", "https://evil.test"}, Page{}, ErrCrossSite},
		"another site":              {own, "POST", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Origin", "https://evil.test"}, Page{}, ErrCrossSite},
		"another site, plain http":  {own, "POST", []string{"Origin", "http://evil.test"}, Page{}, ErrCrossSite},
		"a sister that is no list":  {own, "POST", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://blog.shop.test"}, Page{}, ErrCrossSite},
		"a foreign Origin as ours":  {own, "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://evil.test"}, Page{}, ErrCrossSite},
		"our Origin, another site":  {own, "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://shop.test"}, Page{}, ErrCrossSite},
		"typed by somebody":         {own, "POST", []string{"Sec-Fetch-Site", "none", "Origin", listed}, Page{}, ErrCrossSite},
		"a form":                    {own, "POST", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "document", "Sec-Fetch-Mode", "navigate", "Origin", "http://shop.test"}, Page{}, ErrNotAScript},
		"a script":                  {own, "POST", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "script", "Origin", "http://shop.test"}, Page{}, ErrNotAScript},
		"a beacon":                  {own, "POST", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "no-cors", "Origin", "http://shop.test"}, Page{}, ErrNotAScript},
		"another method":            {own, "PUT", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://shop.test"}, Page{}, ErrNotAScript},
		"the word twice":            {own, "POST", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site", "Origin", "http://shop.test"}, Page{}, ErrCrossSite},
		"our Origin as its address": {own, "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://shop.test/"}, Page{}, ErrCrossSite},
	} {
		r := httptest.NewRequest(test.method, "http://shop.test/webchat.js", nil)
		for i := 0; i < len(test.header); i += 2 {
			r.Header.Add(test.header[i], test.header[i+1])
		}
		if page, err := test.policy.opening(r); page != test.page || !errors.Is(err, test.err) {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
}
