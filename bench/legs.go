package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// legsRow is a page which asks for a new member's contact and for its own data
// at the same time.
func legsRow() row {
	return row{name: "page_data", figures: measureLegs}
}

func measureLegs(howMuch size) ([]figure, error) {
	const leg = 50 * time.Millisecond
	times := map[size]int{smoke: 1, short: 5, full: 40}[howMuch]
	sim := webchattest.NewServer(webchattest.Options{})
	defer sim.Close()
	// A new member costs two calls; one of them takes the time.
	sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Operation: "create_contact", Delay: leg})
	c, err := crowdConfig(sim, 1)
	if err != nil {
		return nil, err
	}
	c.Store = maicontact.NewMemoryStore()
	m, err := maicontact.New(c)
	if err != nil {
		return nil, err
	}
	contact := func(ctx context.Context) error {
		id, err := maicontact.ContactID(ctx)
		if id == "" {
			return errors.Join(err, errors.New("no contact"))
		}
		return err
	}
	page := func(ctx context.Context) error { return wait(ctx, leg) }
	both := func(ctx context.Context) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return contact(ctx) })
		g.Go(func() error { return page(ctx) })
		return g.Wait()
	}
	members := 0
	took := func(work func(context.Context) error) (milliseconds float64, err error) {
		handler := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			start := time.Now()
			err = work(r.Context())
			milliseconds = float64(time.Since(start)) / 1e6
		}))
		members++
		handler.ServeHTTP(newSink(), crowdRequest(members))
		return milliseconds, err
	}
	var ratios, sums []float64
	for range times {
		contactAlone, err1 := took(contact)
		pageAlone, err2 := took(page)
		together, err3 := took(both)
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		ratios = append(ratios, together/max(contactAlone, pageAlone))
		sums = append(sums, together/(contactAlone+pageAlone))
	}
	return []figure{
		{name: "over the slower alone", value: quartilesOf(ratios).median, unit: "x", most: 1.05},
		{name: "over one after the other", value: quartilesOf(sums).median, unit: "x"},
	}, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
