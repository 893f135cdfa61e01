package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	page := b.get("/").body
	for _, text := range []string{
		`<script src="/webchat.js" defer></script>`, "You are a visitor", "contact not asked for by this page",
		"Celadon teapot", "On the VIP plan", "None yet.", `action="/signup"`, `action="/login"`,
	} {
		if !strings.Contains(page, text) {
			t.Errorf("a visitor's page does not hold %q", text)
		}
	}
	b.signUp("ana@example.com", "Ana")
	b.submit("/plan", "plan", "vip")
	id := b.contactID()
	page = b.get("/").body
	row := s.row(id)
	created := s.contact(id).Created.UTC().Format("2 January 2006 at ")
	for _, text := range []string{
		`<script src="/webchat.js" defer></script>`, `<bdi id="who">Ana</bdi>`, "VIP", created, "MaiAgent knows all of it",
		`value="ana@example.com"`, `action="/profile"`, `action="/plan"`, `action="/logout"`, `<code>create_contact</code></td><td data-label="Status">201</td>`,
		"<dt>Business user ID</dt><dd><code>" + row.ID + "</code></dd>",
	} {
		if !strings.Contains(page, text) {
			t.Errorf("a member's page does not hold %q", text)
		}
	}
	if strings.Contains(page, id) || strings.Contains(page, "On the VIP plan") {
		t.Error("a member's page holds the contact id, or locks what is theirs")
	}
	if other := s.browser().get("/").body; strings.Contains(other, "ana@example.com") || strings.Contains(other, ">Ana<") || strings.Contains(other, row.ID) || strings.Contains(other, "Business user ID") {
		t.Error("a visitor's page tells of a member")
	}
}

var timesText = regexp.MustCompile(`Products (\d+) ms, contact (\d+) ms, together (\d+) ms\.`)

// The contact is found while the page's own query runs. A busy machine may miss
// it with one member, but legs that wait for each other would with all.
func TestPageTimes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sim.Inject(webchattest.Fault{Delay: 60 * time.Millisecond})
	n := 0
	s.eventually("a page has both of its legs at once", func() bool {
		n++
		b := s.browser()
		b.signUp(fmt.Sprintf("ana%d@example.com", n), "Ana")
		match := timesText.FindStringSubmatch(b.get("/").body)
		if match == nil {
			return false // it did not wait for the contact
		}
		var took [3]time.Duration
		for i := range took {
			n, err := strconv.Atoi(match[i+1])
			if err != nil {
				t.Fatal(err)
			}
			took[i] = time.Duration(n) * time.Millisecond
		}
		if took[0] < slowness || took[1] < 100*time.Millisecond || took[2] < took[0] {
			t.Fatalf("products %v, contact %v, together %v", took[0], took[1], took[2])
		}
		return took[2] < took[0]+took[1]
	})
}

// A member's page that nobody looks at makes nothing either.
func TestPageUnseen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	if r := b.do("HEAD", "/", nil); r.StatusCode != 200 {
		t.Errorf("HEAD: %d", r.StatusCode)
	}
	if r := b.do("GET", "/", nil, "Sec-Purpose", "prefetch;prerender"); r.StatusCode != 200 {
		t.Errorf("prefetch: %d", r.StatusCode)
	}
	if n := s.sim.Count("") - s.asked; n != 0 {
		t.Errorf("MaiAgent was called %d times", n)
	}
}
