package maicontact

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// contactNumber is one of many contact ids, always the same for i.
func contactNumber(i int) webchat.ContactID {
	random := rand.New(rand.NewPCG(uint64(i), 1))
	a, b := random.Uint64(), random.Uint64()
	return webchat.ContactID(fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff))
}

// ownerNumber is the digest of one of many owners.
func ownerNumber(i int) string { return fmt.Sprintf("%022d", i) }

func TestTake(t *testing.T) {
	const id = webchat.ContactID("0b5e7a52-6c1d-4b39-9d0f-3a7f5e0c9a11")
	type step struct {
		wait time.Duration
		do   func(h *holders) held
		want held
	}
	take := func(owner string) func(*holders) held {
		return func(h *holders) held { return h.take(id, owner, time.Now()) }
	}
	release := func(owner string) func(*holders) held {
		return func(h *holders) held { h.release(id, owner); return 0 }
	}
	bury := func(d time.Duration) func(*holders) held {
		return func(h *holders) held { h.bury(id, d); return 0 }
	}
	upper := webchat.ContactID(strings.ToUpper(string(id)))
	for name, steps := range map[string][]step{
		"stays with the first":   {{do: take("a"), want: heldNewly}, {do: take("b"), want: heldByOther}, {do: take("a"), want: heldByOwner}},
		"in any letter case":     {{do: take("a"), want: heldNewly}, {do: func(h *holders) held { return h.take(upper, "b", time.Now()) }, want: heldByOther}},
		"until the time is over": {{do: take("a"), want: heldNewly}, {wait: holdTime + 1, do: take("b"), want: heldNewly}},
		"is renewed late": {
			{do: take("a"), want: heldNewly}, {wait: holdTime/2 + 1, do: take("a"), want: heldByOwner},
			{wait: holdTime - 1, do: take("b"), want: heldByOther},
		},
		"is not renewed early": {
			{do: take("a"), want: heldNewly}, {wait: holdTime / 2, do: take("a"), want: heldByOwner},
			{wait: holdTime/2 + 1, do: take("b"), want: heldNewly},
		},
		"is not renewed by another": {
			{do: take("a"), want: heldNewly}, {wait: holdTime - 1, do: take("b"), want: heldByOther},
			{wait: 2, do: take("b"), want: heldNewly},
		},
		"released":              {{do: take("a"), want: heldNewly}, {do: release("a")}, {do: take("b"), want: heldNewly}},
		"released by another":   {{do: take("a"), want: heldNewly}, {do: release("b")}, {do: take("b"), want: heldByOther}},
		"buried":                {{do: take("a"), want: heldNewly}, {do: bury(time.Hour)}, {wait: time.Hour, do: take("a"), want: heldByNobody}},
		"buried before":         {{do: bury(time.Hour)}, {do: take("a"), want: heldByNobody}},
		"buried until":          {{do: bury(time.Hour)}, {wait: time.Hour + 1, do: take("a"), want: heldNewly}},
		"buried, then released": {{do: take("a"), want: heldNewly}, {do: bury(time.Hour)}, {do: release("a")}, {do: take("a"), want: heldByNobody}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHolders(1000)
				for i, step := range steps {
					time.Sleep(step.wait)
					if got := step.do(h); got != step.want {
						t.Fatalf("step %d: %d, want %d", i, got, step.want)
					}
				}
			})
		})
	}
}

func TestHolderKey(t *testing.T) {
	const id = "0b5e7a52-6c1d-4b39-9d0f-3a7f5e0c9aff"
	want := [16]byte{0x0b, 0x5e, 0x7a, 0x52, 0x6c, 0x1d, 0x4b, 0x39, 0x9d, 0x0f, 0x3a, 0x7f, 0x5e, 0x0c, 0x9a, 0xff}
	if got := holderKey(id); got != want {
		t.Errorf("%x", got)
	}
	if got := holderKey(webchat.ContactID(strings.ToUpper(id))); got != want {
		t.Errorf("upper case: %x", got)
	}
	// Every change of one byte is another contact, but for the letter case.
	for i := range len(id) {
		for c := range 256 {
			other := id[:i] + string([]byte{byte(c)}) + id[i+1:]
			if got := holderKey(webchat.ContactID(other)); (got == want) != strings.EqualFold(other, id) {
				t.Fatalf("%q: %x", other, got)
			}
		}
	}
	for _, other := range []string{"", "contact", string(want[:]), strings.ReplaceAll(id, "-", "")} {
		if holderKey(webchat.ContactID(other)) == want {
			t.Errorf("%q is taken for %s", other, id)
		}
	}
}

// Who holds a contact is not forgotten while others come; and whom there is no
// room for gets their contact all the same.
func TestHoldersWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHolders(10 * shardCount)
		var known []int
		for i := range 100 * shardCount {
			if got := h.take(contactNumber(i), ownerNumber(i), time.Now()); got != heldNewly {
				t.Fatalf("contact %d: %d", i, got)
			}
			if h.take(contactNumber(i), ownerNumber(i), time.Now()) == heldByOwner {
				known = append(known, i)
			}
		}
		if len(known) != 10*shardCount {
			t.Errorf("%d are known, want %d", len(known), 10*shardCount)
		}
		for _, i := range known {
			if h.take(contactNumber(i), "another", time.Now()) != heldByOther {
				t.Fatalf("the holder of contact %d was forgotten", i)
			}
		}
		// There is room again once their time is over.
		time.Sleep(holdTime + time.Second)
		for i := range 100 * shardCount {
			h.take(contactNumber(-i), ownerNumber(i), time.Now())
		}
		if n := h.known.count(); n != 10*shardCount {
			t.Errorf("%d are known later, want %d", n, 10*shardCount)
		}
	})
}

