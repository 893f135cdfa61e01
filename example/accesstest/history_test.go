package accesstest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var (
	histories = flag.Int("histories", 600, "how many random histories are played; a tenth with the race detector")
	seed      = flag.Uint64("seed", 0, "play the history of this seed alone")
)

// Random histories of two members and a visitor, at a MaiAgent that changes its
// ways meanwhile. Each ask is looked at; in the end everybody has what they should.
func TestHistories(t *testing.T) {
	first, count := uint64(time.Now().UnixNano()), *histories
	if *seed != 0 {
		first, count = *seed, 1
	} else if tiny {
		count /= 10
	}
	for _, on := range stores {
		t.Run(on.name, func(t *testing.T) {
			open := on.open(t)
			count := max(1, count/on.share)
			t.Logf("%d histories from seed %d", count, first)
			for i := range uint64(count) {
				ok := t.Run(fmt.Sprint("seed ", first+i), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { play(t, first+i, open(t)) })
				})
				if !ok {
					return
				}
			}
		})
	}
}

// history is a world in which things happen at random.
type history struct {
	*world
	random   *rand.Rand
	browsers []*browser
	erased   map[string]bool
	gone     map[string]bool // contacts that were deleted by hand
	steps    []string
}

func play(t *testing.T, seed uint64, store contacts.Store) {
	random := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- it is to be played again
	o := options{store: store}
	for range random.IntN(3) {
		b := behaviours[random.IntN(len(behaviours))]
		if !b.hides && !b.lists {
			b.set(&o.simulation)
		}
	}
	unique := !o.simulation.AllowDuplicateSourceIDs
	h := &history{world: newWorld(t, o), random: random, erased: map[string]bool{}, gone: map[string]bool{}}
	defer h.close()
	defer func() {
		if t.Failed() {
			t.Logf("the history:\n%s", strings.Join(h.steps, "\n"))
		}
	}()
	for _, who := range []string{"ann", "bob"} {
		h.set(who, func(p *webchat.Profile) { p.Name, p.QueryMetadata = who, h.access() })
	}
	h.browsers = []*browser{h.browser("ann"), h.browser("ann"), h.browser("bob"), h.browser("")}
	for range 8 + random.IntN(16) {
		h.step()
		h.ask()
	}
	h.end(unique)
}

func (h *history) access() webchat.QueryMetadata {
	return []webchat.QueryMetadata{none, basic, vip}[h.random.IntN(3)]
}

func (h *history) note(format string, args ...any) {
	h.steps = append(h.steps, fmt.Sprintf("%s  ", time.Now().Format("15:04:05.000"))+fmt.Sprintf(format, args...))
}

func (h *history) ask() {
	i := h.random.IntN(len(h.browsers))
	a := h.browsers[i].ask()
	h.note("browser %d asks: %t %s", i, a.ID != "", a.Reason)
}

// step is one thing that happens.
func (h *history) step() {
	who := []string{"ann", "bob"}[h.random.IntN(2)]
	ctx := h.t.Context()
	switch h.random.IntN(15) {
	case 0, 1, 2:
		to := h.access()
		h.note("%s: access %s", who, to.JSON())
		h.change(who, func(p *webchat.Profile) { p.QueryMetadata = to })
	case 3:
		h.note("%s: another name", who)
		h.change(who, func(p *webchat.Profile) { p.Name += "x" })
	case 4:
		phone := []string{"", "+886 2 1234", "+886 2 5678"}[h.random.IntN(3)]
		h.note("%s: phone %q", who, phone)
		h.change(who, func(p *webchat.Profile) { p.Phone = phone })
	case 5:
		h.note("%s is suspended: %v", who, h.mc.Suspend(ctx, who))
	case 6, 7:
		h.note("%s is resumed: %v", who, h.mc.Resume(ctx, who))
	case 8:
		h.flip()
	case 9:
		h.fail()
	case 10:
		d := []time.Duration{50 * time.Millisecond, time.Second, 5 * time.Second, 70 * time.Second}[h.random.IntN(4)]
		h.note("%v pass", d)
		time.Sleep(d)
	case 11:
		h.note("the server starts anew")
		h.stop()
		h.config.Visitors.Profile.QueryMetadata = []webchat.QueryMetadata{none, public}[h.random.IntN(2)]
		h.start()
	case 12:
		for id, owner := range h.owners {
			if owner == "member "+who && h.random.IntN(2) == 0 {
				h.note("a contact of %s is deleted by hand", who)
				h.gone[id] = true
				h.sim.Delete(id)
				break
			}
		}
	case 13:
		h.overtake(who)
	case 14:
		if h.random.IntN(3) > 0 {
			return
		}
		if h.erased[who] {
			err := h.mc.Restore(ctx, who)
			h.note("%s is restored: %v", who, err)
			h.erased[who] = err != nil
			return
		}
		_, err := h.mc.Erase(ctx, who)
		h.note("%s is erased: %v", who, err)
		h.erased[who] = err == nil
	}
}

