package placement

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// maxToken bounds the memory that one page takes. A page with a longer token,
// such as a huge inline script, is left as it is.
const maxToken = 1 << 20

// verdict is what is known of a document.
type verdict int

const (
	undecided verdict = iota
	placed            // the place is found
	unchanged         // there is none, or the tag is there already
)

// document reads HTML as it comes and finds the place for the tag. The
// tokenizer pulls its input, and a handler pushes it, so the tokenizer runs as
// a coroutine that rests whenever it wants more.
type document struct {
	config Config
	host   string // of the request

	verdict verdict
	place   int64 // offset of the tag, when placed
	done    int64 // offset behind the last whole token

	input []byte // pushed, not yet pulled
	ended bool   // no more will be pushed
	atEnd bool   // the tokenizer has seen the end
	want  func(struct{}) bool
	next  func() (struct{}, bool)
	stop  func()

	whole     bool   // a doctype, <html> or <body> was seen
	raw       string // the element whose text is being read
	templates int    // open template elements
	foreign   int    // open svg and math elements
	unsafe    bool   // the end is no place for a tag
}

// newDocument returns a document that must be closed.
func newDocument(c Config, host string) *document {
	d := &document{config: c, host: host}
	d.next, d.stop = iter.Pull(func(want func(struct{}) bool) {
		d.want = want
		d.scan()
	})
	return d
}

func (d *document) close() { d.stop() }

// push reads more of the document.
func (d *document) push(p []byte) {
	if d.verdict != undecided || len(p) == 0 {
		return
	}
	d.input = p
	d.next()
	d.input = nil
}

// end reads the end of the document. It is decided then.
func (d *document) end() {
	d.ended = true
	if d.verdict == undecided {
		d.next()
	}
}

// Read implements io.Reader for the tokenizer.
func (d *document) Read(p []byte) (int, error) {
	for len(d.input) == 0 {
		if d.ended || !d.want(struct{}{}) {
			d.atEnd = true
			return 0, io.EOF
		}
	}
	n := copy(p, d.input)
	d.input = d.input[n:]
	return n, nil
}

func (d *document) scan() {
	z := html.NewTokenizer(d)
	z.SetMaxBuf(maxToken)
	for d.verdict == undecided {
		kind := z.Next()
		if kind == html.ErrorToken {
			d.decideAtEnd(z.Err(), len(z.Raw()))
			return
		}
		start := d.done
		d.done += int64(len(z.Raw()))
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			d.startTag(z, kind)
		case html.EndTagToken:
			d.endTag(z, start)
		case html.TextToken:
			d.unsafe = bytes.HasSuffix(z.Raw(), []byte("</"))
			if d.raw == "script" && d.templates == 0 && bytes.HasPrefix(bytes.TrimSpace(z.Raw()), []byte("// maicontact")) {
				d.verdict = unchanged
			}
		case html.DoctypeToken:
			d.whole = d.whole || d.templates == 0
			d.unsafe = d.atEnd
		case html.CommentToken:
			d.unsafe = d.atEnd // it never ended
		}
	}
}

func (d *document) startTag(z *html.Tokenizer, kind html.TokenType) {
	d.unsafe = false
	name, more := z.TagName()
	element := string(name)
	switch element {
	case "html", "body":
		d.whole = d.whole || d.templates == 0
	case "svg", "math":
		if kind == html.StartTagToken {
			d.foreign++
		}
	case "template":
		if kind == html.StartTagToken || d.foreign == 0 {
			d.templates++
		}
	case "base":
		for more && d.templates == 0 && d.config.Origin == "" {
			var key, value []byte
			key, value, more = z.TagAttr()
			if string(key) == "href" && !d.isHere(string(value)) {
				d.verdict = unchanged
				return
			}
		}
	case "script":
		for more && d.templates == 0 {
			var key, value []byte
			key, value, more = z.TagAttr()
			if string(key) == "data-maicontact" || string(key) == "src" && d.isScript(string(value)) {
				d.verdict = unchanged
				return
			}
		}
	}
	switch element {
	case "iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style", "textarea", "title", "xmp":
		if kind == html.SelfClosingTagToken && d.foreign > 0 {
			z.NextIsNotRawText()
		} else {
			d.raw = element
		}
	}
	z.AllowCDATA(d.foreign > 0)
}

func (d *document) endTag(z *html.Tokenizer, start int64) {
	d.unsafe, d.raw = false, ""
	name, _ := z.TagName()
	switch string(name) {
	case "svg", "math":
		d.foreign = max(0, d.foreign-1)
	case "template":
		d.templates = max(0, d.templates-1)
	case "body", "html":
		if d.templates == 0 {
			d.verdict, d.place = placed, start
		}
	}
	z.AllowCDATA(d.foreign > 0)
}

// decideAtEnd decides on a page without end tags. partial is how much of a tag
// it stops in.
func (d *document) decideAtEnd(err error, partial int) {
	d.verdict = unchanged
	if !errors.Is(err, io.EOF) || partial > 0 || !d.whole || d.unsafe || d.raw != "" || d.templates > 0 || d.foreign > 0 {
		return
	}
	d.verdict, d.place = placed, d.done
}

// isScript reports whether a src attribute is that of the chat script.
func (d *document) isScript(src string) bool {
	u, err := url.Parse(strings.TrimSpace(src))
	if err != nil || u.Path != d.config.ScriptPath {
		return false
	}
	_, host, _ := strings.Cut(d.config.Origin, "://")
	return u.Host == "" || strings.EqualFold(u.Host, d.host) || strings.EqualFold(u.Host, host)
}

// isHere reports whether a base address is surely on this host. Browsers are
// more lenient than url.Parse: they read a backslash as a slash, and find a host
// behind one slash or three.
func (d *document) isHere(href string) bool {
	u, err := url.Parse(strings.Trim(href, " \t\n\r\f"))
	switch {
	case err != nil || u.Opaque != "" || strings.Contains(href, `\`):
		return false
	case u.Host != "":
		return (u.Scheme == "" || u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, d.host)
	}
	return u.Scheme == "" && !strings.HasPrefix(u.Path, "//")
}

// held returns how many bytes at the end of tail, which is all of the document
// from some offset at or before done on, may become a tag that the place is in front of.
func (d *document) held(tail []byte, from int64) int {
	if d.raw != "" {
		return 0 // no tag but that element's own ends it
	}
	if i := d.done - from; i >= 0 && i < int64(len(tail)) && mayEnd(tail[i:]) {
		return len(tail) - int(i)
	}
	// A text token goes on until the tokenizer knows what a "<" begins.
	for n := min(len(tail), len("</")); n > 0; n-- {
		if strings.HasPrefix("</", string(tail[len(tail)-n:])) {
			return n
		}
	}
	return 0
}

// mayEnd reports whether p, the whole of a token so far, may turn out to be
// </body> or </html>.
func mayEnd(p []byte) bool {
	const name = len("</body")
	head := strings.ToLower(string(p[:min(len(p), name)]))
	if !strings.HasPrefix("</body", head) && !strings.HasPrefix("</html", head) {
		return false
	}
	return len(p) <= name || strings.IndexByte(" \t\n\r\f/>", p[name]) >= 0
}
