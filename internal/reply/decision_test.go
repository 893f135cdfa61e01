package reply

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync"
	"testing"
)

// What was decided of a reply is what its header says, however it is left.
func TestDecisions(t *testing.T) {
	fault := errors.New("a store")
	cookie := func(h http.Header) http.Header { h["Set-Cookie"] = []string{"c=v"}; return h }
	cached := func() http.Header {
		return http.Header{"Cache-Control": {"public, max-age=600"}, "Etag": {`"1"`}, "Vary": {"Accept-Encoding"}}
	}
	for name, test := range map[string]struct {
		before  http.Header
		decide  func(w *Writer)
		status  int
		want    http.Header
		reports []error
	}{
		"nothing":                      {before: cached(), decide: func(*Writer) {}, want: cached()},
		"nothing planned in the end":   {before: cached(), decide: func(w *Writer) { w.Plan(withCookie); w.Plan(nil) }, want: cached()},
		"nothing to clear":             {before: cached(), decide: func(w *Writer) { w.ClearSiteData() }, want: cached()},
		"asked":                        {decide: func(w *Writer) { w.MarkPrivate() }, want: privateHeader()},
		"asked on a cacheable page":    {before: cached(), decide: func(w *Writer) { w.MarkPrivate() }, want: privateHeader("Accept-Encoding"), reports: []error{ErrWasPublic}},
		"planned":                      {decide: func(w *Writer) { w.Plan(withCookie) }, want: cookie(privateHeader())},
		"planned on a cacheable page":  {before: cached(), decide: func(w *Writer) { w.Plan(withCookie) }, want: cookie(privateHeader("Accept-Encoding")), reports: []error{ErrWasPublic}},
		"the last plan counts":         {decide: func(w *Writer) { w.Plan(func(http.Header) error { return fault }); w.Plan(withCookie) }, want: cookie(privateHeader())},
		"a plan that fails":            {decide: func(w *Writer) { w.Plan(func(http.Header) error { return fault }) }, want: privateHeader(), reports: []error{fault}},
		"a plan on an unchanged page":  {decide: func(w *Writer) { w.Plan(withCookie) }, status: 304, want: cookie(privateHeader())},
		"another protocol":             {before: cached(), decide: func(*Writer) {}, status: 101, want: privateHeader("Accept-Encoding")},
		"another protocol, and a plan": {before: cached(), decide: func(w *Writer) { w.Plan(withCookie) }, status: 101, want: cookie(privateHeader("Accept-Encoding")), reports: []error{ErrWasPublic}},
	} {
		x, inner := &exchange{}, bare{test.before}
		if inner.header == nil {
			inner.header = http.Header{}
		}
		x.writer.Init(inner, x)
		test.decide(&x.writer)
		if test.status != 0 {
			x.writer.WriteHeader(test.status)
		}
		x.writer.Commit()
		x.writer.Commit() // does nothing
		wantHeader(t, name, inner.header, test.want)
		if !reflect.DeepEqual(x.reports, test.reports) {
			t.Errorf("%s: reports %v, want %v", name, x.reports, test.reports)
		}
	}
}

func TestClearSiteData(t *testing.T) {
	for name, test := range map[string]struct{ before, after, kinds, want []string }{
		"nothing to clear":        {},
		"the application's alone": {before: []string{`"cache"`}, want: []string{`"cache"`}},
		"storage":                 {kinds: []string{"storage"}, want: []string{`"storage"`}},
		"all kinds":               {kinds: []string{"storage", "cache", "cookies"}, want: []string{`"storage", "cache", "cookies"`}},
		"one kind twice":          {kinds: []string{"cache", "cache"}, want: []string{`"cache"`}},
		"merged with one before":  {before: []string{`"cache"`}, kinds: []string{"storage"}, want: []string{`"cache", "storage"`}},
		"merged with one after":   {after: []string{`"cache"`}, kinds: []string{"storage"}, want: []string{`"cache", "storage"`}},
		"named before already":    {before: []string{`"cache" ,"storage"`, `"storage"`}, kinds: []string{"storage"}, want: []string{`"cache", "storage"`}},
		"everything is cleared":   {before: []string{`"*"`}, kinds: []string{"storage"}, want: []string{`"*"`}},
	} {
		x, inner := &exchange{}, bare{http.Header{}}
		x.writer.Init(inner, x)
		for _, line := range test.before {
			inner.header.Add("Clear-Site-Data", line)
		}
		for _, kind := range test.kinds {
			x.writer.ClearSiteData(kind)
		}
		for _, line := range test.after {
			inner.header.Add("Clear-Site-Data", line)
		}
		x.writer.Commit()
		if got := inner.header["Clear-Site-Data"]; !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: Clear-Site-Data %q, want %q", name, got, test.want)
		}
		if private := inner.header.Get("Cache-Control") == "private, no-store"; private != (len(test.kinds) > 0) {
			t.Errorf("%s: %v", name, inner.header)
		}
	}
}

// Once the reply has begun it is too late, and the header stays as it is. A
// reply that was private already may still be asked of.
func TestTooLate(t *testing.T) {
	for name, test := range map[string]struct {
		leave   func(w *Writer)
		private bool
	}{
		"a page":            {func(w *Writer) { io.WriteString(w, "page") }, false},
		"a page that asked": {func(w *Writer) { w.MarkPrivate(); io.WriteString(w, "page") }, true},
		"a planned cookie":  {func(w *Writer) { w.Plan(withCookie); io.WriteString(w, "page") }, true},
		"another protocol":  {func(w *Writer) { w.WriteHeader(101) }, true},
	} {
		recorder, x := httptest.NewRecorder(), &exchange{}
		x.writer.Init(recorder, x)
		if x.writer.Committed() {
			t.Errorf("%s: committed from the start", name)
		}
		test.leave(&x.writer)
		before := recorder.Header().Clone()
		if !x.writer.Committed() || x.writer.MarkPrivate() != test.private {
			t.Errorf("%s: committed %t, private %t", name, x.writer.Committed(), x.writer.MarkPrivate())
		}
		if x.writer.Plan(func(http.Header) error { t.Error("written too late"); return nil }) || x.writer.ClearSiteData("cache") {
			t.Errorf("%s: not too late", name)
		}
		x.writer.Commit()
		wantHeader(t, name, recorder.Header(), before)
	}
}

// Hints that come before the reply do not commit it.
func TestEarlyHints(t *testing.T) {
	x, inner := &exchange{}, bare{http.Header{}}
	x.writer.Init(inner, x)
	x.writer.WriteHeader(103)
	if x.writer.Committed() || !x.writer.Plan(withCookie) {
		t.Error("committed")
	}
	x.writer.WriteHeader(200)
	if !x.writer.Committed() || len(inner.header["Set-Cookie"]) != 1 {
		t.Errorf("header %v", inner.header)
	}
}

// The legs of a page may decide, and it may begin, at the same time.
func TestDecidedByMany(t *testing.T) {
	for range 100 {
		x, recorder := &exchange{}, httptest.NewRecorder()
		x.writer.Init(recorder, x)
		var group sync.WaitGroup
		var private, planned bool
		group.Go(func() { private = x.writer.MarkPrivate() })
		group.Go(func() { planned = x.writer.Plan(withCookie) })
		group.Go(func() { x.writer.ClearSiteData("cache") })
		x.writer.Write([]byte("page"))
		group.Wait()
		h := recorder.Result().Header
		if got := h.Get("Cache-Control") == "private, no-store"; private && !got || planned != (len(h["Set-Cookie"]) == 1) {
			t.Fatalf("private %t, planned %t: %v", private, planned, h)
		}
	}
}
