package webchat

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// ErrOption is a widget option that cannot be used. Match it with errors.Is.
var ErrOption = errors.New("webchat: widget option")

// Widget is what the chat embed needs to know in the browser. It holds no
// secrets. It is safe for concurrent use as long as nobody changes it.
type Widget struct {
	// ChatURL is the chat host. It must be https, or http to a loopback
	// address. Defaults to https://chat.maiagent.ai.
	ChatURL string

	// WebChatID of the web chat, from the console's embed dialog; a UUID.
	// Required. It is not the inbox id of the contacts.
	WebChatID string

	// Options for everybody.
	Options Options

	// InsecureHTTP allows plain http to any chat host. What is said in the
	// chat, and as whom, then travels readable by others.
	InsecureHTTP bool
}

// Options change the looks and behaviour of the widget. A zero field leaves
// the embed's own default.
type Options struct {
	PrimaryColor         string // a CSS colour
	AllowDrag            *bool  // whether the visitor may drag the button
	ButtonSize           string // pixels without a unit, such as "48"
	ButtonRadius         string // a CSS length, such as "50%"
	ShowChatNotification *bool

	// Extra holds options that have no field here, by the embed's own name.
	// A value is anything encoding/json can write. An entry wins over the
	// field of the same name. The keys webChatId, baseUrl and contactId, in
	// any letter case, and __proto__ at any depth are errors.
	Extra map[string]any
}

// Validate reports what is wrong with the widget, or nil. Call it once at start.
func (w Widget) Validate() error {
	_, _, err := w.check()
	return err
}

// check returns the chat URL and the options for everybody, written.
func (w Widget) check() (string, map[string]json.RawMessage, error) {
	chat, err := w.chatURL()
	if err != nil {
		err = fmt.Errorf("webchat: chat URL: %w", err)
	}
	if !plainID(w.WebChatID) {
		err = errors.Join(err, errors.New("webchat: web chat id is required: letters, digits, '-' and '_', as the console's embed dialog shows it"))
	}
	options := map[string]json.RawMessage{}
	if err := errors.Join(err, w.Options.add(options)); err != nil {
		return "", nil, err
	}
	return chat.String(), options, nil
}

// BaseURL returns the address that the embed frames: <chat URL>/web-chats. It
// is "" when the chat URL is not valid.
func (w Widget) BaseURL() string { return w.address(framePath) }

// EmbedURL returns the address of the embed script: <chat URL>/js/embed.min.js.
// It is "" when the chat URL is not valid.
func (w Widget) EmbedURL() string { return w.address("/js/embed.min.js") }

// Config returns the configuration object of the embed as strict JSON on one
// line, with <, >, &, U+2028 and U+2029 escaped, so that it can stand in a
// script. A zero id leaves contactId out: the embed then makes a visitor of its
// own. Options in more win, field by field and key by key; an error about them
// is [ErrOption].
//
// The result holds the contact id: send it only to the person it belongs to,
// and let nothing cache it.
func (w Widget) Config(id ContactID, more Options) ([]byte, error) {
	prepared, err := w.prepare(more)
	if err != nil {
		return nil, err
	}
	return prepared.AppendConfig(nil, id)
}

// PreparedWidget is a widget whose configuration is written but for the contact
// id. It is made by [Widget.Prepare] and safe for concurrent use.
type PreparedWidget struct{ before, after string }

// Prepare checks the widget and writes its configuration as far as it is the
// same for everybody.
func (w Widget) Prepare() (PreparedWidget, error) { return w.prepare(Options{}) }

func (w Widget) prepare(more Options) (PreparedWidget, error) {
	base, options, err := w.check()
	if err != nil {
		return PreparedWidget{}, err
	}
	if err := more.add(options); err != nil {
		return PreparedWidget{}, err
	}
	var after strings.Builder
	for _, name := range slices.Sorted(maps.Keys(options)) {
		after.WriteByte(',')
		after.Write(quote(name))
		after.WriteByte(':')
		after.Write(options[name])
	}
	p := PreparedWidget{
		before: `{"webChatId":` + string(quote(w.WebChatID)) + `,"baseUrl":` + string(quote(base+framePath)),
		after:  after.String() + "}",
	}
	if len(p.before)+len(contactIDKey)+len(nilUUID)+1+len(p.after) > maxMetadata {
		return PreparedWidget{}, fmt.Errorf("%w: together larger than 64 KiB", ErrOption)
	}
	return p, nil
}

