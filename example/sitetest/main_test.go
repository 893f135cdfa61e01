package sitetest

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

var (
	browser = chromium.Browser{Hosts: []string{shopHost, chatHost, sisterHost, evilHost}}
	program string // the example, built once
)

func TestMain(m *testing.M) {
	// The tests mostly wait for pages, so more of them than there are
	// processors may run at once.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	code, err := run(m)
	if err != nil {
		panic(err)
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	defer browser.Close()
	directory, err := os.MkdirTemp("", "sitetest-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(directory)
	// The go command remembers the result of a test until a file that the test
	// has opened is changed. It does not know that the test runs this program.
	for _, opened := range []string{"..", "../pages", "../assets", "../../admin", "../../admin/pages"} {
		if _, err := os.ReadDir(opened); err != nil {
			return 0, err
		}
	}
	program = filepath.Join(directory, "shop")
	build := exec.Command("go", "build", "-o", program, "..")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return 0, err
	}
	return m.Run(), nil
}
