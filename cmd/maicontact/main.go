// Command maicontact is for those who run a site with maicontact: it checks the
// site's settings, shows and repairs what the contact management table has about
// people, imports, audits and exports. It is made of the library's packages
// operate, doctor and sqlstore, which an application can use in the same way.
//
// Settings come from the environment, by the same names as in the example site,
// or from flags. Results go to standard output, messages about the work to standard
// error. The exit status is 0 when all is done and nothing was found, 1 when there are
// findings or a part has failed, 2 for wrong usage or settings, and 3 when the command
// could not run.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, process{args: os.Args[1:], env: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
}

// process is what a command gets from the operating system.
type process struct {
	args           []string
	env            func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// The exit statuses.
const (
	exitDone     = 0
	exitFindings = 1
	exitUsage    = 2
	exitFailure  = 3
)
