package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/doctor"
	"github.com/maicontact/maicontact/webchat"
)

type doctorCommand struct {
	Checks []string `arg:"" optional:"" help:"Names of the checks to make; all by default."`
	List   bool     `help:"List the checks."`
	Strict bool     `help:"Exit with 1 on warnings, too."`
}

// callTimeout is how long the doctor waits for a call or a page.
const callTimeout = 5 * time.Second

type checkResult struct{ doctor.Result }

func (r checkResult) text() string { return fmt.Sprintf("%-4s  %s: %s", r.State, r.Check, r.Says) }

type listedCheck struct{ doctor.Check }

func (r listedCheck) text() string {
	text := fmt.Sprintf("%-11s %s", r.Name, r.About)
	if len(r.Needs) > 0 {
		text += " (needs " + strings.Join(r.Needs, ", ") + ")"
	}
	return text
}

// run examines the site. Text output has the worst results first; with --json each
// result is written as it comes.
func (c *doctorCommand) run(ctx context.Context, a *app) error {
	if c.List {
		for _, check := range doctor.Checks() {
			a.result(listedCheck{check})
		}
		return nil
	}
	site, end := a.site()
	defer end()
	var all []doctor.Result
	err := doctor.Examine(ctx, site, func(r doctor.Result) {
		all = append(all, r)
		if a.json {
			a.result(checkResult{r})
		}
	}, c.Checks...)
	if err != nil {
		return fmt.Errorf("%w: %w; see doctor --list", errUsage, err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	slices.SortStableFunc(all, doctor.WorstFirst)
	counts := map[doctor.State]int{}
	for _, r := range all {
		counts[r.State]++
		if !a.json {
			a.result(checkResult{r})
		}
	}
	a.say("%d failed, %d warned, %d skipped, %d passed", counts[doctor.Fail], counts[doctor.Warn], counts[doctor.Skip], counts[doctor.Pass])
	if counts[doctor.Fail] > 0 || c.Strict && counts[doctor.Warn] > 0 {
		return errFindings
	}
	return nil
}

// doctorNames are the names of the settings in the environment.
var doctorNames = map[doctor.Setting]string{
	doctor.BaseURL: "MAIAGENT_BASE_URL", doctor.APIKey: "MAIAGENT_API_KEY", doctor.InboxID: "MAIAGENT_INBOX_ID",
	doctor.WebChatID: "MAIAGENT_WEBCHAT_ID", doctor.ChatURL: "MAIAGENT_CHAT_URL",
	doctor.Namespace: "SITE_NAMESPACE", doctor.Database: "DATABASE_URL",
}

func settingOf(name string) doctor.Setting {
	for setting, known := range doctorNames {
		if known == name {
			return setting
		}
	}
	return doctor.APIKey // --api-key-file
}

// site returns the site to examine, whether its settings are right or wrong.
func (a *app) site() (site doctor.Site, end func()) {
	s := &a.settings
	closeTable := func() {}
	faults := append(append(s.checkMaiAgent(a.env), s.checkChat()...), s.checkNamespace()...)
	d, err := parseDatabase(s.DatabaseURL)
	faults.check("DATABASE_URL", err)
	for _, fault := range faults {
		site.Faults = append(site.Faults, doctor.Fault{Setting: settingOf(fault.Setting), Says: fault.Says})
	}
	site.Names = maps.Clone(doctorNames)
	site.Names[doctor.APIKey] = s.keyName()
	site.InboxID, site.Namespace = s.InboxID, s.Namespace
	site.Widget = webchat.Widget{WebChatID: s.WebChatID, ChatURL: s.ChatURL}
	// If that fails there is a fault, and no check uses the client.
	site.API, _ = webchat.NewClient(webchat.Config{BaseURL: s.BaseURL, APIKey: s.APIKey, MaxAttempts: 1, Timeout: callTimeout})
	site.Table = func(ctx context.Context) (contacts.Store, error) {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		store, closeStore, err := d.store(ctx)
		if err != nil {
			return nil, withoutSetting(err)
		}
		closeTable = closeStore
		return store, nil
	}
	return site, func() { closeTable() }
}

// withoutSetting removes the name of the setting, which the doctor puts before the text.
func withoutSetting(err error) error {
	text := strings.ReplaceAll(withoutPackages(err.Error()), " of DATABASE_URL", "")
	return errors.New(strings.TrimLeft(strings.TrimPrefix(text, "DATABASE_URL"), ": "))
}
