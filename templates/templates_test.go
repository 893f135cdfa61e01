package templates_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/templates"
)

// The loader is written into HTML and beside a line that others look for.
func TestLoaderText(t *testing.T) {
	t.Parallel()
	if !strings.HasPrefix(templates.Loader, "function (options) {\n") || !strings.HasSuffix(templates.Loader, "\n}\n") {
		t.Error("the loader is not one function expression")
	}
	for _, bad := range []string{"</", "<!--", "<script", "]]>", "eval(", "new Function", ".style", "maiagentChatbotConfig", "//", "\n ", "\n\n"} {
		if strings.Contains(strings.ToLower(templates.Loader), strings.ToLower(bad)) {
			t.Errorf("the loader holds %q", bad)
		}
	}
	for i, line := range strings.Split(templates.Loader, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "-->") {
			t.Errorf("line %d would be read as an HTML comment", i+1)
		}
		for _, r := range line {
			if r < ' ' || r > '~' {
				t.Errorf("line %d holds %U", i+1, r)
			}
		}
	}
}

func TestLoaderParses(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node here")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	file := filepath.Join(t.TempDir(), "loader.js")
	if err := os.WriteFile(file, []byte("("+templates.Loader+")({});\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(ctx, node, "--check", file).CombinedOutput(); err != nil {
		t.Errorf("node --check: %v\n%s", err, out)
	}
}
