package browsertest

import (
	"flag"
	"os"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

var browser chromium.Browser

func TestMain(m *testing.M) {
	// The tests mostly wait for pages, so more of them than there are
	// processors may run at once.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	code := m.Run()
	browser.Close()
	os.Exit(code)
}
