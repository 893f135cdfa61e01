package sitetest

import (
	"bytes"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var measure = flag.Int("measure", 0, "measure the shop in a slow browser, in so many rounds")

// The emulated machine and network: a middling telephone on a slow mobile network.
const (
	cpuSlower  = 4
	latency    = 150 * time.Millisecond
	bitsPerSec = 1.6e6
	vendorCall = 300 * time.Millisecond
)

const metrics = `
	window.lcp = window.shifts = window.clicked = window.opened = 0;
	new PerformanceObserver((list) => { for (const e of list.getEntries()) lcp = e.startTime; }).observe({ type: 'largest-contentful-paint', buffered: true });
	new PerformanceObserver((list) => { for (const e of list.getEntries()) shifts += e.value; }).observe({ type: 'layout-shift', buffered: true });
	addEventListener('click', (event) => {
		clicked = event.timeStamp;
		(function look() {
			if (window.MaiAgent && MaiAgent.control.isOpen()) opened = performance.now();
			else requestAnimationFrame(look);
		})();
	}, true);
`

// slow is somebody new, with a slow machine and network.
func (w *world) slow(t *testing.T) person {
	p := w.person(t)
	p.Before(metrics)
	must := func(_ any, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(chromedp.Call(p.Context(), emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: cpuSlower}))
	must(chromedp.Call(p.Context(), network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Latency: float64(latency.Milliseconds()), DownloadThroughput: bitsPerSec / 8, UploadThroughput: bitsPerSec / 8}},
	}))
	return p
}

// The page's own load event and largest paint with the chat and without, in turns;
// what a click waits for; and layout shifts. It prints a table and judges no time:
// those who read it do.
//
//	go test ./sitetest -run TestMeasure -measure 20 -v
func TestMeasure(t *testing.T) {
	if *measure == 0 {
		t.Skip("only with -measure")
	}
	w := newWorldOf(t, "on-open")
	const tag = `<script src="/webchat.js" defer></script>`
	view := func(with bool) (load, lcp, shifts float64) {
		w.mu.Lock()
		w.page = func(body []byte) []byte {
			if !bytes.Contains(body, []byte(tag)) {
				t.Error("the page has no chat to take out")
			}
			if with {
				return body
			}
			return bytes.Replace(body, []byte(tag), nil, 1)
		}
		w.mu.Unlock()
		p := w.slow(t)
		p.visit()
		p.Wait(`performance.getEntriesByType('navigation')[0].loadEventEnd > 0 && performance.now() > performance.getEntriesByType('navigation')[0].loadEventEnd + 1500`)
		if with {
			p.Wait(`maicontact.status().state === 'closed' && document.querySelector('[data-maicontact=open]')`)
		}
		got := chromium.Eval[[]float64](p.Tab, `[performance.getEntriesByType('navigation')[0].loadEventStart, lcp, shifts]`)
		if err := chromedp.Cancel(p.Context()); err != nil {
			t.Error(err)
		}
		return got[0], got[1], got[2]
	}
	view(true)                           // fills the shared cache
	var loads, lcps, shifts [3][]float64 // without, with, without again
	for range *measure {
		for i, with := range []bool{false, true, false} {
			load, lcp, shift := view(with)
			loads[i], lcps[i], shifts[i] = append(loads[i], load), append(lcps[i], lcp), append(shifts[i], shift)
		}
	}
	fmt.Printf("CPU %d times slower, %s and %.1f Mbit/s, %d rounds; ms: median (quartiles)\n\n", cpuSlower, latency, bitsPerSec/1e6, *measure)
	fmt.Println("| | without | with | with - without, in pairs | without - without: the noise |")
	fmt.Println("|---|---|---|---|---|")
	for name, figures := range map[string]*[3][]float64{"load event": &loads, "largest paint": &lcps} {
		fmt.Printf("| %s | %s | %s | %s | %s |\n", name, quartiles(figures[0]), quartiles(figures[1]),
			quartiles(differences(figures[1], figures[0])), quartiles(differences(figures[2], figures[0])))
	}
	fmt.Printf("| layout shift, most | %.3f | %.3f | | |\n\n", slices.Max(shifts[0]), slices.Max(shifts[1]))

	w.mu.Lock()
	w.page = nil
	w.mu.Unlock()
	w.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Operation: webchattest.CreateContact, Delay: vendorCall})
	var waits, embeds, rest []float64
	calls := func() int { return w.sim.Count("") - w.sim.Count(webchattest.ChatSession) }
	before := calls()
	for range *measure {
		p := w.slow(t)
		p.Expect("preload")
		p.visit()
		p.Wait(`document.readyState === 'complete' && window.maicontact && maicontact.status().state === 'closed' && document.querySelector('[data-maicontact=open]')`)
		at := chromium.Eval[[]float64](p.Tab, `(() => { const r = document.querySelector('button[data-maicontact=open]').getBoundingClientRect(); return [r.x + 24, r.y + 24]; })()`)
		for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMouseMoved, input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
			params := input.DispatchMouseEventParams{Type: kind, X: at[0], Y: at[1]}
			if kind != input.DispatchMouseEventTypeMouseMoved {
				params.Button, params.ClickCount = input.MouseButtonLeft, 1
			}
			if _, err := chromedp.Call(p.Context(), input.DispatchMouseEvent, params); err != nil {
				t.Fatal(err)
			}
		}
		p.Wait(`window.opened`)
		got := chromium.Eval[[]float64](p.Tab, `[opened - clicked, performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/embed.min.js')).sort((a, b) => b.duration - a.duration)[0].duration]`)
		waits, embeds = append(waits, got[0]), append(embeds, got[1])
		rest = append(rest, got[0]-got[1]-float64(vendorCall.Milliseconds()))
		if err := chromedp.Cancel(p.Context()); err != nil {
			t.Error(err)
		}
	}
	fmt.Println("| first click to open chat | load of the embed | vendor call | what is left: at most 200 | calls of the API a click |")
	fmt.Println("|---|---|---|---|---|")
	fmt.Printf("| %s | %s | %d | %s | %.1f |\n", quartiles(waits), quartiles(embeds), vendorCall.Milliseconds(), quartiles(rest), float64(calls()-before)/float64(*measure))
}

func quartiles(list []float64) string {
	list = slices.Sorted(slices.Values(list))
	n := len(list)
	return fmt.Sprintf("%.0f (%.0f to %.0f)", list[n/2], list[n/4], list[n*3/4])
}

func differences(a, b []float64) []float64 {
	list := make([]float64, len(a))
	for i := range a {
		list[i] = a[i] - b[i]
	}
	return list
}
