package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/maicontact/maicontact/operate"
)

type linkCommand struct {
	Member   string `arg:"" help:"The member's business user ID. The contact id is read from standard input."`
	NoVerify bool   `help:"Do not ask MaiAgent whether the contact is there."`
}

func (c *linkCommand) run(ctx context.Context, a *app) error {
	return a.withOperator(ctx, nil, func(o *operate.Operator) error {
		id, err := readContact(a)
		if err != nil {
			return err
		}
		if _, err := o.Link(ctx, c.Member, id, operate.LinkOptions{NoVerify: c.NoVerify}); err != nil {
			return asRefusal(err)
		}
		p, err := o.Member(c.Member)
		if err != nil {
			return err
		}
		status, err := o.Show(ctx, p)
		if err != nil {
			return err
		}
		a.result(statusOf(status))
		return nil
	})
}

type importCommand struct {
	File     string  `arg:"" help:"CSV with a line of names, or JSON lines; - for standard input."`
	NoVerify bool    `help:"Do not ask MaiAgent whether the contacts are there."`
	DryRun   bool    `help:"Tell what would be done, and change nothing."`
	Rate     float64 `help:"Calls to MaiAgent that begin in a second." default:"20"`
	Rejects  string  `help:"Where to write what is not taken, to be mended and fed again. Default: FILE.rejects; none for standard input." placeholder:"FILE"`
}

// importedResult is the result of one line.
type importedResult struct {
	Result string `json:"result"` // linked, unchanged, rejected
	Line   int    `json:"line"`
	Member string `json:"member,omitempty"`
	Reason string `json:"reason,omitempty"`
}

func (r importedResult) text() string {
	name := ""
	if r.Member != "" {
		name = ", member " + operate.DisplayID(r.Member)
	}
	return fmt.Sprintf("line %d%s: %s", r.Line, name, cmp.Or(r.Reason, r.Result))
}

// importedSummary is the result of all lines.
type importedSummary struct {
	Result string `json:"result"` // done, incomplete
	operate.ImportCounts
	DryRun bool `json:"dryRun,omitempty"`
}

func (r importedSummary) text() string {
	did := "linked"
	if r.DryRun {
		did = "would be linked"
	}
	return fmt.Sprintf("%d read: %d %s, %d unchanged, %d rejected", r.Read, r.Linked, did, r.Unchanged, r.Rejected)
}

func (c *importCommand) run(ctx context.Context, a *app) error {
	if err := checkRate(c.Rate); err != nil {
		return err
	}
	input, name := io.NopCloser(a.stdin), c.Rejects
	if c.File != "-" {
		file, err := os.Open(c.File) // #nosec G304 -- the operator names it
		if err != nil {
			return fmt.Errorf("%w: the file to import cannot be read: %w", errUsage, err)
		}
		input, name = file, cmp.Or(name, c.File+".rejects")
	}
	defer input.Close()
	from, err := operate.NewReader(input)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	rejects := &rejectsFile{name: name, from: from}
	if err := rejects.begin(c.File); err != nil {
		return err
	}
	change := func(o *operate.Options) { o.CallsPerSecond = c.Rate }
	return a.withOperator(ctx, change, func(o *operate.Operator) error {
		at := a.progress("read")
		counts, err := o.Import(ctx, from, operate.LinkOptions{NoVerify: c.NoVerify, DryRun: c.DryRun}, func(i operate.ImportResult) error {
			if err := rejects.replace(); err != nil {
				return err
			}
			r := importedResult{Result: "unchanged", Line: i.Record.Line(), Member: i.Record.MemberID}
			switch {
			case i.Rejected != nil:
				r.Result, r.Reason = "rejected", reason(i.Rejected)
				if err := rejects.add(i.Record, r.Reason); err != nil {
					return err
				}
			case i.Linked:
				r.Result = "linked"
			}
			if a.json || i.Rejected != nil {
				a.result(r)
			}
			at.step()
			return nil
		})
		at.end()
		err = errors.Join(err, rejects.end())
		const interrupted = "It is not complete; the same command goes on where it was."
		if err != nil && counts.Read == 0 {
			a.say(interrupted) // there is nothing to summarize
			return err
		}
		if counts.Read == 0 {
			return fmt.Errorf("%w: the file has nothing to import but the names of the columns", errUsage)
		}
		summary := importedSummary{Result: "done", ImportCounts: counts, DryRun: c.DryRun}
		if err != nil {
			summary.Result = "incomplete"
		}
		a.result(summary)
		switch {
		case err != nil:
			a.say(interrupted)
			return err
		case counts.Rejected > 0 && name != "":
			a.say("What was rejected is in %s; mend it and import that file.", name)
		}
		if counts.Rejected > 0 {
			return errFindings
		}
		return nil
	})
}

// rejectsFile is made when the first record is rejected. That of a former run is removed
// at the first record: from then on its records are reported again.
type rejectsFile struct {
	name     string
	from     *operate.Reader
	replaced bool
	file     *os.File
	to       *operate.Rejects
}

// begin checks that the file can be written, and leaves everything as it was.
func (f *rejectsFile) begin(input string) error {
	if f.name == "" {
		return nil
	}
	if f.name == input {
		return fmt.Errorf("%w: --rejects must be another file than the one to import", errUsage)
	}
	err := f.open()
	switch {
	case err == nil:
		err = errors.Join(f.file.Close(), os.Remove(f.name))
	case errors.Is(err, fs.ErrExist):
		if f.file, err = os.OpenFile(f.name, os.O_WRONLY, 0); err == nil { // #nosec G304 -- the operator names it
			err = f.file.Close()
		}
	}
	f.file = nil
	if err != nil {
		return settingFaults{{"--rejects", "the file cannot be written: " + causeOf(err)}}
	}
	return nil
}

// replace removes the file of a former run, once.
func (f *rejectsFile) replace() error {
	if f.name == "" || f.replaced {
		return nil
	}
	f.replaced = true
	if err := os.Remove(f.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the file of what was rejected before cannot be replaced: %w", err)
	}
	return nil
}

// open makes the file, which holds contact ids.
func (f *rejectsFile) open() (err error) {
	f.file, err = os.OpenFile(f.name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- the operator names it
	return err
}

func (f *rejectsFile) add(r operate.Record, reason string) error {
	if f.name == "" {
		return nil
	}
	if f.file == nil {
		err := f.open()
		if err != nil {
			return fmt.Errorf("the file of what is rejected cannot be written: %w", err)
		}
		if f.to, err = operate.NewRejects(f.file, f.from); err != nil {
			return err
		}
	}
	return f.to.Add(r, reason)
}

func (f *rejectsFile) end() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}
