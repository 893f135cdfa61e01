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

// The bootstrap is written into HTML and beside a line that others look for.
func TestBootstrapText(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"</", "<!--", "<script", "]]>", "eval(", "new Function", ".style", "maiagentChatbotConfig", "//", "-->", "\n"} {
		if strings.Contains(strings.ToLower(templates.Bootstrap), strings.ToLower(bad)) {
			t.Errorf("the bootstrap holds %q", bad)
		}
	}
	for _, text := range []string{templates.Bootstrap, templates.Loader} {
		for _, r := range text {
			if (r < ' ' || r > '~') && r != '\n' {
				t.Errorf("there is %U", r)
			}
		}
	}
	for _, bad := range []string{"eval(", "new Function", ".style."} {
		if strings.Contains(templates.Loader, bad) {
			t.Errorf("the loader holds %q", bad)
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
	if err := os.WriteFile(file, []byte("("+templates.Bootstrap+")({});\n"+templates.Loader), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(ctx, node, "--check", file).CombinedOutput(); err != nil {
		t.Errorf("node --check: %v\n%s", err, out)
	}
}
