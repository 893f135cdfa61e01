package maicontact

import (
	"encoding/json"
	"strings"

	"github.com/maicontact/maicontact/templates"
	"github.com/maicontact/maicontact/webchat"
)

// script renders answers for the browser. It is prepared once.
type script struct {
	widget webchat.Widget
	embed  string
	again  string
}

func newScript(c Config) script {
	return script{widget: c.Widget, embed: c.Widget.EmbedURL(), again: c.ScriptPath}
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

func (s script) options(a answer) loaderOptions {
	if a.config == nil {
		return loaderOptions{Epoch: a.epoch, Reason: a.reason, Retry: a.reason.MayPass()}
	}
	return loaderOptions{Embed: s.embed, Epoch: a.epoch}
}

// text renders an answer as the script. With a contact, one line of it is
// exactly the assignment of the widget's configuration; without, it says why,
// and asks again later when that may help.
func (s script) text(a answer) []byte {
	options := s.options(a)
	options.Again = s.again
	var out []byte
	if a.config == nil {
		out = comment(a.reason)
	} else {
		out = append(out, "// maicontact\nwindow.maiagentChatbotConfig = "...)
		out = append(out, a.config...)
		out = append(out, ";\n"...)
	}
	return append(out, call(options)...)
}

// json renders an answer as JSON.
func (s script) json(a answer) []byte {
	options := s.options(a)
	options.Config = a.config
	return append(encode(options), '\n')
}

// comment says in a script why there is no chat.
func comment(reason Reason) []byte {
	return []byte("// maicontact: no chat: " + string(reason) + "\n")
}

// call is the statement that runs the loader.
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
