package maicontact

import (
	"encoding/json"
	"strings"

	"github.com/maicontact/maicontact/templates"
	"github.com/maicontact/maicontact/webchat"
)

// script renders answers for the browser. It is prepared once.
type script struct {
	widget webchat.PreparedWidget
	embed  string
	again  string
	start  string // of the options that the loader gets, with a contact
	tail   []byte // the loader; it follows every answer
}

// The loader's options stand before it, so that what differs from person to
// person is one short text, and the rest is the same for everybody.
const (
	beforeOptions = "((options, load) => load(options))("
	afterOptions  = ","
)

func newScript(c Config) (script, error) {
	widget, err := c.Widget.Prepare()
	s := script{widget: widget, embed: c.Widget.EmbedURL(), again: c.ScriptPath, tail: []byte(templates.Loader + ");\n")}
	s.start = strings.TrimSuffix(string(encode(loaderOptions{Embed: s.embed, Again: s.again})), "}")
	return s, inField("Widget", err)
}

// loaderOptions is what templates/loader.js is called with, or fetches.
type loaderOptions struct {
	Config json.RawMessage `json:"config,omitempty"` // in JSON only
	Embed  string          `json:"embed,omitempty"`  // with a contact only
	Again  string          `json:"again,omitempty"`  // in the script only
	Epoch  string          `json:"epoch,omitempty"`
	Reason Reason          `json:"reason,omitempty"`
	Retry  bool            `json:"retry,omitempty"`
}

func (s *script) options(a answer) loaderOptions {
	if a.id == "" {
		return loaderOptions{Epoch: a.epoch, Reason: a.reason, Retry: a.reason.MayPass()}
	}
	return loaderOptions{Embed: s.embed, Epoch: a.epoch}
}

// text renders an answer as the script, up to the loader. With a contact, one
// line of it is exactly the assignment of the widget's configuration; without,
// it says why, and asks again later when that may help.
func (s *script) text(out []byte, a answer) ([]byte, error) {
	if a.id == "" {
		options := s.options(a)
		options.Again = s.again
		out = append(append(out, comment(a.reason)...), beforeOptions...)
		return append(append(out, encode(options)...), afterOptions...), nil
	}
	out = append(out, "// maicontact\nwindow.maiagentChatbotConfig = "...)
	out, err := s.appendConfig(out, a)
	if err != nil {
		return nil, err
	}
	out = append(out, ";\n"+beforeOptions...)
	out = append(out, s.start...)
	if a.epoch != "" {
		out = append(out, `,"epoch":"`...)
		out = append(out, a.epoch...) // plain, see epochOf
		out = append(out, '"')
	}
	return append(out, "}"+afterOptions...), nil
}

// json renders an answer as JSON.
func (s *script) json(out []byte, a answer) (_ []byte, err error) {
	options := s.options(a)
	if a.id != "" {
		if options.Config, err = s.appendConfig(nil, a); err != nil {
			return nil, err
		}
	}
	return append(append(out, encode(options)...), '\n'), nil
}

func (s *script) appendConfig(b []byte, a answer) ([]byte, error) {
	if a.config != nil {
		return append(b, a.config...), nil
	}
	return s.widget.AppendConfig(b, a.id)
}

// comment says in a script why there is no chat.
func comment(reason Reason) []byte {
	return []byte("// maicontact: no chat: " + string(reason) + "\n")
}

// call is the statement that runs the loader with options of its own.
func call(options any) []byte {
	var out strings.Builder
	out.WriteString("(")
	out.WriteString(templates.Loader)
	out.WriteString(")(")
	out.Write(encode(options))
	out.WriteString(");\n")
	return []byte(out.String())
}

func encode(v any) []byte {
	text, err := json.Marshal(v) // escapes what could end a script
	if err != nil {
		panic(err) // strings, bools and JSON always encode
	}
	return text
}