// overtake has a write land after a later one, while everybody asks.
func (h *history) overtake(who string) {
	later := []time.Duration{3 * time.Second, 20 * time.Second}[h.random.IntN(2)]
	h.note("%s: a write lands %v late, and others overtake it", who, later)
	remove := h.sim.Inject(webchattest.Fault{Kind: webchattest.LateLanding, Operation: webchattest.ReplaceContact, Later: later, Times: 1})
	h.change(who, func(p *webchat.Profile) { p.QueryMetadata = h.access() })
	h.ask()
	time.Sleep(50 * time.Millisecond)
	remove()
	for range 2 {
		if h.random.IntN(2) == 0 {
			_ = h.mc.Suspend(h.t.Context(), who)
			time.Sleep(50 * time.Millisecond)
			_ = h.mc.Resume(h.t.Context(), who)
		}
		h.change(who, func(p *webchat.Profile) { p.QueryMetadata = h.access() })
	}
	for range 5 {
		time.Sleep(later / 4)
		for _, b := range h.browsers {
			b.ask()
		}
	}
}

// change is set, of somebody who may be erased.
func (h *history) change(who string, change func(*webchat.Profile)) {
	h.mu.Lock()
	m := h.members[who]
	m.ID, m.Revision = who, m.Revision+1
	change(&m.Profile)
	h.members[who] = m
	h.mu.Unlock()
	if err := h.mc.UpdateMember(h.t.Context(), m); err != nil && !h.erased[who] {
		h.t.Errorf("update: %v", err)
	}
}

// flip changes how MaiAgent behaves.
func (h *history) flip() {
	h.sim.Switch(func(s *webchattest.Switches) {
		for _, one := range []*bool{&s.PutKeepsOmitted, &s.RefusePut, &s.SnakeReplies, &s.BareReplies, &s.OldAccessInReply, &s.AddsKeys, &s.IgnoreNullAccess,
			&s.IgnoreAccess, &s.UndashedIDs, &s.WordSearch, &s.RefusePageSize} {
			*one = h.random.IntN(4) == 0
		}
		s.RefuseFields, s.RefuseNull = nil, nil
		if h.random.IntN(3) == 0 {
			s.RefuseFields = []string{"phoneNumber"}
		}
		if h.random.IntN(3) == 0 {
			s.RefuseNull = []string{"queryMetadata", "phoneNumber"}
		}
		h.note("MaiAgent behaves otherwise: %+v", *s)
	})
}

// fail makes some calls fail. What lands late does so within the doubt.
func (h *history) fail() {
	f := webchattest.Fault{Times: 1 + h.random.IntN(3)}
	f.Kind = []webchattest.Kind{webchattest.LateLanding, webchattest.LateLanding, webchattest.CommitThenCut, webchattest.CutBefore, webchattest.Refuse}[h.random.IntN(5)]
	f.Operation = []string{webchattest.ReplaceContact, webchattest.CreateContact, webchattest.GetContact}[h.random.IntN(3)]
	f.Later = []time.Duration{200 * time.Millisecond, 3 * time.Second, 20 * time.Second}[h.random.IntN(3)]
	if f.Kind != webchattest.LateLanding {
		f.Later = 0
	}
	h.note("%s fails: %s, %d times, later %v", f.Operation, f.Kind, f.Times, f.Later)
	h.sim.Inject(f)
}

// end has MaiAgent behave well, and looks whether everybody comes to rest.
func (h *history) end(unique bool) {
	h.note("all is well from now on")
	h.sim.ClearFaults()
	h.sim.Switch(func(s *webchattest.Switches) { *s = webchattest.Switches{} })
	for _, who := range []string{"ann", "bob"} {
		if h.erased[who] {
			continue
		}
		if err := h.mc.Resume(h.t.Context(), who); err != nil && err != contacts.ErrNotFound {
			h.note("%s is resumed: %v", who, err)
		}
		h.change(who, func(p *webchat.Profile) { p.Name += "!" }) // finds out what was deleted
	}
	for i, b := range h.browsers {
		if h.erased[b.member] {
			continue
		}
		a := b.until(fmt.Sprint("browser ", i, " in the end"), 3*time.Hour, given)
		if b.member != "" {
			h.eventually("the newest name", 3*time.Hour, func() bool {
				a = b.ask()
				held, _ := h.sim.Contact(a.ID)
				return held.Name == h.members[b.member].Profile.Name
			})
		}
	}
	live := map[string]int{}
	for _, c := range h.sim.Contacts() {
		if owner, known := h.owners[c.ID]; known && !c.Deleted && strings.HasPrefix(owner, "member ") {
			live[owner]++
		}
	}
	for owner, n := range live {
		if unique && n > 1 {
			h.t.Errorf("%s has %d contacts", owner, n)
		}
	}
}
