package webchattest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
)

// reply is a reply that is not sent yet, so that a fault can come between.
type reply struct {
	status    int
	header    http.Header
	body      []byte
	contactID string // the contact that was made or touched
}

const (
	typeJSON = "application/json"
	typeHTML = "text/html; charset=utf-8"
)

func jsonReply(status int, value any) reply {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // as the vendor's framework
	if err := encoder.Encode(value); err != nil {
		return htmlReply(http.StatusInternalServerError)
	}
	return reply{
		status: status,
		header: http.Header{"Content-Type": {typeJSON}},
		body:   bytes.TrimSpace(b.Bytes()),
	}
}

func detailReply(status int, detail string) reply {
	return jsonReply(status, map[string]string{"detail": detail})
}

// htmlReply is the page that a proxy, or a framework that broke, sends.
func htmlReply(status int) reply {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	return reply{
		status: status,
		header: http.Header{"Content-Type": {typeHTML}},
		body: []byte("<!doctype html>\n<html>\n<head><title>" + title + "</title></head>\n" +
			"<body><h1>" + title + "</h1></body>\n</html>\n"),
	}
}

// styled is the reply to a call as the switches have it written.
func (w *Switches) styled(rep reply) reply {
	if !w.SnakeReplies || rep.header.Get("Content-Type") != typeJSON {
		return rep
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(rep.body))
	decoder.UseNumber()
	if decoder.Decode(&value) == nil {
		rep.body = jsonReply(rep.status, renamed(value, snakeKey)).body
	}
	return rep
}

func (rep reply) with(key, value string) reply {
	rep.header.Set(key, value)
	return rep
}

func (rep reply) write(w http.ResponseWriter) {
	for key, values := range rep.header {
		w.Header()[key] = values
	}
	if rep.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)))
	}
	w.WriteHeader(rep.status)
	if len(rep.body) > 0 {
		_, _ = w.Write(rep.body) // the client may have left
	}
}

// send notes the reply, and then sends it.
func (c *call) send(w http.ResponseWriter, rep reply) {
	c.note(rep.status, rep.contactID)
	rep.write(w)
}
