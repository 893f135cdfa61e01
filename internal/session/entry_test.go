package session

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

var (
	someTime = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	member   = Entry{
		Owner: "YxW3xfKN0VOzmgKt4yzfow", Contact: "22222222-2222-4222-8222-22222222222f", Profile: "BxW3xfKN0VOzmgKt4yzfog.CxW3xfKN0VOzmgKt4yzfoA",
		Trust: 1_760_000_000_123_456, Checked: someTime.Add(123 * time.Millisecond), Issued: someTime.Add(-24 * time.Hour),
	}
	visitor = Entry{Owner: "0tRjMng3YCN3gZ8NGcEjXQ", Visitor: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Issued: someTime}
	// loggedIn was that visitor, whom the store does not know to be retired.
	loggedIn = Entry{Owner: member.Owner, Former: visitor.Visitor, Contact: member.Contact, Profile: member.Profile, Trust: 1, Checked: someTime, Issued: someTime}
	largest  = Entry{
		Owner: "_____________________w", Visitor: strings.Repeat("v", maxText), Contact: "ffffffff-ffff-ffff-ffff-ffffffffffff",
		Profile: strings.Repeat("p", maxText), Trust: -1 << 63, Checked: time.Unix(maxSecond, 0).UTC(), Issued: time.Unix(maxSecond, 0).UTC(),
	}
)

func TestEntryRoundTrip(t *testing.T) {
	for name, e := range map[string]Entry{"member": member, "visitor": visitor, "logged in": loggedIn, "largest": largest, "owner alone": {Owner: member.Owner}} {
		text := e.Encode()
		got, ok := Decode(text)
		if !ok || got != e || len(text) > maxEncoded {
			t.Errorf("%s: %d characters, %v", name, len(text), ok)
		}
	}
	if text := member.Encode(); text != "AWMVt8XyjdFTs5oCreMs36MAECIiIiIiIkIigiIiIiIiIi8tQnhXM3hmS04wVk96bWdLdDR5emZvZy5DeFczeGZLTjBWT3ptZ0t0NHl6Zm9BgIn_7L2toAa7nN2UoDSYyYXYBgA" {
		t.Errorf("the format has changed: %s", text)
	}
}

func TestEntryTimes(t *testing.T) {
	e := member
	e.Checked, e.Issued = someTime.Add(1234567*time.Nanosecond).In(time.FixedZone("", 3600)), someTime.Add(999*time.Millisecond)
	got, _ := Decode(e.Encode())
	if got.Checked != someTime.Add(time.Millisecond) || got.Issued != someTime {
		t.Errorf("%v and %v", got.Checked, got.Issued)
	}
	for _, none := range []time.Time{{}, time.Unix(0, 0), time.Unix(-1, 0), time.Unix(maxSecond+1, 0), time.Unix(1<<62, 0)} {
		e.Checked, e.Issued = none, none
		if got, ok := Decode(e.Encode()); !ok || !got.Checked.IsZero() || !got.Issued.IsZero() {
			t.Errorf("%v became %v and %v", none, got.Checked, got.Issued)
		}
	}
}

