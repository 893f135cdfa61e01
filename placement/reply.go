package placement

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// sniffLength is how much of a body says of what type it is.
const sniffLength = 512

// candidate is what the header of a reply says about changing it.
type candidate int

const (
	untouchable candidate = iota
	untyped               // depends on what sniffing finds
	page
)

// candidateOf looks at the header of a reply to GET.
func candidateOf(status int, h http.Header) candidate {
	switch {
	case status != http.StatusOK,
		present(h, "Content-Encoding"), present(h, "Content-Range"), present(h, "Transfer-Encoding"),
		slices.Contains(tokens(h, "Cache-Control"), "no-transform"),
		isAttachment(h):
		return untouchable
	}
	types, declared := h["Content-Type"]
	switch {
	case !declared:
		return untyped
	case len(types) == 1 && isHTML(types[0]):
		return page
	}
	return untouchable // also with a nil value, which turns sniffing off
}

// sniffedHTML reports whether net/http will call a body that begins so HTML.
func sniffedHTML(body []byte) bool {
	return isHTML(http.DetectContentType(body[:min(len(body), sniffLength)]))
}

func isHTML(contentType string) bool {
	media, parameters, err := mime.ParseMediaType(contentType)
	return err == nil && media == "text/html" && hasASCII(parameters["charset"])
}

// hasASCII reports whether every byte that looks like ASCII markup is that.
// What is not known is not changed.
func hasASCII(charset string) bool {
	charset = strings.ToLower(strings.TrimSpace(charset))
	switch charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "latin1", "big5", "gbk", "gb2312", "gb18030",
		"shift_jis", "shift-jis", "sjis", "euc-jp", "euc-kr", "koi8-r", "koi8-u", "macintosh":
		return true
	}
	return strings.HasPrefix(charset, "iso-8859-") || strings.HasPrefix(charset, "windows-125")
}

func isAttachment(h http.Header) bool {
	disposition, _, _ := strings.Cut(h.Get("Content-Disposition"), ";")
	disposition = strings.TrimSpace(disposition)
	return disposition != "" && !strings.EqualFold(disposition, "inline")
}

func present(h http.Header, name string) bool { return strings.Join(h.Values(name), "") != "" }

// tokens returns the items of a list field in lower case.
func tokens(h http.Header, name string) []string {
	var out []string
	for _, line := range h.Values(name) {
		for item := range strings.SplitSeq(line, ",") {
			out = append(out, strings.ToLower(strings.TrimSpace(item)))
		}
	}
	return out
}

// declaredLength returns Content-Length, or -1.
func declaredLength(h http.Header) int64 {
	n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// setChanged makes the header right for a body that has the tag in it, or may
// get it. length is that of the new body, or -1 when it is not known.
func setChanged(h http.Header, length int64, hasNonce bool) {
	for _, name := range []string{"Accept-Ranges", "Content-Length", "Content-Md5", "Digest", "Content-Digest", "Repr-Digest"} {
		h.Del(name)
	}
	if length >= 0 {
		h.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	if hasNonce {
		h.Del("Etag")
		h.Del("Last-Modified")
	}
	if etag := h.Get("Etag"); strings.HasPrefix(etag, `"`) {
		h.Set("Etag", "W/"+etag)
	}
}
