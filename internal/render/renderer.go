// Package render writes an answer as the browser gets it: as a script, as JSON,
// or as the static script that fetches the JSON.
package render

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/maicontact/maicontact/templates"
	"github.com/maicontact/maicontact/webchat"
)

// Answer is what the browser is told of who is there.
type Answer struct {
	ID     webchat.ContactID
	Config []byte // the widget's, with the id in it, when the request has options of its own
	Reason string // why there is no contact; words that need no escaping in a comment
	Retry  bool   // it makes sense to ask again
	Owner  string // who the answer is for, as a digest; empty: that is not known
}

// Renderer renders answers. It is prepared once, and safe for concurrent use.
type Renderer struct {
	widget webchat.PreparedWidget
	embed  string
	script string // its path
	start  string // of the options that the loader gets, with a contact
	tail   []byte // the loader; it follows every answer
	static []byte
	etag   string
}

// The loader's options stand before it, so that what differs from person to
// person is one short text, and the rest is the same for everybody.
const (
	beforeOptions = "((options, load) => load(options))("
	afterOptions  = ","
)

// New prepares a Renderer for a widget, and for the paths of the script and its
// JSON form. The error is the widget's.
func New(widget webchat.Widget, scriptPath, jsonPath string) (*Renderer, error) {
	prepared, err := widget.Prepare()
	if err != nil {
		return nil, err
	}
	r := &Renderer{widget: prepared, embed: widget.EmbedURL(), script: scriptPath, tail: []byte(templates.Loader + ");\n")}
	r.start = strings.TrimSuffix(string(encode(options{Embed: r.embed, Again: r.script})), "}")
	r.static = []byte("(" + templates.Loader + ")(" + string(encode(options{JSON: jsonPath})) + ");\n")
	sum := sha256.Sum256(r.static)
	r.etag = `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	return r, nil
}

// options is what templates/loader.js is called with, or fetches.
type options struct {
	JSON   string          `json:"json,omitempty"`   // in the static script only
	Config json.RawMessage `json:"config,omitempty"` // in JSON only
	Embed  string          `json:"embed,omitempty"`  // with a contact only
	Again  string          `json:"again,omitempty"`  // in the script only
	Epoch  string          `json:"epoch,omitempty"`  // the owner
	Reason string          `json:"reason,omitempty"`
	Retry  bool            `json:"retry,omitempty"`
}

// Tail is what follows the text of every Script.
func (r *Renderer) Tail() []byte { return r.tail }

// Script appends an answer as the script, up to Tail. With a contact, one line
// of it is exactly the assignment of the widget's configuration; without, it
// says why, and asks again later when that may help.
func (r *Renderer) Script(out []byte, a Answer) ([]byte, error) {
	if a.ID == "" {
		out = append(out, comment(a.Reason)...)
		text := encode(options{Epoch: a.Owner, Reason: a.Reason, Retry: a.Retry, Again: r.script})
		return append(append(append(out, beforeOptions...), text...), afterOptions...), nil
	}
	out = append(out, "// maicontact\nwindow.maiagentChatbotConfig = "...)
	out, err := r.config(out, a)
	if err != nil {
		return nil, err
	}
	out = append(out, ";\n"+beforeOptions...)
	out = append(out, r.start...)
	if a.Owner != "" {
		out = append(out, `,"epoch":"`...)
		out = append(out, a.Owner...) // plain, as all digests are
		out = append(out, '"')
	}
	return append(out, "}"+afterOptions...), nil
}

// JSON appends an answer as one object and a line break.
func (r *Renderer) JSON(out []byte, a Answer) (_ []byte, err error) {
	o := options{Epoch: a.Owner, Reason: a.Reason, Retry: a.Retry}
	if a.ID != "" {
		o = options{Embed: r.embed, Epoch: a.Owner}
		if o.Config, err = r.config(nil, a); err != nil {
			return nil, err
		}
	}
	return append(append(out, encode(o)...), '\n'), nil
}

// ScriptRefusal is what somebody gets who may not read the script.
func (r *Renderer) ScriptRefusal(reason string) []byte { return comment(reason) }

// JSONRefusal is what somebody gets who may not read the JSON form.
func (r *Renderer) JSONRefusal(reason string) []byte {
	return append(encode(options{Reason: reason}), '\n')
}

func (r *Renderer) config(b []byte, a Answer) ([]byte, error) {
	if a.Config != nil {
		return append(b, a.Config...), nil
	}
	return r.widget.AppendConfig(b, a.ID)
}

// comment says in a script why there is no chat.
func comment(reason string) []byte {
	return []byte("// maicontact: no chat: " + reason + "\n")
}

func encode(v any) []byte {
	text, err := json.Marshal(v) // escapes what could end a script
	if err != nil {
		panic(err) // strings, bools and JSON always encode
	}
	return text
}
