// Command minify writes what browsers get, templates/*.min.js, from the sources
// beside them. It is a module of its own, so that users of the library get no
// minifier. "go generate ./templates" runs it, and its test fails when a file is
// not fresh.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if err := write(".."); err != nil {
		fmt.Fprintln(os.Stderr, "minify:", err)
		os.Exit(1)
	}
}

// write makes the files of a directory of sources.
func write(dir string) error {
	for name, make := range products {
		text, err := make(dir)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil { // #nosec G306 -- source, for everybody
			return err
		}
	}
	return nil
}

// products are the files that are made, and how.
var products = map[string]func(dir string) ([]byte, error){
	"bootstrap.min.js": bootstrap,
	"loader.min.js":    loader,
}

// target is browsers of 2018 and later.
const target = api.ES2019

// exported is how the source of one expression begins.
const exported = "export default"

// bootstrap makes one expression of bootstrap.js.
func bootstrap(dir string) ([]byte, error) {
	source, err := os.ReadFile(filepath.Join(dir, "bootstrap.js")) // #nosec G304 -- ours
	if err != nil {
		return nil, err
	}
	result := api.Transform(string(source), api.TransformOptions{
		Target: target, Charset: api.CharsetASCII, Sourcefile: "bootstrap.js",
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
	})
	if len(result.Errors) > 0 {
		return nil, fault(result.Errors)
	}
	text, ok := strings.CutPrefix(string(result.Code), exported)
	if !ok {
		return nil, fmt.Errorf("bootstrap.js must begin with %q", exported)
	}
	return []byte(strings.Trim(text, " ;\n")), nil
}

// loader makes one program of loader.js and what it imports.
func loader(dir string) ([]byte, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{filepath.Join(dir, "loader.js")}, Bundle: true, Format: api.FormatIIFE,
		Target: target, Charset: api.CharsetASCII, LegalComments: api.LegalCommentsNone,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
	})
	if len(result.Errors) > 0 {
		return nil, fault(result.Errors)
	}
	return result.OutputFiles[0].Contents, nil
}

func fault(messages []api.Message) error {
	text := api.FormatMessages(messages, api.FormatMessagesOptions{})
	return fmt.Errorf("esbuild: %s", strings.Join(text, ""))
}
