package sitetest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// operator is somebody who runs the shop, with scripts switched off.
type operator struct {
	person
	directory string // of the pictures
	dark      bool
	width     int64
}

func (w *world) operator(t *testing.T, width int64, dark bool) operator {
	t.Helper()
	o := operator{w.person(t), cmp.Or(os.Getenv("SCREENSHOTS"), t.ArtifactDir()), dark, width}
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	credentials := "Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+adminPassword))
	for _, err := range []error{
		os.MkdirAll(o.directory, 0o755),
		second(chromedp.Call(o.Context(), network.Enable, network.EnableParams{})),
		second(chromedp.Call(o.Context(), network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Authorization": credentials}})),
		second(chromedp.Call(o.Context(), emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})),
		second(chromedp.Call(o.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})),
		second(chromedp.Call(o.Context(), emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: width, Height: 860, DeviceScaleFactor: 1, Mobile: width < 500,
		})),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func second[T any](_ T, err error) error { return err }

const loaded = `document.readyState === 'complete'`

// hasText is an expression that is true where the page says something.
func (o operator) hasText(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		o.w.t.Fatal(err)
	}
	return `document.body.innerText.replace(/\s+/g, ' ').includes(` + string(quoted) + `)`
}

// says waits until the page says something.
func (o operator) says(text string) {
	o.w.t.Helper()
	o.Wait(loaded + ` && ` + o.hasText(text))
}

// reloadUntil loads the page again until it says something.
func (o operator) reloadUntil(text string) {
	o.w.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); o.reload() {
		if o.Wait(loaded); chromium.Eval[bool](o.Tab, o.hasText(text)) {
			return
		}
	}
	o.w.t.Fatalf("within %v the page does not say %q", patience, text)
}

// press clicks the link or the button with that text.
func (o operator) press(text string) {
	o.w.t.Helper()
	find := `[...document.querySelectorAll('a, button')].find((e) => e.textContent.trim() === '` + text + `')`
	o.Wait(find)
	o.leave(find + `.click()`)
}

// looks judges what is on the page, and keeps a picture of all of it: nothing is
// wider than the window, everything can be read and hit.
func (o operator) looks(name string) {
	t := o.w.t
	t.Helper()
	for _, fault := range chromium.Eval[[]string](o.Tab, judge) {
		t.Errorf("%s, %d wide, dark %t: %s", name, o.width, o.dark, fault)
	}
	size := chromium.Eval[[]float64](o.Tab, `[document.documentElement.scrollWidth, document.documentElement.scrollHeight]`)
	beyond := true
	shot, err := chromedp.Call(o.Context(), page.CaptureScreenshot, page.CaptureScreenshotParams{
		CaptureBeyondViewport: &beyond, Clip: &page.Viewport{Width: size[0], Height: size[1], Scale: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	if decoded, err := png.Decode(bytes.NewReader(shot.Data)); err != nil || decoded.Bounds().Dx() != int(o.width) {
		t.Errorf("%s: the picture is not %d wide: %v", name, o.width, err)
	}
	file := fmt.Sprintf("admin-%s-%d", name, o.width)
	if o.dark {
		file += "-dark"
	}
	if err := os.WriteFile(filepath.Join(o.directory, file+".png"), shot.Data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// judge lists what is wrong with how a page looks: contrast below 4.5 to 1, things
// to hit below 24 pixels, a page wider than the window, and no focus to be seen.
const judge = `(() => {
	const faults = [];
	if (document.documentElement.scrollWidth > innerWidth) faults.push('the page is ' + document.documentElement.scrollWidth + ' wide');
	const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
	const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
	const light = ([r, g, b]) => { const f = (c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
	const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const text = walker.currentNode.textContent.trim(), e = walker.currentNode.parentElement;
		if (!text || e.matches('.skip')) continue;
		const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
		const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		if (ratio < 4.5) faults.push(text.slice(0, 40) + ': contrast ' + ratio.toFixed(2));
	}
	for (const e of document.querySelectorAll('nav a, .button, button, input')) {
		const box = e.getBoundingClientRect();
		if (box.height < 24 || box.width < 24) faults.push(e.outerHTML.slice(0, 60) + ' is ' + box.width + ' by ' + box.height);
	}
	for (const e of document.querySelectorAll('input')) if (!e.labels.length) faults.push('a field has no label');
	if (document.querySelectorAll('h1').length !== 1) faults.push('there is not one heading');
	if (document.scripts.length || document.querySelectorAll('[style]').length) faults.push('there are scripts or inline styles');
	return faults;
})()`

// Somebody who runs the shop sees how it is doing, finds a member by a contact id
// that was found, and gives them another: with no scripts, on a wide screen and on a
// telephone in the dark.
func TestAdmin(t *testing.T) {
	t.Parallel()
	for _, screen := range []struct {
		width int64
		dark  bool
	}{{1280, false}, {390, true}} {
		t.Run(fmt.Sprintf("%d wide, dark %t", screen.width, screen.dark), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ann := w.person(t)
			ann.visit()
			ann.signUp("Ann")
			id := ann.wantSeen(member("Ann"))

			o := w.operator(t, screen.width, screen.dark)
			o.Open(w.origin(shopHost) + "/admin/")
			o.says("All is well")
			o.says("Run runs")
			o.looks("state")
			o.press("People")
			o.looks("find")
			o.submit("/admin/person", "contact", id)
			o.says("Profile confirmed Permissions confirmed")
			o.says("••••" + id[32:])
			o.looks("person")
			o.press("Suspend…")
			o.says("They get no chat from now on")
			o.looks("suspend")
			o.press("Suspend")
			o.says("Suspend: done.")
			o.looks("suspended")
			o.press("Resume…")
			o.press("Resume")
			o.says("Resume: done.")
			o.press("Reissue…")
			o.says("For a contact id that has leaked.")
			o.looks("reissue")
			o.press("Do nothing")
			o.says("State")
			if _, there := w.sim.Contact(id); !there {
				t.Error("to do nothing has done something")
			}
			o.press("Reissue…")
			o.press("Reissue")
			o.says("Reissue: done.")
			ann.reload()
			if ann.wantSeen(member("Ann")) == id {
				t.Error("the member has the same contact")
			}

			o.press("Checks")
			o.looks("list-of-checks")
			o.press("Make all checks")
			o.says("the worst first")
			o.looks("checks")

			// Something goes wrong.
			w.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 400, Operation: webchattest.ReplaceContact})
			ann.submit("/plan", "plan", "vip")
			o.Open(w.origin(shopHost) + "/admin/waiting")
			o.reloadUntil("replace contact refused")
			o.looks("waiting")
			o.leave(`document.querySelector('tbody a').click()`)
			o.says("Failures in a row")
			o.looks("refused")
			o.Expect("404")
			o.Open(w.origin(shopHost) + "/admin/person/nobody")
			o.says("of no use any more")
			o.looks("no-use")
			w.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
			o.Open(w.origin(shopHost) + "/admin/")
			for range 5 {
				visitor := w.person(t)
				visitor.Expect("unavailable", "budget")
				visitor.visit()
			}
			o.reloadUntil("MaiAgent does not answer")
			o.looks("down")

			for _, x := range w.since(0) {
				if strings.HasPrefix(x.Path, "/admin") && (w.holdsID(x.Path) || w.holdsID(x.body) || strings.Contains(x.body, email("Ann")) || strings.Contains(x.body, apiKey)) {
					t.Errorf("%s %s holds what it must not", x.Method, x.Path)
				}
			}
		})
	}
}
