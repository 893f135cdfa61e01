package webchattest

import (
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
)

// The operations of the API, as they are named in Request and Fault.
const (
	CreateContact  = "create_contact"
	GetContact     = "get_contact"
	ReplaceContact = "replace_contact"
	PatchContact   = "patch_contact"
	DeleteContact  = "delete_contact"
	ListContacts   = "list_contacts"
	ListInboxes    = "list_inboxes"
	// ListConversations lists those of one contact, see [Simulation.AddConversation].
	ListConversations = "list_conversations"
	// ChatSession is the chat embed in a browser asking whom it talks as. It
	// is no part of the API: a Fault hits it only when it names it.
	ChatSession = "chat_session"
)

var operations = []string{
	CreateContact, GetContact, ReplaceContact, PatchContact, DeleteContact, ListContacts, ListInboxes, ListConversations, ChatSession,
}

// maxBody is what one request may carry; more is refused as a proxy would.
const maxBody = 1 << 20

// route is what an address of the API means.
type route struct {
	operation string // empty when the method is not allowed here
	contactID string
	allow     []string // empty when there is nothing at this address
	slash     bool     // the address ends as it should
}

func parseRoute(method, path string) route {
	path = strings.TrimPrefix(path, "/api/")
	path = strings.TrimPrefix(path, "v1/")
	path, slash := strings.CutSuffix(path, "/")
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var methods map[string]string
	var contactID string
	switch resource, rest, deeper := strings.Cut(path, "/"); {
	case resource == "inboxes" && !deeper:
		methods = map[string]string{http.MethodGet: ListInboxes}
	case resource == "contacts" && !deeper:
		methods = map[string]string{http.MethodGet: ListContacts, http.MethodPost: CreateContact}
	case resource == "contacts" && strings.HasSuffix(rest, "/conversations") && strings.Count(rest, "/") == 1:
		contactID = strings.ToLower(strings.TrimSuffix(rest, "/conversations"))
		methods = map[string]string{http.MethodGet: ListConversations}
		slash = true // it is documented without
	case resource == "contacts" && rest != "" && !strings.Contains(rest, "/"):
		contactID = strings.ToLower(rest)
		methods = map[string]string{
			http.MethodGet: GetContact, http.MethodPut: ReplaceContact,
			http.MethodPatch: PatchContact, http.MethodDelete: DeleteContact,
		}
	default:
		return route{slash: slash}
	}
	allow := []string{http.MethodHead}
	for m := range methods {
		allow = append(allow, m)
	}
	slices.Sort(allow)
	return route{operation: methods[method], contactID: contactID, allow: allow, slash: slash}
}

func (s *Simulation) serveAPI(w http.ResponseWriter, r *http.Request) {
	route := parseRoute(r.Method, r.URL.Path)
	s.serveCall(w, r, route.operation, route.contactID, func(body []byte) reply {
		return s.answer(r, route, body)
	})
}

// serveCall reads, records and answers one request, with the fault that was
// injected for it, if any.
func (s *Simulation) serveCall(w http.ResponseWriter, r *http.Request, operation, contactID string, do func(body []byte) reply) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	c := s.recorder.begin(r, operation, contactID, body, s.options.clock())
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		c.send(w, htmlReply(http.StatusRequestEntityTooLarge))
		return
	}
	if err != nil { // the client left before it had said everything
		panic(http.ErrAbortHandler)
	}
	s.play(w, r, c, s.faults.pick(operation, r, body), func() reply { return do(body) })
}

// answer does what the request asks for.
func (s *Simulation) answer(r *http.Request, route route, body []byte) reply {
	if len(route.allow) == 0 {
		return htmlReply(http.StatusNotFound)
	}
	if !route.slash {
		// Django redirects what has no body, and cannot redirect the rest.
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			target := *r.URL
			target.Path, target.RawPath = target.Path+"/", ""
			return htmlReply(http.StatusMovedPermanently).with("Location", target.RequestURI())
		}
		return runtimeErrorReply()
	}
	switches := s.switches.Load()
	route.contactID = switches.contactID(route.contactID)
	if route.operation != "" && switches.isOther(r) {
		return s.answerOther(r, route, body)
	}
	if refusal, ok := s.authenticate(r); !ok {
		return refusal
	}
	if switches.RefusePut && r.Method == http.MethodPut {
		route.operation, route.allow = "", slices.DeleteFunc(route.allow, func(method string) bool { return method == http.MethodPut })
	}
	return switches.styled(s.operate(r, route, body, switches))
}

// operate does the operation.
func (s *Simulation) operate(r *http.Request, route route, body []byte, switches *Switches) reply {
	switch route.operation {
	case CreateContact:
		return s.createContact(r, body, switches)
	case GetContact:
		return s.getContact(route.contactID, switches)
	case ReplaceContact, PatchContact:
		return s.updateContact(r, route.contactID, body, switches)
	case DeleteContact:
		return s.deleteContact(route.contactID)
	case ListContacts:
		return s.listContacts(r, switches)
	case ListInboxes:
		return s.listInboxes(r, switches)
	case ListConversations:
		return s.listConversations(r, route.contactID, switches)
	default:
		return detailReply(http.StatusMethodNotAllowed, `Method "`+r.Method+`" not allowed.`).
			with("Allow", strings.Join(route.allow, ", "))
	}
}

// authenticate answers with one of the two documented bodies.
func (s *Simulation) authenticate(r *http.Request) (reply, bool) {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	detail := "Invalid API key format."
	switch {
	case scheme != "Api-Key":
		detail = "Authentication credentials were not provided."
	case subtle.ConstantTimeCompare([]byte(key), []byte(s.options.APIKey)) == 1:
		return reply{}, true
	}
	return detailReply(http.StatusUnauthorized, detail).with("WWW-Authenticate", "Api-Key"), false
}

func runtimeErrorReply() reply {
	rep := htmlReply(http.StatusInternalServerError)
	rep.body = []byte("<!doctype html>\n<html>\n<head><title>RuntimeError</title></head>\n" +
		"<body><h1>RuntimeError</h1><p>The address does not end in a slash, and the body of this request " +
		"would be lost in a redirect. Send it to the address with the slash.</p></body>\n</html>\n")
	return rep
}
