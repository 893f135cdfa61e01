package maicontact

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

// jsonSessions is a serializer as people write them: a session as JSON. It
// reads any object into any struct.
type jsonSessions struct{}

func (jsonSessions) Serialize(src any) ([]byte, error) {
	object := map[string]any{}
	for k, v := range src.(map[any]any) {
		object[k.(string)] = v
	}
	return json.Marshal(object)
}
func (jsonSessions) Deserialize(text []byte, dst any) error { return json.Unmarshal(text, dst) }

// panics is one that knows only a session's map.
type panics struct{ securecookie.GobEncoder }

func (p panics) Deserialize(text []byte, dst any) error {
	return p.GobEncoder.Deserialize(text, dst.(*map[any]any))
}

type otherStore struct{ *sessions.CookieStore }

func (s otherStore) New(r *http.Request, name string) (*sessions.Session, error) {
	return s.CookieStore.New(r, "other-"+name)
}

func TestCompactCodecs(t *testing.T) {
	key := bytes.Repeat([]byte("k"), 32)
	codec := func(s securecookie.Serializer) *securecookie.SecureCookie {
		return securecookie.New(key, nil).SetSerializer(s)
	}
	ours, older, gobs := codec(compactSerializer{}), codec(compactSerializer{}), securecookie.New(key, nil)
	noKey := securecookie.New(nil, nil).SetSerializer(compactSerializer{})
	tooNew := codec(compactSerializer{}).MinAge(60)
	cookies := func(codecs ...securecookie.Codec) sessions.Store { return &sessions.CookieStore{Codecs: codecs} }
	for name, row := range map[string]struct {
		store sessions.Store
		want  []securecookie.Codec
	}{
		"ours":                    {cookies(ours, older), []securecookie.Codec{ours, older}},
		"ours, then gob":          {cookies(ours, older, gobs), []securecookie.Codec{ours, older}},
		"gob between":             {cookies(ours, gobs, older), []securecookie.Codec{ours}},
		"gob first":               {cookies(gobs, ours), nil},
		"JSON":                    {cookies(codec(jsonSessions{})), nil},
		"gorilla's own JSON":      {cookies(codec(securecookie.JSONEncoder{})), nil},
		"a codec that panics":     {cookies(codec(panics{})), nil},
		"a nil codec":             {cookies([]securecookie.Codec{nil}...), nil},
		"a codec without key":     {cookies(noKey), nil},
		"reads nothing yet":       {cookies(tooNew), nil},
		"no codecs":               {cookies(), nil},
		"a store of files":        {sessions.NewFilesystemStore(t.TempDir(), key), nil},
		"a store around a cookie": {otherStore{&sessions.CookieStore{Codecs: []securecookie.Codec{ours}}}, nil},
		"nil":                     {nil, nil},
		"a nil cookie store":      {(*sessions.CookieStore)(nil), nil},
	} {
		if got := compactCodecs(row.store); !slices.Equal(got, row.want) {
			t.Errorf("%s: %d codecs, want %d", name, len(got), len(row.want))
		}
	}
	// A change of the store does not reach what was found.
	store := &sessions.CookieStore{Codecs: []securecookie.Codec{ours}}
	found := compactCodecs(store)
	store.Codecs[0] = gobs
	if found[0] != ours {
		t.Error("the codecs found are those of the store")
	}
}
