package main

import (
	"context"
	"fmt"

	"github.com/maicontact/maicontact/operate"
)

type auditCommand struct {
	Repair bool    `help:"Mend what is safe to mend."`
	Rate   float64 `help:"Calls to MaiAgent that begin in a second." default:"20"`
}

type findingResult struct{ operate.Finding }

func (r findingResult) text() string {
	name := r.Person
	if r.ID != "" {
		name += " " + operate.DisplayID(r.ID)
	}
	if name != "" {
		name += ": "
	}
	text := fmt.Sprintf("%-11s %s%s", r.Kind, name, r.Says)
	if r.SourceID != "" {
		text += " (source id " + r.SourceID + ", contact …" + r.ContactEnd
		if r.Created != nil {
			text += ", created " + when(*r.Created)
		}
		text += ")"
	}
	switch {
	case r.Repair == "repaired" && repairs[r.Kind] != "":
		text += " [" + repairs[r.Kind] + "]"
	case r.Repair != "":
		text += " [" + r.Repair + "]"
	case r.Repairable:
		text += " [--repair mends it]"
	}
	return text
}

// repairs say what --repair did.
var repairs = map[operate.Kind]string{
	operate.Gone: "marked; made anew when they ask", operate.Remains: "deleted",
	operate.Differs: "marked; sent anew when they ask", operate.Unnamed: "marked; sent anew when they ask",
}

type auditSummary struct {
	Result string `json:"result"` // done, incomplete
	operate.AuditCounts
}

func (r auditSummary) text() string {
	text := fmt.Sprintf("%d rows and %d contacts compared: %d findings, %d repaired", r.Rows, r.Contacts, r.Findings, r.Repaired)
	if r.Marked > 0 {
		text += fmt.Sprintf("; %d contacts gone that are made anew when they are asked for", r.Marked)
	}
	if r.Visitors > 0 {
		text += fmt.Sprintf("; %d contacts of former visitors", r.Visitors)
	}
	return text
}

func (c *auditCommand) run(ctx context.Context, a *app) error {
	if err := checkRate(c.Rate); err != nil {
		return err
	}
	return a.withOperator(ctx, func(o *operate.Options) { o.CallsPerSecond = c.Rate }, func(o *operate.Operator) error {
		at := a.progress("compared")
		counts, err := o.Audit(ctx, operate.AuditOptions{Repair: c.Repair, Each: at.step}, func(f operate.Finding) error {
			f.Says = withoutPackages(f.Says)
			a.result(findingResult{f})
			return a.failure
		})
		at.end()
		if err != nil && counts.Rows+counts.Contacts == 0 {
			return err // there is nothing to summarize
		}
		summary := auditSummary{Result: "done", AuditCounts: counts}
		if err != nil {
			summary.Result = "incomplete"
		}
		a.result(summary)
		if err != nil {
			return err
		}
		if counts.Findings > counts.Repaired {
			return errFindings
		}
		return nil
	})
}
