package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progressEvery is how often progress is written as a line where there is no bar.
const progressEvery = 5 * time.Second

// progress shows the progress of work of unknown length: by a bar in the last line of a
// terminal, and elsewhere by a line now and then. It is for one goroutine at a time.
type progress struct {
	bar   *progressbar.ProgressBar
	say   func(format string, args ...any)
	what  string // what is counted
	done  int
	shown time.Time
}

// progress starts to show progress; end must be called before the last result. Results
// in between push the bar down.
func (a *app) progress(what string) *progress {
	p := &progress{say: a.say, what: what, shown: time.Now()}
	if isTerminal(a.words) {
		p.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(a.words), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(), progressbar.OptionSpinnerType(14))
		a.clear = func() { _ = p.bar.Clear() }
	}
	return p
}

func (p *progress) step() {
	p.done++
	if p.bar != nil {
		_ = p.bar.Add(1)
		return
	}
	if time.Since(p.shown) > progressEvery {
		p.say("%d %s", p.done, p.what)
		p.shown = time.Now()
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) // #nosec G115 -- a file descriptor
}
