package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact"
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
			// Half of MaxCalls, 8, may be under way: 40 a second are allowed.
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
		allowed := c.callRate
		name := fmt.Sprintf("%s, a call takes %v, CallRate %.0f", c.name, c.latency, c.callRate)
		if c.byCalls != 0 {
			allowed, name = c.byCalls, name+fmt.Sprintf(", MaxCalls allows %.0f", c.byCalls)
		}
		f := figure{name: name, value: rate / allowed, unit: fmt.Sprintf("x (%.0f/s)", rate)}
		if howMuch != smoke {
			f.least = 0.9
		}
		found = append(found, f)
	}
	return found, nil
}

type drainCase struct {
	name     string
	open     func(int) (*contactTable, error)
	latency  time.Duration
	callRate float64
	byCalls  float64 // where MaxCalls allows less: how many
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
	config.Store, config.CallRate = t.store, c.callRate
	m, err := maicontact.New(config)
	if err != nil {
		return 0, err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	start := time.Now()
	go func() { ended <- m.Run(ctx) }()
	left := 1
	for left > 0 && err == nil && time.Since(start) < 2*time.Minute {
		_ = wait(ctx, 5*time.Millisecond)
		left, err = t.store.Unsettled(ctx, crowdNamespace, crowdInbox)
	}
	took := time.Since(start)
	stop()
	err = errors.Join(err, <-ended)
	if sent := sim.Count("replace_contact"); err == nil && (left > 0 || sent != changes) {
		err = fmt.Errorf("%d changes wait, and %d calls were made for %d", left, sent, changes)
	}
	return float64(changes) / took.Seconds(), err
}

// makeContacts gives members a contact at MaiAgent, and each a profile that
// waits to be sent.
func makeContacts(store maicontact.Store, sim *webchattest.Server, members int) error {
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(4)
	for n := range members {
		group.Go(func() error {
			ctx, key, wanted := context.Background(), crowdKey(n+1), crowdWanted(n+1)
			made, err := client.Create(ctx, webchat.Draft{
				InboxID: crowdInbox, SourceID: "bench:" + key.Member, Profile: wanted.Profile,
			})
			if err == nil {
				_, err = store.Want(ctx, key, wanted)
			}
			var row maicontact.Contact
			if err == nil {
				row, err = store.Claim(ctx, key, leaseOfOne)
			}
			if err == nil {
				_, err = store.Bind(ctx, row.Claim(), made.ID, row.Wanted)
			}
			if err == nil {
				wanted.Profile.Name, wanted.Revision = "Alice Lin", 2
				wanted.Stamp = maicontact.StampOf(wanted.Profile)
				_, err = store.Want(ctx, key, wanted)
			}
			return err
		})
	}
	return group.Wait()
}
