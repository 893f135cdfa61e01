package sitetest

import (
	"bytes"
	"cmp"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// TestScreenshots keeps pictures of the main states for people to look at, in
// the directory that SCREENSHOTS names, or else in the test's artifacts.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	directory := cmp.Or(os.Getenv("SCREENSHOTS"), t.ArtifactDir())
	if err := os.MkdirAll(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	newPerson := func(width, height int64) person {
		p := w.person(t)
		if err := chromedp.Do(p.Context(), chromedp.EmulateViewport(width, height)); err != nil {
			t.Fatal(err)
		}
		return p
	}
	shoot := func(p person, name string) {
		t.Helper()
		// Nothing moves any more: no animation, and no scrolling.
		p.Do(`Promise.all(document.getAnimations().map((a) => a.finished)).then(() => new Promise((done) => {
			let at = -1, still = 0;
			const frame = () => {
				still = at === scrollY ? still + 1 : 0;
				at = scrollY;
				still > 10 ? done() : requestAnimationFrame(frame);
			};
			frame();
		}))`)
		picture := p.Screenshot()
		decoded, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		colours := map[any]bool{}
		for y := 0; y < decoded.Bounds().Dy(); y += 4 {
			for x := 0; x < decoded.Bounds().Dx(); x += 4 {
				colours[decoded.At(x, y)] = true
			}
		}
		if len(colours) < 50 {
			t.Errorf("%s shows %d colours: hardly a page", name, len(colours))
		}
		if err := os.WriteFile(filepath.Join(directory, name+".png"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	p := newPerson(1280, 860)
	p.visit()
	p.wantSeen(visitor)
	shoot(p, "1-visitor")
	p.signUp("Alice Chen")
	p.wantSeen(member("Alice Chen"))
	shoot(p, "2-member")
	p.say("Which tea goes with the blue bowl?")
	shoot(p, "3-member-chat-open")
	p.logOut()
	p.wantSeen(visitor)
	shoot(p, "4-after-logout")
	p.Expect("401")
	p.submit("/login", "email", "nobody@example.test", "password", password)
	p.wantSeen(visitor)
	shoot(p, "5-login-refused")

	const longName = "Alice Chen of the Small Telephone and of the Long and Winding Names"
	phone := newPerson(390, 844)
	phone.visit()
	phone.signUp(longName)
	phone.wantSeen(member(longName))
	shoot(phone, "6-member-phone")
	phone.say("Hello")
	shoot(phone, "7-member-phone-chat-open")
	// The name gives way, the badge does not.
	if !chromium.Eval[bool](phone.Tab, `(() => {
		const box = (part) => document.querySelector('[data-maiagent=' + part + ']').getBoundingClientRect();
		const badge = box('badge'), title = document.querySelector('.maiagent-header').getBoundingClientRect();
		return badge.height > 0 && badge.left >= title.left && badge.right <= box('new').left && badge.bottom <= title.bottom && box('name').right <= box('new').left;
	})()`) {
		t.Error("the badge beside a long name is clipped")
	}

	blocked := newPerson(1280, 860)
	blocked.blockChat()
	blocked.visit()
	blocked.signUp("Bob")
	blocked.wantStatus("Bob", status{"blocked", "embed did not load"})
	blocked.wantLine("The chat could not be loaded. An ad blocker or the network may keep it away.")
	shoot(blocked, "8-chat-blocked")

	w.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
	waiting := newPerson(1280, 860)
	waiting.visit()
	waiting.signUp("Carol")
	waiting.wantStatus("Carol", down...)
	waiting.wantLine("There is no chat right now. This page tries again by itself.")
	shoot(waiting, "9-maiagent-down")
}
