// Package npmtest fetches scripts of other projects for tests, by the npm client:
// a pinned version, checked by its integrity, and kept in the user's cache.
package npmtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Package is one version of a package.
type Package struct {
	Name, Version string
	Integrity     string // of its archive: "sha512-…", as lock files have it
}

var (
	// Turbo is the part of Hotwire that puts pages into the place of each other.
	Turbo = Package{"@hotwired/turbo", "8.0.23", "sha512-GZ7cijxEZ6Ig71u7rD6LHaRv/wcE/hNsc+nEfiWOkLNqUgLOwo5MNGWOy5ZV9ZUDSiQx1no7YxjTNnT4O6//cQ=="}
	// Axe looks for what keeps people from using a page.
	Axe = Package{"axe-core", "4.14.1", "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="}
)

// fetching lets one test fetch while others wait for what it gets.
var fetching sync.Mutex

// File returns a file of the package, such as "dist/index.js". Where it cannot be
// had the test is skipped, but not where CI is set: there it fails.
func (p Package) File(t testing.TB, name string) string {
	t.Helper()
	fetching.Lock()
	defer fetching.Unlock()
	archive, err := p.archive()
	if err == nil {
		var text string
		if text, err = unpack(archive, "package/"+name); err == nil {
			return text
		}
	}
	if os.Getenv("CI") == "" {
		t.Skipf("no %s here: %v", p.Name, err)
	}
	t.Fatalf("%s: %v", p.Name, err)
	return ""
}

// archive returns the archive of the package, from the cache or the registry.
func (p Package) archive() ([]byte, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	cache = filepath.Join(cache, "maicontact-test")
	kept := filepath.Join(cache, strings.NewReplacer("/", "-", "@", "").Replace(p.Name)+"-"+p.Version+".tgz")
	if archive, err := os.ReadFile(kept); err == nil && p.check(archive) == nil { // #nosec G304 -- a name that a test gives
		return archive, nil
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return nil, err
	}
	room, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(room)
	archive, err := p.fetch(room)
	if err != nil {
		return nil, err
	}
	if err := p.check(archive); err != nil {
		return nil, err
	}
	// Whole or not at all, as tests of other packages may look for it.
	written := filepath.Join(room, "whole")
	if err := os.WriteFile(written, archive, 0o600); err != nil {
		return nil, err
	}
	return archive, os.Rename(written, kept)
}

func (p Package) fetch(room string) ([]byte, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return nil, errors.New("no npm found: install it (apt-get install npm)")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", room, p.Name+"@"+p.Version) // #nosec G204 -- likewise
	command.Dir = room
	if out, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack: %w: %s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(room, "*.tgz"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("npm pack left %d archives", len(files))
	}
	return os.ReadFile(files[0])
}

func (p Package) check(archive []byte) error {
	sum := sha512.Sum512(archive)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != p.Integrity {
		return fmt.Errorf("the archive of %s %s is %s, want %s", p.Name, p.Version, got, p.Integrity)
	}
	return nil
}

func unpack(archive []byte, name string) (string, error) {
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return "", err
	}
	for files := tar.NewReader(zipped); ; {
		header, err := files.Next()
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		if header.Name == name {
			text, err := io.ReadAll(files)
			return string(text), err
		}
	}
}
