// Command gosec checks packages for what is unsafe.
//
// It has every check of gosec's own command. That command also asks services how a
// finding could be mended, and takes minutes to compile for it.
package main

import (
	"github.com/securego/gosec/v2/goanalysis"
	"golang.org/x/tools/go/analysis/singlechecker"
)

func main() { singlechecker.Main(goanalysis.Analyzer) }
