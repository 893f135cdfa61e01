package chromium

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/chromedp/chromedp"
)

// process is one Chromium.
type process struct {
	mu     sync.Mutex
	dir    string
	ctx    context.Context
	cancel context.CancelFunc
	err    error
}

// start starts it once; later calls give the same answer.
func (p *process) start(find func() (string, error), hosts []string) (context.Context, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx != nil || p.err != nil {
		return p.ctx, p.err
	}
	p.ctx, p.err = p.launch(find, hosts)
	return p.ctx, p.err
}

func (p *process) launch(find func() (string, error), hosts []string) (context.Context, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	if p.dir, err = os.MkdirTemp("", "chromium-test-"); err != nil {
		return nil, err
	}
	if err := allowThirdPartyCookies(p.dir); err != nil {
		return nil, err
	}
	rules := ""
	for _, host := range hosts {
		rules += "MAP " + host + " 127.0.0.1, "
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path),
		chromedp.UserDataDir(p.dir),
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
	p.cancel = func() {
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

// close stops it, if it was started, and removes its files.
func (p *process) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel != nil {
		p.cancel()
	}
	if p.dir != "" {
		os.RemoveAll(p.dir)
	}
	p.ctx, p.err = nil, errors.New("the browser is closed")
}
