package replicatest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Two servers: one erases a member, the other reissues their contact, each at a
// moment of its own, while both are asked for it. There is no contact afterwards,
// ever.
func TestEraseAgainstReissue(t *testing.T) {
	t.Parallel()
	for name, open := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eraseAgainstReissue(t, open)
		})
	}
}

func eraseAgainstReissue(t *testing.T, open func(testing.TB) database) {
	const rounds = 40
	for _, test := range []struct {
		name   string
		faults []webchattest.Fault
	}{
		{"MaiAgent works", []webchattest.Fault{{Kind: webchattest.Slow, Delay: 10 * time.Millisecond, Rate: 0.5}}},
		{"MaiAgent fails", []webchattest.Fault{
			{Kind: webchattest.CommitThenCut, Rate: 0.1}, {Kind: webchattest.Refuse, Rate: 0.1},
			{Kind: webchattest.Slow, Delay: 100 * time.Millisecond, Rate: 0.3},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sim := webchattest.NewServer(forgetful)
			t.Cleanup(sim.Close)
			for _, fault := range test.faults {
				sim.Inject(fault)
			}
			in := open(t)
			d := &duel{sim: sim, eraser: newReplica(t, sim, in), reissuer: newReplica(t, sim, in)}
			var group errgroup.Group
			group.SetLimit(8)
			for i := range rounds {
				group.Go(func() error { return d.round(t.Context(), fmt.Sprint("member-", i), i%4 > 0) })
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			sim.ClearFaults()
			for i := range rounds {
				eventually(t, "the tombstone is complete", func() bool {
					row, _, err := d.eraser.store.Get(t.Context(), scope.Member(fmt.Sprint("member-", i)))
					return err == nil && row.Life == contacts.Erased
				})
			}
			time.Sleep(2 * time.Second)
			for i := range rounds {
				if err := d.stays(t.Context(), fmt.Sprint("member-", i)); err != nil {
					t.Error(err)
				}
			}
			t.Logf("they met %d times; %d erasures were complete at once, %d reissues began and %d were complete",
				d.met.Load(), d.deleted.Load(), d.reissued.Load(), d.renewed.Load())
			if d.met.Load() == 0 {
				t.Error("they never met: this shows nothing")
			}
		})
	}
}

// duel is what the rounds share.
type duel struct {
	sim              *webchattest.Server
	eraser, reissuer *replica

	met, deleted, reissued, renewed atomic.Int32
}

// round erases and reissues one member, who may have a contact before.
func (d *duel) round(ctx context.Context, member string, known bool) error {
	if known {
		for a := (answer{}); a.ID == ""; {
			var err error
			if a, _, err = d.eraser.ask(ctx, member); err != nil {
				return err
			}
		}
	}
	var asking, doing sync.WaitGroup
	var wrong errorList
	var erased atomic.Int64             // when Erase had returned
	var erasing, reissuing [2]time.Time // from when to when
	stop := make(chan struct{})
	for _, r := range []*replica{d.eraser, d.reissuer} {
		asking.Go(func() {
			var cookies []*http.Cookie
			for began := time.Now(); ; began = time.Now() {
				a, got, err := r.ask(ctx, member, cookies...)
				if len(got) > 0 {
					cookies = got
				}
				late := time.Duration(0) // within how long a server must know
				if r != d.eraser {
					late = 2 * time.Second
				}
				if at := erased.Load(); a.ID != "" && at != 0 && began.UnixNano() > at+int64(late) {
					wrong.add(fmt.Errorf("%s was handed out %v after the erasure", member, time.Since(time.Unix(0, at))))
				}
				wrong.add(err)
				select {
				case <-stop:
					return
				case <-time.After(rand.N(10 * time.Millisecond)):
				}
			}
		})
	}
	doing.Go(func() {
		time.Sleep(rand.N(60 * time.Millisecond))
		erasing[0] = time.Now()
		done, err := d.eraser.Erase(ctx, member)
		erasing[1] = time.Now()
		erased.Store(erasing[1].UnixNano())
		wrong.add(err)
		if done {
			d.deleted.Add(1)
			for range 20 {
				wrong.add(d.hasNone(member))
				time.Sleep(10 * time.Millisecond)
			}
		}
	})
	doing.Go(func() {
		time.Sleep(rand.N(40 * time.Millisecond))
		reissuing[0] = time.Now()
		done, err := d.reissuer.Reissue(ctx, member)
		reissuing[1] = time.Now()
		if err == nil {
			d.reissued.Add(1)
		}
		if done {
			d.renewed.Add(1)
		}
		if !errors.Is(err, contacts.ErrErased) && (known || !errors.Is(err, contacts.ErrNotFound)) {
			wrong.add(err)
		}
	})
	doing.Wait()
	if erasing[0].Before(reissuing[1]) && reissuing[0].Before(erasing[1]) {
		d.met.Add(1)
	}
	time.Sleep(100 * time.Millisecond)
	close(stop)
	asking.Wait()
	return wrong.join()
}

func (d *duel) hasNone(member string) error {
	if live := liveOf(d.sim, scope.Member(member)); len(live) > 0 {
		return fmt.Errorf("%s is erased and has %d contacts", member, len(live))
	}
	return nil
}

// stays checks that an erased member is so at both servers.
func (d *duel) stays(ctx context.Context, member string) error {
	wrong := errorList{list: []error{d.hasNone(member)}}
	for _, r := range []*replica{d.eraser, d.reissuer} {
		if a, _, err := r.ask(ctx, member); err != nil || a.Reason != maicontact.Erased {
			wrong.add(fmt.Errorf("%s is erased and gets %q: %w", member, a.Reason, err))
		}
		if _, err := r.Reissue(ctx, member); !errors.Is(err, contacts.ErrErased) {
			wrong.add(fmt.Errorf("%s is erased and can be reissued: %w", member, err))
		}
	}
	return wrong.join()
}

// errorList is a list for several goroutines.
type errorList struct {
	mu   sync.Mutex
	list []error
}

func (l *errorList) add(err error) {
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.list = append(l.list, err)
	}
}

func (l *errorList) join() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.list...)
}