func TestEntryNotWritten(t *testing.T) {
	for name, change := range map[string]func(*Entry){
		"no owner": func(e *Entry) { e.Owner = "" }, "owner too short": func(e *Entry) { e.Owner = e.Owner[1:] },
		"owner has odd bits":   func(e *Entry) { e.Owner = strings.Repeat("z", 22) },
		"owner has line break": func(e *Entry) { e.Owner = "\n" + e.Owner[1:] },
		"contact":              func(e *Entry) { e.Contact = "c-1" }, "nil contact": func(e *Entry) { e.Contact = "00000000-0000-0000-0000-000000000000" },
		"visitor too long": func(e *Entry) { e.Visitor = strings.Repeat("v", 65) }, "visitor not plain": func(e *Entry) { e.Visitor = "a|b" },
		"profile too long": func(e *Entry) { e.Profile = strings.Repeat("v", 65) }, "profile not plain": func(e *Entry) { e.Profile = "é" },
		"former too long": func(e *Entry) { e.Former = strings.Repeat("v", 65) }, "former not plain": func(e *Entry) { e.Former = "a|b" },
	} {
		e := member
		change(&e)
		if text := e.Encode(); text != "" {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestEntryRefused(t *testing.T) {
	raw, _ := base64.RawURLEncoding.DecodeString(member.Encode())
	edit := func(change func(b []byte) []byte) string {
		return base64.RawURLEncoding.EncodeToString(change(append([]byte{}, raw...)))
	}
	for name, text := range map[string]string{
		"empty": "", "garbage": "%%%", "padded": member.Encode() + "=", "line break": member.Encode() + "\n", "break within": "\r" + member.Encode(),
		"long": strings.Repeat("A", 5000), "former format": "2||YxW3xfKN0VOzmgKt4yzfow|||c|1",
		"version": edit(func(b []byte) []byte { b[0] = 2; return b }), "version 0": edit(func(b []byte) []byte { b[0] = 0; return b }),
		"former not plain": edit(func(b []byte) []byte { return append(b[:len(b)-1], 1, '|') }),
		"visitor too long": edit(func(b []byte) []byte {
			return append(append(append(b[:17:17], 65), strings.Repeat("v", 65)...), b[18:]...)
		}),
		"rest":              edit(func(b []byte) []byte { return append(b, 0) }),
		"visitor not plain": edit(func(b []byte) []byte { return append(append(b[:17:17], 1, '|'), b[18:]...) }),
		"nil contact":       edit(func(b []byte) []byte { clear(b[19:35]); return b }),
		"part of contact":   edit(func(b []byte) []byte { b[18] = 15; return append(b[:34:34], b[35:]...) }),
		"longer varint":     edit(func(b []byte) []byte { b[len(b)-2] |= 0x80; return append(b, 0) }),
		"too large varint": edit(func(b []byte) []byte {
			return append(b[:len(b)-6], 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0)
		}),
		"year 10000": edit(func(b []byte) []byte { return append(binary.AppendUvarint(b[:len(b)-6], maxSecond+1), 0) }),
		"checked in the year 10000": edit(func(b []byte) []byte {
			return append(binary.AppendUvarint(binary.AppendUvarint(b[:len(b)-12], maxSecond*1000+1), 1), 0)
		}),
	} {
		if e, ok := Decode(text); ok || e != (Entry{}) {
			t.Errorf("%s was taken", name)
		}
	}
	for i := range raw {
		if _, ok := Decode(edit(func(b []byte) []byte { return b[:i] })); ok {
			t.Errorf("cut at byte %d, and taken", i)
		}
	}
}

// An entry says the same as one that differs in its times alone, and as one that
// names a former visitor besides: that is written anew.
func TestEntrySameAs(t *testing.T) {
	if later := (Entry{Owner: member.Owner, Contact: member.Contact, Profile: member.Profile, Trust: member.Trust}); !member.SameAs(later) || !member.SameAs(member) {
		t.Error("other times say something else")
	}
	for name, change := range map[string]func(*Entry){
		"owner": func(e *Entry) { e.Owner = visitor.Owner }, "visitor": func(e *Entry) { e.Visitor = "v" }, "contact": func(e *Entry) { e.Contact = "" },
		"profile": func(e *Entry) { e.Profile = "p" }, "trust": func(e *Entry) { e.Trust++ },
	} {
		e := member
		change(&e)
		if member.SameAs(e) || e.SameAs(member) {
			t.Errorf("another %s is not told", name)
		}
	}
	e := member
	if e.Former = visitor.Visitor; e.SameAs(member) || !member.SameAs(e) {
		t.Error("a former visitor stays in the entry, or is to be written into it")
	}
}

func TestEntryIsNotPrinted(t *testing.T) {
	o := &Opened{Entry: visitor}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "entry", visitor, "opened", o)
	all := fmt.Sprintf("%v %+v %#v %s %q %d %v %+v", visitor, visitor, visitor, visitor, visitor, visitor, o, *o) + log.String()
	if strings.Contains(all, visitor.Visitor) || strings.Contains(all, visitor.Owner) {
		t.Error(all)
	}
}

func FuzzDecode(f *testing.F) {
	for _, e := range []Entry{member, visitor, loggedIn, largest} {
		f.Add(e.Encode())
	}
	for _, bad := range []string{"", "AQ", "AWMV", strings.Repeat("A", 300), "2||a||||1"} {
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, ok := Decode(text)
		if !ok {
			if e != (Entry{}) {
				t.Error("a refused entry has content")
			}
			return
		}
		if !e.Contact.IsZero() {
			if id, err := webchat.ParseContactID(e.Contact.Reveal()); err != nil || id != e.Contact {
				t.Error("a contact id that is none was taken")
			}
		}
		if again := e.Encode(); again != text {
			t.Errorf("%q was read, %q is written", text, again)
		}
	})
}

func FuzzEncode(f *testing.F) {
	for _, e := range []Entry{member, visitor, largest} {
		f.Add(e.Owner, e.Visitor, e.Contact.Reveal(), e.Profile, e.Trust, e.Checked.UnixMilli(), e.Issued.Unix())
	}
	f.Fuzz(func(t *testing.T, owner, visitor, contact, profile string, trust, checked, issued int64) {
		e := Entry{
			Owner: owner, Visitor: visitor, Contact: webchat.ContactID(strings.ToLower(contact)), Profile: profile,
			Trust: trust, Checked: time.UnixMilli(checked).UTC(), Issued: time.Unix(issued, 0).UTC(),
		}
		text := e.Encode()
		if text == "" {
			return
		}
		got, ok := Decode(text)
		if checked <= 0 || checked > maxSecond*1000 {
			e.Checked = time.Time{}
		}
		if issued <= 0 || issued > maxSecond {
			e.Issued = time.Time{}
		}
		if !ok || got != e {
			t.Errorf("%q does not come back", text)
		}
	})
}