const contactIDKey = `,"contactId":"`

// AppendConfig appends to b what [Widget.Config] returns for the id without
// further options. The error says that the id is not one; b is then lost.
func (p PreparedWidget) AppendConfig(b []byte, id ContactID) ([]byte, error) {
	b = append(b, p.before...)
	if !id.IsZero() {
		parsed, err := ParseContactID(id.Reveal())
		if err != nil {
			return nil, err
		}
		b = append(b, contactIDKey...)
		b = append(b, parsed...)
		b = append(b, '"')
	}
	return append(b, p.after...), nil
}

// quote writes s as a JSON string that may stand in a script. encoding/json
// escapes <, >, & and the two line separators by itself.
func quote(s string) json.RawMessage {
	out, err := json.Marshal(s)
	if err != nil { // not for strings
		return json.RawMessage(`""`)
	}
	return out
}

// add writes the options that are set into the map, over what is there.
func (o Options) add(into map[string]json.RawMessage) error {
	for name, value := range map[string]string{
		"primaryColor": o.PrimaryColor,
		"buttonSize":   o.ButtonSize,
		"buttonRadius": o.ButtonRadius,
	} {
		if value != "" {
			into[name] = quote(value)
		}
	}
	for name, value := range map[string]*bool{
		"allowDrag":            o.AllowDrag,
		"showChatNotification": o.ShowChatNotification,
	} {
		if value != nil {
			into[name] = json.RawMessage(fmt.Sprint(*value))
		}
	}
	for name, value := range o.Extra {
		if err := checkOption(name); err != nil {
			return err
		}
		raw, err := writeOption(value)
		if err != nil {
			return fmt.Errorf("%w %q: %w", ErrOption, name, err)
		}
		into[name] = raw
	}
	return nil
}

// checkOption refuses names that would decide who is talking to whom, and the
// one name that means something else in a JavaScript object literal.
func checkOption(name string) error {
	switch {
	case name == "" || len(name) > 100 || !utf8.ValidString(name):
		return fmt.Errorf("%w: a name is empty, too long or not UTF-8", ErrOption)
	case strings.EqualFold(name, "webChatId"), strings.EqualFold(name, "baseUrl"), strings.EqualFold(name, "contactId"),
		strings.EqualFold(name, protoKey):
		return fmt.Errorf("%w %q: cannot be set as an extra option", ErrOption, name)
	}
	return nil
}

// protoKey sets the prototype of an object literal instead of a property, and
// a prototype could bring the reserved keys back in.
const protoKey = "__proto__"

// writeOption writes one value, checked and escaped. A value may be JSON that
// somebody else wrote, so it is read back: a key given twice is an error in
// some scripts and a riddle in the rest.
func writeOption(value any) (json.RawMessage, error) {
	written, err := json.Marshal(value)
	if err != nil {
		return nil, errors.New("cannot be written as JSON")
	}
	if len(written) > maxMetadata {
		return nil, errors.New("larger than 64 KiB")
	}
	parsed, err := parseStrict(written)
	if err != nil {
		return nil, err
	}
	if hasProto(parsed) {
		return nil, errors.New("has a key that cannot be used")
	}
	return json.Marshal(parsed)
}

func hasProto(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		if _, ok := value[protoKey]; ok {
			return true
		}
		return slices.ContainsFunc(slices.Collect(maps.Values(value)), hasProto)
	case []any:
		return slices.ContainsFunc(value, hasProto)
	}
	return false
}

// framePath is where the chat host serves the chat itself.
const framePath = "/web-chats"

// address returns the chat URL with a path, or "".
func (w Widget) address(path string) string {
	chat, err := w.chatURL()
	if err != nil {
		return ""
	}
	return chat.String() + path
}

// chatURL reads the chat host. The embed's own baseUrl, with /web-chats at the
// end, is what the console shows, so it is understood as well.
func (w Widget) chatURL() (*url.URL, error) {
	chat, err := parseHost(cmp.Or(strings.TrimSpace(w.ChatURL), defaultChatURL), w.InsecureHTTP)
	if err != nil {
		return nil, err
	}
	chat.Path = strings.TrimSuffix(chat.Path, framePath)
	return chat, nil
}

func plainID(s string) bool {
	return s != "" && len(s) <= 128 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
