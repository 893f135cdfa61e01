package npmtest_test

import (
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/npmtest"
)

// What is fetched is the file that was meant.
func TestFile(t *testing.T) {
	t.Parallel()
	for text, p := range map[string]struct {
		of   npmtest.Package
		file string
	}{
		"axe.run":      {npmtest.Axe, "axe.min.js"},
		"Turbo 8.0.23": {npmtest.Turbo, "dist/turbo.es2017-umd.js"},
	} {
		if got := p.of.File(t, p.file); !strings.Contains(got, text) {
			t.Errorf("%s: %q is not in it", p.of.Name, text)
		}
	}
}
