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
	ID      webchat.ContactID
	Config  []byte           // the widget's, with the id in it, when the request has options of its own
	Options *webchat.Options // of a request that has a button to draw
	Reason  string           // why there is no contact; words that need no escaping in a comment
	Retry   bool             // asking again may help
	Owner   string           // who the answer is for, as a digest; empty: that is not known
	Closed  bool             // the visitor may open the chat
	Opened  bool             // the visitor has just opened it
	Alone   bool             // Handler is missing, so nobody serves the loader's own address
	Origin  string           // ours, for a page of another; empty: the page is ours
	Hint    string           // a message to a developer, for the browser's console
}

// Renderer renders answers. It is prepared once, and safe for concurrent use.
type Renderer struct {
	widget webchat.PreparedWidget
	embed  string
	script string // its path
	start  string // of the call of the bootstrap with a contact, after the configuration,
	alone  string // and where nobody serves the loader's own address
	loader loader
	button Button
	style  webchat.Options // of the button, for everybody
	static []byte
	etag   string
}

// New prepares a Renderer for a widget, and for the paths of the script and its
// JSON form. The error is the widget's.
func New(widget webchat.Widget, scriptPath, jsonPath string, button Button) (*Renderer, error) {
	prepared, err := widget.Prepare()
	if err != nil {
		return nil, err
	}
	r := &Renderer{widget: prepared, embed: widget.EmbedURL(), script: scriptPath, loader: newLoader(scriptPath, templates.Loader), button: button, style: widget.Options}
	r.start = strings.TrimSuffix(string(r.call(nil, r.options(Answer{}))), "});\n")
	r.alone = strings.TrimSuffix(string(r.call(nil, r.options(Answer{Alone: true}))), "});\n")
	own := r.options(Answer{})
	own.Again, own.JSON = jsonPath, true
	r.static = r.call(nil, own)
	sum := sha256.Sum256(r.static)
	r.etag = `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	return r, nil
}

// options is what templates/bootstrap.js is called with, or what the JSON form
// answers.
type options struct {
	Version int             `json:"v,omitempty"`      // in scripts only; 1 where it is missing
	Loader  string          `json:"js,omitempty"`     // in scripts only: its address,
	Hash    string          `json:"sri,omitempty"`    // its integrity,
	Again   string          `json:"again,omitempty"`  // and where to ask again
	JSON    bool            `json:"json,omitempty"`   // in the static script only
	Config  json.RawMessage `json:"config,omitempty"` // in JSON only, with a contact, as
	Embed   string          `json:"embed,omitempty"`  // the address of the vendor's script is
	Epoch   string          `json:"epoch,omitempty"`  // the owner
	Reason  string          `json:"reason,omitempty"`
	Retry   bool            `json:"retry,omitempty"`
	Open    *openOptions    `json:"open,omitempty"`   // the button of a chat that may be opened
	Opened  bool            `json:"opened,omitempty"` // in JSON only
	Hint    string          `json:"hint,omitempty"`   // in JSON only: for the console
}

// options are what the script of every answer has.
func (r *Renderer) options(a Answer) options {
	o := options{Version: templates.Version, Loader: a.Origin + r.loader.path, Hash: r.loader.integrity, Again: a.Origin + r.script, Epoch: a.Owner}
	if a.Alone {
		o.Loader = o.Again + "?" + fallbackQuery
	}
	return o
}

func (r *Renderer) call(b []byte, o options) []byte {
	b = append(append(b, '('), templates.Bootstrap...)
	return append(append(append(b, ")("...), mustMarshal(o)...), ");\n"...)
}

// LoaderSource returns the source that allows the loader in a policy's script-src.
func (r *Renderer) LoaderSource() string { return "'" + r.loader.integrity + "'" }

// Script appends an answer as the script. With a contact, one line is exactly the
// assignment of the widget's configuration. Without, the script says why, and asks
// again later when that may help.
func (r *Renderer) Script(out []byte, a Answer) ([]byte, error) {
	if a.ID == "" {
		o := r.options(a)
		o.Reason, o.Retry, o.Open = a.Reason, a.Retry, r.openOptions(a)
		return r.call(append(append(out, reasonComment(a.Reason)...), consoleHint(a.Hint)...), o), nil
	}
	out = append(out, "window.maiagentChatbotConfig = "...)
	out, err := r.config(out, a)
	if err != nil {
		return nil, err
	}
	out = append(append(out, ";\n"...), consoleHint(a.Hint)...)
	switch {
	case a.Origin != "":
		return r.call(out, r.options(a)), nil
	case a.Alone:
		out = append(out, r.alone...)
	default:
		out = append(out, r.start...)
	}
	if a.Owner != "" {
		out = append(out, `,"epoch":"`...)
		out = append(out, a.Owner...) // plain, as all digests are
		out = append(out, '"')
	}
	return append(out, "});\n"...), nil
}

// JSON appends an answer as one object and a line break.
func (r *Renderer) JSON(out []byte, a Answer) (_ []byte, err error) {
	o := options{Epoch: a.Owner, Reason: a.Reason, Retry: a.Retry, Open: r.openOptions(a), Opened: a.Opened, Hint: a.Hint}
	if a.ID != "" {
		o = options{Embed: r.embed, Epoch: a.Owner, Opened: a.Opened, Hint: a.Hint}
		if o.Config, err = r.config(nil, a); err != nil {
			return nil, err
		}
	}
	return append(append(out, mustMarshal(o)...), '\n'), nil
}

// ScriptRefusal appends the script for a page that may not read the answer.
func (r *Renderer) ScriptRefusal(out []byte, a Answer) ([]byte, error) {
	return append(out, reasonComment(a.Reason)...), nil
}

func (r *Renderer) config(b []byte, a Answer) ([]byte, error) {
	if a.Config != nil {
		return append(b, a.Config...), nil
	}
	return r.widget.AppendConfig(b, a.ID)
}

// reasonComment is a comment that says why there is no chat.
func reasonComment(reason string) []byte {
	return []byte("// maicontact: no chat: " + reason + "\n")
}

// consoleHint is a line that writes a hint into the browser's console.
func consoleHint(hint string) []byte {
	if hint == "" {
		return nil
	}
	return []byte("console.warn(" + string(mustMarshal(hint)) + ");\n")
}

func mustMarshal(v any) []byte {
	text, err := json.Marshal(v) // escapes what could end a script
	if err != nil {
		panic(err) // strings, bools and JSON always encode
	}
	return text
}
