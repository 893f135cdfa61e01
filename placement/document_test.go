package placement

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

const testTag = `<script src="/webchat.js" defer referrerpolicy="same-origin"></script>`

// longEndTag is one that may be held back longer than its name.
var longEndTag = regexp.MustCompile(`(?i)</(body|html)[ \t\n\r\f/]`)

// written serves a page in chunks and returns the reply.
func written(t testing.TB, page string, chunk int, flush bool) *httptest.ResponseRecorder {
	t.Helper()
	place, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	maxHeldBack := len("</body")
	if longEndTag.MatchString(page) {
		maxHeldBack = len(page)
	}
	place(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for rest := page; rest != ""; {
			n := min(chunk, len(rest))
			if got, err := w.Write([]byte(rest[:n])); got != n || err != nil {
				t.Errorf("wrote %d of %d: %v", got, n, err)
			}
			rest = rest[n:]
			if flush {
				w.(http.Flusher).Flush()
				if held := len(page) - len(rest) - recorder.Body.Len(); held > maxHeldBack {
					t.Errorf("%d bytes are held back after Flush", held)
				}
			}
		}
	})).ServeHTTP(recorder, httptest.NewRequest("GET", "http://shop.test/", nil))
	return recorder
}

// The tag goes where ¶ stands, however the page is cut into writes.
func TestPlace(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxHeld)
	tests := []struct{ name, page string }{
		{"body", "<p>a¶</body>"},
		{"upper case", "<P>A¶</BODY></HTML>"},
		{"white space", "<p>a¶</body\n></html >"},
		{"attribute on the end tag", `<p>a¶</body class="</body>">`},
		{"the first of two", "<p>a¶</body><p>b</body>"},
		{"html alone", "<html><p>a¶</html>"},
		{"html first", "<html><p>a¶</html></body>"},
		{"no end tags", "<!DOCTYPE html><title>a</title><p>a\n¶"},
		{"no end tags, html", "<html><p>a¶"},
		{"no end tags, body", "<body><p>a<¶"},
		{"fragment", "<p>a</p>"},
		{"text", "a < b"},
		{"other tags", "<html><bodyx></bodyx></bod></ body></htmlx>¶"},
		{"comment", "<p><!-- </body> --><!--> -->¶</body>"},
		{"odd comments", "<p><!-- ></body -- ><!----!><!-- --!><!x </body ><?y </body >¶</body>"},
		{"comment that is none", "<p><!-->¶</body> -->"},
		{"script", "<script>'</body>'</script>¶</body>"},
		{"script in a comment in a script", "<script><!-- <script></script> </body> --></script>¶</body>"},
		{"style", "<style></body></style>¶</body>"},
		{"textarea", "<textarea></body></textarea>¶</body>"},
		{"title", "<title></body></title>¶</body>"},
		{"noscript", "<noscript></body></noscript>¶</body>"},
		{"iframe", "<iframe></body></iframe>¶</body>"},
		{"xmp", "<xmp></body></xmp>¶</body>"},
		{"plaintext", "<html><plaintext></body>"},
		{"template", "<template><template></body></template></html></template>¶</body>"},
		{"attributes", `<p a="</body>" b='</body>' c=</body>¶</body>`},
		{"cdata in svg", "<svg><![CDATA[</body>]]></svg>¶</body>"},
		{"cdata in html", "<p><![CDATA[>¶</body>]]>"},
		{"empty elements in svg", "<svg><title/><style/><script/><template/></svg>¶</body>"},
		{"svg without content", "<svg/><![CDATA[>¶</body>]]>"},
		{"NUL", "<p>\x00¶</body>"},
		{"not UTF-8", "<p>\xff\xfe¶</body>"},
		{"UTF-16", "\xff\xfe<\x00/\x00b\x00o\x00d\x00y\x00>\x00"},
		{"ends in a comment", "<html><!-- >"},
		{"ends in a script", "<html><script>a"},
		{"ends in an empty script", "<html><script>"},
		{"ends in a textarea", "<html><textarea>a"},
		{"ends in a tag", "<html><p"},
		{"ends in an attribute", "<html><p a='"},
		{"ends in an end tag", "<html></"},
		{"ends in the end tag", "<html></body"},
		{"ends in a doctype", "<html><!doctype html"},
		{"ends in svg", "<html><svg>a"},
		{"ends in cdata", "<html><svg><![CDATA[a"},
		{"ends in a template", "<html><template>a"},
		{"tagged", "<html>" + testTag + "</body>"},
		{"tagged, other ways to write it", "<html><SCRIPT async SRC=' /webchat.js?v=1#x'></SCRIPT></body>"},
		{"tagged, with the host", "<html><script src=//SHOP.test/webchat.js></script></body>"},
		{"tagged by a mark", "<html><script data-maicontact>a</script></body>"},
		{"tagged inline", "<html><script nonce=a>\n// maicontact\nx</script></body>"},
		{"tag of another host", "<html><script src=//other.test/webchat.js></script>¶</body>"},
		{"another tag", "<html><script src=/webchat.jsx></script><a src=/webchat.js>¶</body>"},
		{"base", `<base href="/files/"><p>a¶</body>`},
		{"base without an address", `<base target="_blank"><p>a¶</body>`},
		{"base of this host", `<base href=" HTTPS://SHOP.test/files/ "><p>a¶</body>`},
		{"base of this host, any scheme", `<base href="//shop.test/files/"><p>a¶</body>`},
		{"base beside the page", `<base href="files/?x#y"><p>a¶</body>`},
		{"base in a template", `<template><base href="//other.test/"></template><p>a¶</body>`},
		{"base in a comment", `<!-- <base href="//other.test/"> --><p>a¶</body>`},
		{"base behind the place", `<p>a¶</body><base href="//other.test/">`},
		{"base of another host", `<base href="https://other.test/"><p>a</body>`},
		{"base of another host, any scheme", `<BASE target=_blank HREF=//other.test><p>a</body>`},
		{"base of another host, no end tags", `<html><base href="//other.test/">`},
		{"base of another host, late", `<p>a<base href="//other.test/"><p>b</body>`},
		{"base of another host, long", "<p>" + long + `<base href="//other.test/"></body>`},
		{"base of another port", `<base href="//shop.test:8080/"><p>a</body>`},
		{"base of a user", `<base href="//shop.test@other.test/"><p>a</body>`},
		{"base with backslashes", `<base href="/\other.test/"><p>a</body>`},
		{"base with three slashes", `<base href="///other.test/"><p>a</body>`},
		{"base with three slashes and a scheme", `<base href="https:///other.test/"><p>a</body>`},
		{"base with one slash and a scheme", `<base href="https:/other.test/"><p>a</body>`},
		{"base without slashes", `<base href="https:other.test/"><p>a</body>`},
		{"base with a tab", `<base href="/&#9;/other.test/"><p>a</body>`},
		{"base with a form feed", "<base href='\f//other.test/'><p>a</body>"},
		{"base of a file", `<base href="file://shop.test/"><p>a</body>`},
		{"base that is none", `<base href="data:text/html,x"><p>a</body>`},
		{"tag in a comment", "<html><!--" + testTag + "-->¶</body>"},
		{"tag in a template", "<html><template>" + testTag + "</template>¶</body>"},
		{"tag in a textarea", "<html><textarea>" + testTag + "</textarea>¶</body>"},
		{"long", "<p>" + long + "¶</body>"},
		{"long, at the edge", long[:maxHeld-3] + "¶</body>"},
		{"long attribute on the end tag", "<p>a¶</body " + long + "></html>"},
		{"long, no end tags", "<html>" + long + "¶"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page := strings.ReplaceAll(tt.page, "¶", "")
			want := strings.ReplaceAll(tt.page, "¶", testTag)
			for _, chunk := range []int{1, 2, 3, 7, 1 << 20} {
				if chunk < 7 && len(page) > 1000 {
					continue
				}
				for _, flush := range []bool{false, true} {
					if got := written(t, page, chunk, flush).Body.String(); got != want {
						t.Errorf("in chunks of %d, flushed %v: %.300q\nwant %.300q", chunk, flush, got, want)
					}
				}
			}
		})
	}
}

