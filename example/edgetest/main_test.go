package edgetest

import (
	"os"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

var browser = chromium.Browser{Hosts: []string{"shop.test"}}

func TestMain(m *testing.M) {
	code := m.Run()
	browser.Close()
	os.Exit(code)
}
