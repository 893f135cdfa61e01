package session

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"
)

// What we write ourselves is what gorilla's cookie store writes, but for the
// random bytes in it, and beside what others have set.
func TestWriteEntryIsGorillas(t *testing.T) {
	for _, e := range []Entry{member, {Owner: member.Owner}} {
		for _, secure := range []bool{true, false} {
			for _, age := range []time.Duration{time.Minute, time.Second, 7 * 24 * time.Hour} {
				synctest.Test(t, func(t *testing.T) {
					s := sessionsOf(t, siteStore(t, "ab"))
					h := http.Header{"Set-Cookie": {"theme=dark"}}
					o := &Opened{}
					if err := s.Save(h, with(nil), o, e, secure, age); err != nil {
						t.Fatal(err)
					}
					if o.Entry != e || !o.Found {
						t.Error("the entry is not what is there now")
					}
					// A session that is there already goes by gorilla's own way.
					theirs := http.Header{"Set-Cookie": {"theme=dark"}}
					o = &Opened{session: sessions.NewSession(s.options.Store, s.options.Name)}
					if err := s.Save(theirs, with(nil), o, e, secure, age); err != nil {
						t.Fatal(err)
					}
					if len(h["Set-Cookie"]) != 2 || h["Set-Cookie"][0] != "theme=dark" {
						t.Fatal(h)
					}
					own, err1 := http.ParseSetCookie(h["Set-Cookie"][1])
					want, err2 := http.ParseSetCookie(theirs["Set-Cookie"][1])
					if err1 != nil || err2 != nil {
						t.Fatal(err1, err2)
					}
					if read, ok := s.codec.entryOf(s.options.Name, own.Value, time.Now()); !ok || read != e {
						t.Error("the entry is not in the cookie")
					}
					line := h["Set-Cookie"][1]
					want.Value = own.Value
					if want.String() != line {
						t.Errorf("%s\nwant\n%s", line, want.String())
					}
				})
			}
		}
	}
}