// A token that is too long ends the search, and the page is as it was.
func TestLongToken(t *testing.T) {
	t.Parallel()
	for _, open := range []string{"<html><script>", "<html><!--", "<html><p a='", "<html>", "<html></body a='"} {
		page := open + strings.Repeat("x", maxToken+1) + "'--></script></body>"
		if got := written(t, page, 4096, false).Body.String(); got != page {
			t.Errorf("%s: the page is changed: %d bytes, want %d", open, len(got), len(page))
		}
	}
	page := "<html><script>" + strings.Repeat("x", maxToken/2) + "</script>"
	if got := written(t, page+"</body>", 4096, false).Body.String(); got != page+testTag+"</body>" {
		t.Error("no tag after a token that is not too long")
	}
}

// Whatever the page: without the tag it is the page, at most one tag is in it,
// and neither body nor header depend on how it was cut.
func FuzzPlacement(f *testing.F) {
	for _, s := range []string{
		"<!doctype html><p>a</body>", "<html><svg><title/><![CDATA[</body>]]></svg></html>", "<template></body></template>", "<html></", "</body x='",
		"<script><!--<script></script></body>", "<html>" + testTag, "<html><!--></body>", "<html><plaintext></body>",
	} {
		f.Add(s, uint8(3), uint8(0))
		f.Add(s, uint8(1), uint8(15))
	}
	f.Fuzz(func(t *testing.T, page string, chunk, pad uint8) {
		if pad%16 == 15 { // longer than what is held back
			page = strings.Repeat("<i>tea</i>\n", maxHeld/10) + page
			chunk |= 128
		}
		once := written(t, page, 1<<20, false)
		got := once.Body.String()
		if got != page {
			at := 0
			for at < len(page) && got[at] == page[at] {
				at++
			}
			// Bytes of the tag that the page has too may make the place look later.
			at = strings.LastIndex(got[:min(len(got), at+len(testTag))], testTag)
			if at < 0 || got[:at]+got[at+len(testTag):] != page {
				t.Fatalf("%.500q became %.500q", page, got)
			}
		}
		cut := written(t, page, int(chunk)+1, false)
		if cut.Body.String() != got || cut.Code != once.Code || cut.Header().Get("Content-Type") != once.Header().Get("Content-Type") {
			t.Fatalf("in chunks of %d: %.500q, want %.500q", int(chunk)+1, cut.Body.String(), got)
		}
		if flushed := written(t, page, int(chunk)+1, true).Body.String(); flushed != got {
			t.Fatalf("flushed in chunks of %d: %.500q, want %.500q", int(chunk)+1, flushed, got)
		}
		// A tag that was added is found again.
		if again := written(t, got, 1<<20, false).Body.String(); again != got {
			t.Fatalf("again: %.500q became %.500q", got, again)
		}
	})
}
