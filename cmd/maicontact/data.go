package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
)

type exportCommand struct{ personArguments }

type exportResult struct{ operate.Export }

func (r exportResult) text() string {
	text, err := json.MarshalIndent(r.Export, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// run writes one JSON document, indented unless --json asks for one line.
func (c *exportCommand) run(ctx context.Context, a *app) error {
	return a.withOperator(ctx, nil, func(o *operate.Operator) error {
		p, err := c.find(ctx, a, o)
		if err != nil {
			return c.asRefusal(err)
		}
		exported, err := o.Export(ctx, p)
		switch {
		case errors.Is(err, contacts.ErrNotFound) && !c.ByContact:
			return refusal("neither the table nor MaiAgent knows a member " + c.displayName())
		case err != nil:
			return c.asRefusal(err)
		}
		if exported.Table != nil {
			exported.Table.Reason = withoutPackages(exported.Table.Reason)
		}
		a.result(exportResult{exported})
		for _, contact := range exported.Contacts {
			if contact.Missing != "" {
				a.say("The conversations are not complete: %s.", contact.Missing)
				return errFindings
			}
		}
		return nil
	})
}

type pruneCommand struct {
	Unseen       time.Duration `required:"" help:"How long visitors were not seen, such as 2160h for 90 days." placeholder:"TIME"`
	CookieMaxAge time.Duration `help:"How long the site's cookies last (Config.Cookie.MaxAge)." default:"720h"`
	Delete       bool          `help:"Delete their contacts at MaiAgent, too."`
	DryRun       bool          `help:"Tell what would be done, and change nothing."`
	Rate         float64       `help:"Calls to MaiAgent that begin in a second." default:"20"`
}

type prunedResult struct {
	operate.PruneCounts
	DryRun bool `json:"dryRun,omitempty"`
}

func (r prunedResult) text() string {
	text := fmt.Sprintf("%d visitors, %d not seen for so long", r.Visitors, r.Unseen)
	if r.DryRun {
		return text + "; nothing was changed"
	}
	return text + fmt.Sprintf(": %d rows removed, %d contacts deleted, %d left", r.Rows, r.Contacts, r.Left)
}

func (c *pruneCommand) run(ctx context.Context, a *app) error {
	if c.Unseen <= 0 || c.CookieMaxAge <= 0 {
		return fmt.Errorf("%w: --unseen and --cookie-max-age must be more than 0", errUsage)
	}
	if err := checkRate(c.Rate); err != nil {
		return err
	}
	return a.withOperator(ctx, func(o *operate.Options) { o.CallsPerSecond = c.Rate }, func(o *operate.Operator) error {
		at := a.progress("looked at")
		done, err := o.Prune(ctx, operate.PruneOptions{
			Unseen: c.Unseen, CookieMaxAge: c.CookieMaxAge, Delete: c.Delete, DryRun: c.DryRun, Each: at.step,
		})
		at.end()
		if err != nil && done.Visitors == 0 {
			return err // there is nothing to summarize
		}
		a.result(prunedResult{done, c.DryRun})
		switch {
		case err != nil:
			return err
		case done.Left > 0:
			return errFindings
		}
		return nil
	})
}
