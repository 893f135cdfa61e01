package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "github.com/unrolled/secure" // a page shows it
)

// goBlock is a block of Go code on a page.
type goBlock struct {
	line int
	text string
}

var fencedGo = regexp.MustCompile("(?ms)^( *)```go\n(.*?)^ *```$")

// goBlocks returns the Go blocks of a page, without what they are indented by.
func goBlocks(page string) []goBlock {
	var blocks []goBlock
	for _, at := range fencedGo.FindAllStringSubmatchIndex(page, -1) {
		indent, text := page[at[2]:at[3]], page[at[4]:at[5]]
		text = strings.ReplaceAll("\n"+text, "\n"+indent, "\n")[1:]
		blocks = append(blocks, goBlock{1 + strings.Count(page[:at[4]], "\n"), text})
	}
	return blocks
}

// packages are those that blocks may use, by the names they have there.
var packages = map[string]string{
	"context": "context", "fmt": "fmt", "hex": "encoding/hex", "hmac": "crypto/hmac", "io": "io", "log": "log", "sha256": "crypto/sha256", "http": "net/http", "httptest": "net/http/httptest", "os": "os", "strings": "strings",
	"netip": "net/netip", "errgroup": "golang.org/x/sync/errgroup", "testing": "testing", "time": "time",
	"maicontact": "github.com/maicontact/maicontact", "contacts": "github.com/maicontact/maicontact/contacts", "webchat": "github.com/maicontact/maicontact/webchat",
	"webchattest": "github.com/maicontact/maicontact/webchat/webchattest",
	"admin":       "github.com/maicontact/maicontact/admin", "operate": "github.com/maicontact/maicontact/operate",
	"sqlstore": "github.com/maicontact/maicontact/sqlstore", "placement": "github.com/maicontact/maicontact/placement",
	"sessions": "github.com/gorilla/sessions", "securecookie": "github.com/gorilla/securecookie", "secure": "github.com/unrolled/secure",
	"otelcontact": "github.com/maicontact/maicontact/otelcontact", "sdkmetric": "go.opentelemetry.io/otel/sdk/metric",
	"prometheus": "github.com/prometheus/client_golang/prometheus", "promhttp": "github.com/prometheus/client_golang/prometheus/promhttp",
	"otelprom": "go.opentelemetry.io/otel/exporters/prometheus",
	"redis":    "github.com/gomodule/redigo/redis", "redistore": "github.com/boj/redistore",
}

// surroundings are what a reader has already when they read a fragment.
const surroundings = `package docs

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/gorilla/sessions"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

type account struct {
	ID, Name, Email, Phone string
	Revision               int64
	Staff                  bool
}

var (
	accountOf    func(*http.Request) (*account, error)
	mux          *http.ServeMux
	addr, nonce  string
	memberID     string
	compress     func(http.Handler) http.Handler
	ctx          context.Context
	mc           *maicontact.Middleware
	books, music *maicontact.Middleware
	member       maicontact.Member
	secret       []byte
	keyPairs     [][]byte
	sessionStore sessions.Store
	db           *sql.DB
	widget       webchat.Widget
	meters       metric.MeterProvider
	tracers      trace.TracerProvider
	w            http.ResponseWriter
	r            *http.Request
)
`

// Every Go block of the README and of docs compiles, a fragment among what its
// reader has already.
func TestDocsCompile(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "surroundings.go")}
	writeFile(t, files[0], surroundings)
	names := map[string]bool{}
	for _, page := range append(pages, "../README.md") {
		if page == recipesPage {
			continue // see TestRecipesPage
		}
		for _, block := range goBlocks(readFile(t, page)) {
			if strings.HasPrefix(block.text, "package ") {
				continue // see TestReadmeProgram
			}
			source, err := wrap(block.text, fmt.Sprintf("block%d", len(files)), names)
			if err != nil {
				t.Errorf("%s:%d: %v", page, block.line, err)
				continue
			}
			file := filepath.Join(dir, fmt.Sprintf("block%d.go", len(files)))
			path, err := filepath.Abs(page)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, file, strings.Replace(source, block.text, fmt.Sprintf("//line %s:%d\n%s", path, block.line, block.text), 1))
			files = append(files, file)
		}
	}
	if len(files) < 10 {
		t.Errorf("only %d blocks were found", len(files)-1)
	}
	build := exec.CommandContext(t.Context(), "go", append([]string{"vet"}, files...)...)
	build.Env = append(os.Environ(), "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("the documentation does not compile: %v\n%s", err, out)
	}
}

// wrap makes a file of a block: declarations as they are, statements in a
// function of that name.
func wrap(text, name string, taken map[string]bool) (string, error) {
	body := text
	parsed, err := parser.ParseFile(token.NewFileSet(), "", "package docs\n"+text, 0)
	if err != nil {
		body = "func " + name + "() {\n" + text + "}\n"
		if parsed, err = parser.ParseFile(token.NewFileSet(), "", "package docs\n"+body, 0); err != nil {
			return "", err
		}
		if used := use(parsed); used != "" {
			body = "func " + name + "() {\n" + text + used + "}\n"
		}
	}
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && taken[f.Name.Name] {
			return "", fmt.Errorf("%s is declared twice in the documentation", f.Name.Name)
		} else if ok {
			taken[f.Name.Name] = true
		}
	}
	imports := map[string]bool{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && packages[x.Name] != "" {
				imports[x.Name] = true
			}
		}
		return true
	})
	source := "package docs\n\nimport (\n"
	for _, name := range slices.Sorted(maps.Keys(imports)) {
		source += fmt.Sprintf("\t%s %q\n", name, packages[name])
	}
	return source + ")\n\n" + body, nil
}

// use returns statements that use what the function of a fragment declares, as
// its reader will.
func use(file *ast.File) string {
	used := ""
	f, ok := file.Decls[0].(*ast.FuncDecl)
	if !ok {
		return ""
	}
	for _, statement := range f.Body.List {
		if a, ok := statement.(*ast.AssignStmt); ok && a.Tok == token.DEFINE {
			for _, left := range a.Lhs {
				if x, ok := left.(*ast.Ident); ok && x.Name != "_" {
					used += "_ = " + x.Name + "\n"
				}
			}
		}
	}
	return used
}

var link = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)

// Every link of the README and of docs leads to a file.
func TestDocsLinks(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "../README.md", "../SECURITY.md") {
		for _, m := range link.FindAllStringSubmatch(readFile(t, page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			found++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d links were found", found)
	}
}
