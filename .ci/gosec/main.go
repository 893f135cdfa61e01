// Command gosec checks packages for what is unsafe, as a tool of go vet:
//
//	go vet -vettool=$PWD/gosec -gosec.exclude=G104 ./...
//
// It has every check of gosec's own command. That command also asks services how a
// finding could be mended, and takes minutes to compile for it.
package main

import (
	"strings"

	"github.com/securego/gosec/v2/goanalysis"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"
)

func main() {
	check := *goanalysis.Analyzer
	run := check.Run
	// Tests may hold keys and cookies that nobody else would want.
	check.Run = func(pass *analysis.Pass) (any, error) {
		report := pass.Report
		pass.Report = func(d analysis.Diagnostic) {
			if !strings.HasSuffix(pass.Fset.Position(d.Pos).Filename, "_test.go") {
				report(d)
			}
		}
		return run(pass)
	}
	unitchecker.Main(&check)
}