// What is buried is never handed out, however full the memory is.
func TestBuryWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 10 * shardCount
		h := newHolders(most)
		for i := range 100 * shardCount {
			h.take(contactNumber(i), ownerNumber(i), time.Now())
		}
		// A tenth of them, which no shard is too small for.
		graves := make([]webchat.ContactID, shardCount)
		for i := range graves {
			graves[i] = contactNumber(-1 - i)
			if i%2 == 0 {
				graves[i] = contactNumber(i) // a live holder's
			}
			// Its time is over before that of any holder.
			if h.bury(graves[i], time.Minute); h.take(graves[i], "anybody", time.Now()) != heldByNobody {
				t.Fatalf("contact %d is handed out", i)
			}
		}
		if n := h.known.count(); n > most {
			t.Errorf("%d are known, at most %d may be", n, most)
		}
		for i, id := range graves {
			if got := h.take(id, ownerNumber(i), time.Now()); got != heldByNobody {
				t.Errorf("contact %d: %d", i, got)
			}
		}
	})
}

// Of more buried ones than there is room for, the last are kept.
func TestBuryTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHolders(shardCount * 4)
		last := map[*shard][]webchat.ContactID{}
		for i := range 1000 {
			id := contactNumber(i)
			h.bury(id, time.Hour)
			key := holderKey(id)
			s := h.known.of(string(key[:]))
			last[s] = append(last[s], id)
			time.Sleep(time.Millisecond)
		}
		for _, ids := range last {
			for n, id := range ids {
				if want := n >= len(ids)-4; (h.take(id, "a", time.Now()) == heldByNobody) != want {
					t.Fatalf("number %d of %d buried ones", n, len(ids))
				}
			}
		}
		if n := h.known.count(); n > shardCount*4 {
			t.Errorf("%d are known", n)
		}
	})
}

// Whatever happens at once, one contact has one holder, and none once buried.
func TestHoldersAsModel(t *testing.T) {
	const contacts, owners, rounds = 40, 5, 4000
	h := newHolders(mostHolders)
	// The plainest way to know, for each contact. Its lock is held around the
	// question to h, so that both see one order; other contacts go on.
	models := make([]struct {
		mu     sync.Mutex
		holder string
		buried bool
	}, contacts)
	var group sync.WaitGroup
	for g := range 8 {
		random := rand.New(rand.NewPCG(uint64(g), 2))
		group.Go(func() {
			for range rounds {
				i, who := random.IntN(contacts), fmt.Sprint("owner ", random.IntN(owners))
				id, m := contactNumber(i), &models[i]
				m.mu.Lock()
				switch n := random.IntN(1000); {
				case n == 0:
					h.bury(id, time.Hour)
					m.buried = true
				case n < 200:
					h.release(id, who)
					if m.holder == who {
						m.holder = ""
					}
				default:
					want := heldByOther
					switch {
					case m.buried:
						want = heldByNobody
					case m.holder == who:
						want = heldByOwner
					case m.holder == "":
						want, m.holder = heldNewly, who
					}
					if got := h.take(id, who, time.Now()); got != want {
						t.Errorf("contact %d: %d, want %d", i, got, want)
					}
				}
				m.mu.Unlock()
			}
		})
	}
	group.Wait()
}

// Of many who come at once, one gets the contact; and none of those who come
// after it was buried, while others renew their time.
func TestTakeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const contacts, owners = 3000, 4
		h := newHolders(mostHolders)
		ids, first := make([]webchat.ContactID, contacts), make([]atomic.Int32, contacts)
		for i := range ids {
			ids[i] = contactNumber(i)
		}
		each := func(do func(i int)) func() {
			return func() {
				for i := range ids {
					do(i)
				}
			}
		}
		var group sync.WaitGroup
		for owner := range owners {
			group.Go(each(func(i int) {
				if h.take(ids[i], ownerNumber(owner), time.Now()) == heldNewly {
					first[i].Add(1)
				}
			}))
		}
		group.Wait()
		for i := range first {
			if n := first[i].Load(); n != 1 {
				t.Fatalf("contact %d: %d were the first", i, n)
			}
		}
		time.Sleep(holdTime/2 + 1) // the next take of each holder writes
		for owner := range owners {
			group.Go(each(func(i int) { h.take(ids[i], ownerNumber(owner), time.Now()) }))
		}
		group.Go(each(func(i int) { h.bury(ids[i], time.Hour) }))
		group.Wait()
		for i := range ids {
			if got := h.take(ids[i], ownerNumber(i%owners), time.Now()); got != heldByNobody {
				t.Fatalf("contact %d is buried, but: %d", i, got)
			}
		}
	})
}

// A request of a known person makes no garbage, and one that is answered from
// memory only the contact's text.
func TestTakeAllocatesNothing(t *testing.T) {
	h, r := newHolders(1000), newRecent(1000)
	id, owner, stamp := contactNumber(1), ownerNumber(1), strings.Repeat("s", 31)
	h.take(id, owner, time.Now())
	r.put(owner, stamp, id)
	if n := testing.AllocsPerRun(100, func() {
		if h.take(id, owner, time.Now()) != heldByOwner || h.take(id, "another", time.Now()) != heldByOther {
			t.Error("the holder was forgotten")
		}
		if got, ok := r.get(owner, stamp); !ok || got != id {
			t.Error("the answer was forgotten")
		}
	}); n != 1 {
		t.Errorf("%v allocations, want that of the answer", n)
	}
}
