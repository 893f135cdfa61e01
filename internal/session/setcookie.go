package session

import (
	"net/http"
	"strconv"
	"time"
)

// maxSetCookie is more than the line of our cookie needs.
const maxSetCookie = 1024

// writeEntry sets the cookie as gorilla's cookie store would, without the work for
// sessions of any kind. It reports false when the entry cannot be written.
func (s *Sessions) writeEntry(h http.Header, e *Entry, secure bool, seconds int) (bool, error) {
	now := time.Now()
	var room [maxSetCookie]byte
	b := append(append(room[:0], s.options.Name...), '=')
	b, ok, err := s.codec.appendEntry(b, s.options.Name, e, now)
	if !ok || err != nil {
		return ok, err
	}
	b = now.Add(time.Duration(seconds)*time.Second).UTC().AppendFormat(append(b, "; Path=/; Expires="...), http.TimeFormat)
	b = strconv.AppendInt(append(b, "; Max-Age="...), int64(seconds), 10)
	b = append(b, "; HttpOnly"...)
	if secure {
		b = append(b, "; Secure"...)
	}
	h["Set-Cookie"] = append(h["Set-Cookie"], string(append(b, "; SameSite=Lax"...)))
	return true, nil
}
