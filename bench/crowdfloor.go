package main

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// sharedSleep is the floor: a handler that does nothing but wait for one call
// which all share, and write what it gave.
func sharedSleep(crowd int) (time.Duration, error) {
	used, err := newRememberer()
	if err != nil {
		return 0, err
	}
	defer used.close()
	var flights singleflight.Group
	_, waits := gather(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		landed := flights.DoChan("alice", func() (any, error) {
			return crowdContact(1).Reveal(), wait(context.Background(), createTime)
		})
		select {
		case result := <-landed:
			_, _ = io.WriteString(w, result.Val.(string))
		case <-r.Context().Done():
		}
	}), used.handler, crowd, false)
	return p99Of(waits), nil
}

// uncollapsedCrowd is the control: each does what the one flight does, look
// and then create, by itself.
func uncollapsedCrowd(crowd int) (creates, refused int, err error) {
	sim := webchattest.NewServer(webchattest.Options{})
	defer sim.Close()
	sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Operation: "create_contact", Delay: createTime})
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		return 0, 0, err
	}
	var group sync.WaitGroup
	var taken atomic.Int64
	for range crowd {
		group.Go(func() {
			ctx := context.Background()
			if found, err := client.FindBySourceID(ctx, crowdInbox, crowdSource, nil); err != nil || len(found) > 0 {
				return
			}
			_, err := client.Create(ctx, webchat.Draft{InboxID: crowdInbox, SourceID: crowdSource, Profile: crowdDesired(1).Profile})
			if err != nil {
				taken.Add(1)
			}
		})
	}
	group.Wait()
	return sim.Count("create_contact"), int(taken.Load()), nil
}
