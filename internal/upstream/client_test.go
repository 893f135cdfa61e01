package upstream

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestCalls(t *testing.T) {
	b, ctx := newBed(t, Options{Calls: 4, PerSecond: -1}), t.Context()
	if found, err := b.Find(ctx, MakeMember, inbox, "mc1"); err != nil || len(found) != 0 {
		t.Fatalf("found %v, %v", found, err)
	}
	made, err := b.Create(ctx, MakeMember, drafted("mc1", "A"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Create(ctx, MakeVisitor, drafted("mc1", "A")); !errors.Is(err, webchat.ErrExists) {
		t.Errorf("a second one: %v", err)
	}
	if found, err := b.Find(ctx, MakeVisitor, inbox, "mc1"); err != nil || len(found) != 1 || found[0].ID != made.ID {
		t.Errorf("found %v, %v", found, err)
	}
	if _, err := b.Replace(ctx, made.ID, drafted("mc1", "B")); err != nil {
		t.Error(err)
	}
	if got, err := b.Get(ctx, Upkeep, made.ID); err != nil || got.Profile.Name != "B" {
		t.Errorf("read %v, %v", got, err)
	}
	for range 2 {
		if err := b.Delete(ctx, made.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.Get(ctx, Upkeep, made.ID); !errors.Is(err, webchat.ErrNotFound) {
		t.Errorf("read after its deletion: %v", err)
	}
}

// What before says comes back as it is. Nothing is sent then, and it says
// nothing of MaiAgent: it does not bring an outage about, and does not end one.
func TestBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := error(&webchat.Error{Status: 500})
		refuses := func(context.Context) (webchat.Draft, error) { return webchat.Draft{}, fault }
		panics := func(context.Context) (webchat.Draft, error) { panic("a store") }
		try := func(b *bed) {
			t.Helper()
			for range 2 * failuresOfOutage {
				if _, err := b.Create(t.Context(), MakeMember, refuses); err != fault {
					t.Errorf("create: %v", err)
				}
				if _, err := b.Replace(t.Context(), "33333333-3333-4333-8333-333333333333", refuses); err != fault {
					t.Errorf("replace: %v", err)
				}
				func() {
					defer func() {
						if recover() == nil {
							t.Error("no panic")
						}
					}()
					_, _ = b.Create(t.Context(), MakeMember, panics)
				}()
			}
		}
		b := newBed(t, Options{Calls: 1, PerSecond: -1})
		try(b)
		if n := len(b.sim.Requests()); n != 0 || b.Down() {
			t.Errorf("%d calls; down: %t", n, b.Down())
		}
		b = down(t)
		try(b)
		if b.Down() || !b.Probing() {
			t.Errorf("down: %t, probing: %t", b.Down(), b.Probing())
		}
		if err := b.find(t.Context(), MakeVisitor); err != nil {
			t.Error(err)
		}
	})
}

// before is not run while nothing can be sent.
func TestBeforeWaitsForTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, Options{Calls: 1, PerSecond: -1})
		b.sim.Inject(webchattest.Fault{Kind: webchattest.Hang, Operation: webchattest.ListContacts})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = b.find(t.Context(), MakeMember) }()
		synctest.Wait()
		ran := make(chan struct{})
		go func() {
			_, _ = b.Create(ctx, MakeMember, func(context.Context) (webchat.Draft, error) {
				close(ran)
				return webchat.Draft{}, errors.New("enough")
			})
		}()
		synctest.Wait()
		select {
		case <-ran:
			t.Error("before ran out of turn")
		default:
		}
		b.sim.Close()
		<-ran
		cancel()
	})
}
