package webchattest

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

//go:embed embed.js
var embedScript []byte

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// anonymousName is what a visitor without a contact talks as.
const anonymousName = "Anonymous"

// chatSession is what the chat embed may know of the contact it talks as.
type chatSession struct {
	Name string `json:"name"`
	// Badge tells contacts of one name apart, without telling their ids.
	Badge     string `json:"badge"`
	Anonymous bool   `json:"anonymous"`
}

// serveChat is the chat host: the script, the stand-alone page, the session.
func (s *Simulation) serveChat(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if path == "/js/embed.min.js" {
		serveScript(w, r)
		return
	}
	rest, ok := strings.CutPrefix(strings.TrimSuffix(path, "/"), "/web-chats/")
	id, rest, _ := strings.Cut(rest, "/")
	switch known := ok && strings.EqualFold(id, s.options.WebChatID); {
	case ok && rest == "session":
		s.serveSession(w, r, known)
	case known && rest == "":
		s.servePage(w, r)
	default:
		htmlReply(http.StatusNotFound).write(w)
	}
}

func serveScript(w http.ResponseWriter, r *http.Request) {
	if !readOnly(w, r) {
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(embedScript)
}

// servePage is the address that the vendor's embed frames.
func (s *Simulation) servePage(w http.ResponseWriter, r *http.Request) {
	if !readOnly(w, r) {
		return
	}
	nonce := rand.Text()
	h := w.Header()
	h.Set("Content-Type", typeHTML)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self' 'nonce-"+nonce+
		"'; style-src 'nonce-"+nonce+"'; connect-src 'self'; base-uri 'none'; form-action 'none'")
	_ = pageTemplate.Execute(w, map[string]string{"Nonce": nonce, "WebChatID": s.options.WebChatID})
}

func readOnly(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	htmlReply(http.StatusMethodNotAllowed).with("Allow", "GET, HEAD").write(w)
	return false
}

// serveSession tells the embed whom it talks as. The contact's id comes in the
// body, never in an address, and any origin may ask: knowing the id is all
// that the vendor's embed needs, too.
func (s *Simulation) serveSession(w http.ResponseWriter, r *http.Request, known bool) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "no-store")
	switch r.Method {
	case http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", "POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "600")
		if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
			h.Set("Access-Control-Allow-Private-Network", "true")
		}
		w.WriteHeader(http.StatusNoContent)
	case http.MethodPost:
		s.serveCall(w, r, ChatSession, "", func(body []byte) reply { return s.session(body, known) })
	default:
		detailReply(http.StatusMethodNotAllowed, `Method "`+r.Method+`" not allowed.`).with("Allow", "OPTIONS, POST").write(w)
	}
}

func (s *Simulation) session(body []byte, known bool) reply {
	var asked struct {
		ContactID string `json:"contactId"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return detailReply(http.StatusBadRequest, "JSON parse error.")
	}
	if !known {
		return detailReply(http.StatusNotFound, "There is no such web chat.")
	}
	if asked.ContactID == "" {
		return jsonReply(http.StatusOK, chatSession{Name: anonymousName, Badge: "visitor", Anonymous: true})
	}
	c, ok := s.state.get(asked.ContactID)
	if !ok || c.Deleted || !slices.Contains(c.InboxIDs, s.options.InboxID) {
		return detailReply(http.StatusNotFound, "There is no such contact in this web chat.")
	}
	sum := sha256.Sum256([]byte(c.ID))
	rep := jsonReply(http.StatusOK, chatSession{
		Name: c.Name, Badge: "#" + hex.EncodeToString(sum[:2]), Anonymous: c.Name == anonymousName,
	})
	rep.contactID = c.ID
	return rep
}
