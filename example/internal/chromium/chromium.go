// Package chromium runs tests in a real Chromium.
package chromium

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// ErrMissing is returned by [Find] when there is no Chromium here.
var ErrMissing = errors.New("no chromium found: install it (apt-get install chromium), or name it in CHROMIUM")

// Find returns the path of the Chromium to use: the one that the environment
// variable CHROMIUM names, or the first of its usual names in PATH.
func Find() (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return exec.LookPath(path)
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// Browser is one Chromium for the tests of a package, started when the first
// of them asks for a tab. The zero value is ready and reaches this machine's
// loopback address only. Close it in TestMain:
//
//	var browser chromium.Browser
//
//	func TestMain(m *testing.M) {
//		code := m.Run()
//		browser.Close()
//		os.Exit(code)
//	}
//
// It is safe for concurrent use.
type Browser struct {
	// Hosts are names, such as "*.example.test", that lead to 127.0.0.1. With
	// any, certificates are not checked. Set it before the first tab.
	Hosts []string

	mu     sync.Mutex
	dir    string
	ctx    context.Context
	cancel context.CancelFunc
	err    error
}

// start starts the browser once; later calls give the same answer.
func (b *Browser) start() (context.Context, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ctx != nil || b.err != nil {
		return b.ctx, b.err
	}
	b.ctx, b.err = b.launch()
	return b.ctx, b.err
}

func (b *Browser) launch() (context.Context, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("", "chromium-test-"); err != nil {
		return nil, err
	}
	if err := allowThirdPartyCookies(b.dir); err != nil {
		return nil, err
	}
	rules := ""
	for _, host := range b.Hosts {
		rules += "MAP " + host + " 127.0.0.1, "
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path),
		chromedp.UserDataDir(b.dir),
		chromedp.Headless,
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		// Otherwise each window gets a second process, for the list under an
		// address bar that nobody types into.
		chromedp.Flag("disable-features", "WebUIOmniboxPopup,WebUIOmniboxFullPopup,WebUIOmniboxAimPopup,Translate"),
		// Tests run beside each other: a tab must not sleep because another
		// one is in front.
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("ignore-certificate-errors", rules != ""),
		// Nothing but the test's own servers is reached.
		chromedp.Flag("host-resolver-rules", rules+"MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
	)
	ctx, cancel := chromedp.NewContext(allocator)
	b.cancel = func() {
		cancel()
		stop()
	}
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return ctx, nil
}

// allowThirdPartyCookies makes the tabs, which are incognito, send cookies as
// ordinary ones do.
func allowThirdPartyCookies(dir string) error {
	if err := os.Mkdir(filepath.Join(dir, "Default"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "Default", "Preferences"),
		[]byte(`{"profile":{"cookie_controls_mode":0,"block_third_party_cookies":false}}`), 0o600)
}

// Close stops the browser, if it was started, and removes its files.
func (b *Browser) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cancel != nil {
		b.cancel()
	}
	if b.dir != "" {
		os.RemoveAll(b.dir)
	}
	b.ctx, b.err = nil, errors.New("the browser is closed")
}

// require starts the browser for a test. Where there is none the test is
// skipped, but not where CI is set: there it fails.
func (b *Browser) require(t testing.TB) context.Context {
	t.Helper()
	ctx, err := b.start()
	switch {
	case errors.Is(err, ErrMissing) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	return ctx
}
