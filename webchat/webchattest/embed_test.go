package webchattest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
)

func TestScript(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	r := httptest.NewRequest("GET", "/js/embed.min.js", nil) // no key
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" ||
		w.Header().Get("Cross-Origin-Resource-Policy") != "cross-origin" || !bytes.Equal(w.Body.Bytes(), embedScript) {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := do(s, "POST", "/js/embed.min.js", ""); w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
	for _, forbidden := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "<style", `setAttribute("style"`} {
		if bytes.Contains(embedScript, []byte(forbidden)) {
			t.Errorf("the script uses %s", forbidden)
		}
	}
}

func TestScriptParses(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	if output, err := exec.Command(node, "--check", "embed.js").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{OtherInboxIDs: []string{otherInbox}})
	alice := create(t, s, `Alice \"<b>\" Chen`).ID
	visitor := create(t, s, "Anonymous").ID
	gone := create(t, s, "Gone").ID
	s.Delete(gone)
	foreign := decode[wireContact](t, do(s, "POST", "/api/contacts/", `{"name":"F","inboxes":[{"id":"`+otherInbox+`"}]}`)).ID

	const unknown = `{"detail":"There is no such contact in this web chat."}`
	const chat = "/web-chats/" + DefaultWebChatID + "/session"
	for _, test := range []struct {
		path, body string
		status     int
		want       string
	}{
		{chat, `{"contactId":"` + alice + `"}`, 200, `{"name":"Alice \"<b>\" Chen","badge":"BADGE","anonymous":false}`},
		{chat + "/", `{"contactId":"` + strings.ToUpper(alice) + `"}`, 200, `{"name":"Alice \"<b>\" Chen","badge":"BADGE","anonymous":false}`},
		{chat, `{"contactId":"` + visitor + `"}`, 200, `{"name":"Anonymous","badge":"BADGE","anonymous":true}`},
		{chat, `{}`, 200, `{"name":"Anonymous","badge":"visitor","anonymous":true}`},
		{chat, `{"contactId":"` + gone + `"}`, 404, unknown},
		{chat, `{"contactId":"` + foreign + `"}`, 404, unknown},
		{chat, `{"contactId":"` + nobodysID + `"}`, 404, unknown},
		{chat, `{"contactId":"x"}`, 404, unknown},
		{chat, `{"contactId":1}`, 400, `{"detail":"JSON parse error."}`},
		{"/web-chats/" + DefaultInboxID + "/session", `{}`, 404, `{"detail":"There is no such web chat."}`},
	} {
		r := httptest.NewRequest("POST", test.path, strings.NewReader(test.body))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var session chatSession
		_ = json.Unmarshal(w.Body.Bytes(), &session)
		if want := strings.Replace(test.want, "BADGE", session.Badge, 1); w.Code != test.status || w.Body.String() != want {
			t.Errorf("%s %s: %d %s", test.path, test.body, w.Code, w.Body)
		}
		if w.Code == 200 && (session.Badge == "" || strings.Contains(alice+visitor, session.Badge)) {
			t.Errorf("badge %q", session.Badge)
		}
		if w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", w.Header())
		}
	}

	w := httptest.NewRecorder()
	r := httptest.NewRequest("OPTIONS", chat, nil)
	r.Header.Set("Access-Control-Request-Private-Network", "true")
	s.ServeHTTP(w, r)
	want := http.Header{
		"Access-Control-Allow-Origin": {"*"}, "Access-Control-Allow-Methods": {"POST"}, "Access-Control-Allow-Headers": {"Content-Type"},
		"Access-Control-Allow-Private-Network": {"true"}, "Access-Control-Max-Age": {"600"}, "Cache-Control": {"no-store"},
	}
	for key := range want {
		if w.Header().Get(key) != want.Get(key) {
			t.Errorf("preflight: %s is %q", key, w.Header().Get(key))
		}
	}
	if w.Code != 204 {
		t.Errorf("preflight: %d", w.Code)
	}
	if w := do(s, "GET", chat, ""); w.Code != 405 {
		t.Errorf("GET: %d", w.Code)
	}
}

func TestStandAlonePage(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	w := do(s, "GET", "/web-chats/"+DefaultWebChatID, "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `webChatId: "`+DefaultWebChatID+`"`) ||
		!strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %v\n%s", w.Code, w.Header(), w.Body)
	}
	for path, want := range map[string]int{"/web-chats/" + DefaultInboxID: 404, "/web-chats/": 404, "/web-chats/" + DefaultWebChatID + "/x": 404} {
		if w := do(s, "GET", path, ""); w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
