package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// drainRow is a change of everybody's profile that Run sends.
func drainRow() row {
	return row{name: "drain", figures: measureDrain}
}

func measureDrain(howMuch size) ([]figure, error) {
	changes := map[size]int{smoke: 20, short: 200, full: 1000}[howMuch]
	cases := []drainCase{{"SQLite", newSQLiteTable, 20 * time.Millisecond, 200, 0}}
	if howMuch == full {
		cases = append(cases,
			drainCase{"PostgreSQL", newPostgresTable, 20 * time.Millisecond, 200, 0},
			// Half of Limits.Calls, 8, may be under way: 40 a second are allowed.
			drainCase{"SQLite", newSQLiteTable, 200 * time.Millisecond, 100, 40},
		)
	}
	var found []figure
	for _, c := range cases {
		rate, err := c.drained(changes)
		if errors.Is(err, errNoPostgres) {
			continue
		}
		if err != nil {
			return nil, err
		}
		allowed := c.rate
		name := fmt.Sprintf("%s, a call takes %v, CallsPerSecond %.0f", c.name, c.latency, c.rate)
		if c.byCalls != 0 {
			allowed, name = c.byCalls, name+fmt.Sprintf(", Calls allows %.0f", c.byCalls)
		}
		f := figure{name: name, value: rate * callsOfAChange / allowed, unit: fmt.Sprintf("x (%.0f changes/s)", rate)}
		if howMuch != smoke {
			f.least = 0.9
		}
		found = append(found, f)
	}
	return found, nil
}

// callsOfAChange is how many calls a changed name takes: the contact is read before
// it is written.
const callsOfAChange = 2

type drainCase struct {
	name    string
	open    func(int) (*contactTable, error)
	latency time.Duration
	rate    float64 // Limits.CallsPerSecond
	byCalls float64 // where Limits.Calls allows less: how many
}

// drained lets so many members want another profile, and returns how many
// changes a second Run makes of that, from its start to the last one.
func (c drainCase) drained(changes int) (perSecond float64, err error) {
	t, err := c.open(0)
	if err != nil {
		return 0, err
	}
	defer t.close()
	sim := webchattest.NewServer(webchattest.Options{})
	defer sim.Close()
	if err := makeContacts(t.store, sim, changes); err != nil {
		return 0, err
	}
	sim.ResetRequests()
	sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: c.latency})
	config, err := crowdConfig(sim, 1)
	if err != nil {
		return 0, err
	}
	config.Store, config.Limits.CallsPerSecond = t.store, c.rate
	m, err := maicontact.New(config)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	stop := runBeside(m)
	left, err := untilSettled(t.store, crowdScope, 2*time.Minute)
	took := time.Since(start)
	err = errors.Join(err, stop())
	if sent := sim.Count("replace_contact"); err == nil && (left > 0 || sent != changes) {
		err = fmt.Errorf("%d changes wait, and %d calls were made for %d", left, sent, changes)
	}
	return float64(changes) / took.Seconds(), err
}

// untilSettled waits until nothing waits in the store any more, and returns how
// many rows still do when the time is over.
func untilSettled(store contacts.Store, scope contacts.Scope, most time.Duration) (left int, err error) {
	for deadline := time.Now().Add(most); ; time.Sleep(5 * time.Millisecond) {
		counts, err := store.Count(context.Background(), scope)
		if err != nil || counts.Unsettled == 0 || time.Now().After(deadline) {
			return counts.Unsettled, err
		}
	}
}

// makeContacts gives members a contact at MaiAgent, and each a profile that
// waits to be sent.
func makeContacts(store contacts.Store, sim *webchattest.Server, members int) error {
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(4)
	for n := range members {
		group.Go(func() error {
			ctx, desired := context.Background(), crowdDesired(n+1)
			made, err := client.Create(ctx, webchat.Draft{
				InboxID: crowdInbox, SourceID: "bench0" + crowdID(n+1), Profile: desired.Profile,
			})
			if err != nil {
				return err
			}
			row, err := settledRow(n+1, made.ID)
			if err == nil {
				desired.Profile.Name, desired.Revision = "Alice Lin", 2
				desired.Stamp = contacts.StampOf(desired.Profile)
				row, err = row.SetDesired(desired, time.Now())
			}
			if err == nil {
				_, err = store.Put(ctx, row, contacts.Guard{})
			}
			return err
		})
	}
	return group.Wait()
}
