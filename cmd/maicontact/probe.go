package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/maicontact/maicontact/probe"
	"github.com/maicontact/maicontact/webchat"
)

type probeCommand struct {
	Inbox   string        `arg:"" help:"Id of an inbox for scratch contacts, best one that no site uses."`
	Write   string        `help:"Keep the answers in a file." placeholder:"FILE"`
	Compare string        `help:"Exit with 1 where answers are others than in this file." placeholder:"FILE"`
	Wait    time.Duration `help:"How long to wait for a contact to be listed." default:"20s"`
}

type answerResult struct{ probe.Answer }

func (r answerResult) text() string {
	value := r.Value
	if value == "" {
		value = "none"
	}
	return fmt.Sprintf("%-20s  %-12s  %s", r.Name, value, r.About)
}

type changeResult struct{ probe.Change }

func (r changeResult) text() string {
	return fmt.Sprintf("changed: %s was %q and is %q", r.Name, r.Before, r.Now)
}

func (c *probeCommand) run(ctx context.Context, a *app) error {
	inbox, err := webchat.ParseInboxID(c.Inbox)
	if err != nil || c.Wait <= 0 {
		return fmt.Errorf("%w: give the id of an inbox, a UUID, and a --wait of more than 0", errUsage)
	}
	a.settings.InboxID = inbox
	if err := a.settings.checkMaiAgent(a.env).err(); err != nil {
		return err
	}
	var before probe.Answers
	if c.Compare != "" {
		file, err := os.Open(c.Compare) // #nosec G304 -- the operator names it
		if err != nil {
			return fmt.Errorf("%w: the file to compare with cannot be read: %w", errUsage, err)
		}
		before, err = probe.ReadAnswers(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	client, err := a.settings.client()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	answers, err := probe.Run(ctx, probe.Options{API: client, InboxID: inbox, Wait: c.Wait}, func(answer probe.Answer) {
		a.result(answerResult{answer})
	})
	if err != nil {
		return err
	}
	if c.Write != "" {
		if err := writeAnswers(c.Write, answers); err != nil {
			return err
		}
	}
	changes := answers.Changes(before)
	if before == nil {
		changes = nil
	}
	for _, change := range changes {
		a.result(changeResult{change})
	}
	if len(changes) > 0 || answers["cleanedUp"] != probe.Yes {
		return errFindings
	}
	return nil
}

func writeAnswers(name string, answers probe.Answers) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // #nosec G304 -- the operator names it
	if err != nil {
		return fmt.Errorf("the answers cannot be written: %w", err)
	}
	return errors.Join(answers.Write(file), file.Close())
}
