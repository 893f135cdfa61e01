package edgetest

import (
	"flag"
	"os"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

var browser = chromium.Browser{Hosts: []string{"shop.test"}}

func TestMain(m *testing.M) {
	// The tests mostly wait for pages.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	code := m.Run()
	browser.Close()
	os.Exit(code)
}
