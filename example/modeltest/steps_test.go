package modeltest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/maicontact/maicontact"
)

func (w *world) step(s step) {
	switch s.Kind {
	case ask:
		w.within(s.For, func() { w.ask(s.Browse, s.Replica, s.Lost) })
	case asksTogether:
		w.within(s.For, func() {
			for i := range replicas {
				w.under.Go(func() { w.ask(s.Browse, i, false) })
			}
			time.Sleep(s.For)
		})
	case login, logout:
		w.login(s)
	case restore:
		w.mu.Lock()
		defer w.mu.Unlock()
		if b := &w.browsers[s.Browse]; len(b.old) > 0 {
			b.cookies[cookie] = b.old[s.N%len(b.old)]
		}
	case profile, access, back:
		w.change(s.Member, s.Kind)
		if s.Told {
			w.within(s.For, func() { w.update(s.Member, s.Replica) })
		}
	case update:
		w.within(s.For, func() { w.update(s.Member, s.Replica) })
	case upstream:
		w.deleteUpstream(s.Member)
	case erase:
		w.within(s.For, func() { w.erase(s.Member, s.Replica) })
	case lift:
		w.within(s.For, func() { w.lift(s.Member, s.Replica) })
	case crash:
		if r := w.live(s.Replica); r != nil {
			r.pulse.crashAfter(s.N)
			w.under.Go(func() {
				select {
				case <-r.pulse.crashed:
					time.Sleep(s.For)
					w.start(s.Replica)
				case <-w.resting:
				}
			})
		}
	case stop:
		w.stop(s.Replica)
	case start:
		w.start(s.Replica)
	case pass:
		time.Sleep(s.For)
	case inject:
		w.sim.Inject(s.Fault)
	case clearFaults:
		w.sim.ClearFaults()
	default:
		panic("unknown step " + s.Kind)
	}
}

func (w *world) login(s step) {
	r := w.live(s.Replica)
	if r == nil {
		return
	}
	target := "/login"
	if s.Kind == login {
		w.mu.Lock()
		if len(w.accounts[s.Member].versions) == 0 {
			w.add(s.Member, 1)
		}
		w.mu.Unlock()
		target += "?user=" + url.QueryEscape(w.accounts[s.Member].id)
	}
	w.send(context.Background(), r, s.Browse, http.MethodPost, target, false)
}

// deleteUpstream deletes a member's contacts as a person in MaiAgent's console
// may, also one whose creation was not recorded here yet.
func (w *world) deleteUpstream(member int) {
	for _, c := range w.liveOf(member) {
		w.sim.Delete(c.ID)
	}
}

// add makes a new version of an account. The caller holds w.mu.
func (w *world) add(member, level int) {
	a := &w.accounts[member]
	a.contents++
	a.versions = append(a.versions, version{a.contents, level})
}

func (w *world) change(member int, k kind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.accounts[member]
	if len(a.versions) == 0 {
		return
	}
	last := a.versions[len(a.versions)-1]
	switch {
	case k == profile:
		w.add(member, last.level)
	case k == access && w.plan.Revisions:
		w.add(member, (last.level+1)%3) // level 0 has no query metadata
	case k == access:
		w.add(member, last.level%2+1)
	case len(a.versions) > 1:
		a.versions = append(a.versions, a.versions[len(a.versions)-2])
	}
}

func (w *world) update(member, at int) {
	r := w.live(at)
	w.mu.Lock()
	a := &w.accounts[member]
	if r == nil || len(a.versions) == 0 {
		w.mu.Unlock()
		return
	}
	m, newest, epoch := w.member(member), len(a.versions)-1, a.epoch
	w.mu.Unlock()
	if err := r.mc.UpdateMember(context.Background(), m); err != nil {
		if r.pulse.lives() {
			w.fail("UpdateMember works", "member %d: %v", member, err)
		}
		return
	}
	w.told(member, newest, epoch)
}

// told notes that the library was told of a version, unless the member was
// erased or restored meanwhile.
func (w *world) told(member, newest, epoch int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a := &w.accounts[member]; a.erased.IsZero() && a.epoch == epoch {
		a.told = max(a.told, newest)
	}
}

func (w *world) erase(member, at int) {
	r := w.live(at)
	if r == nil {
		return
	}
	done, err := r.mc.Erase(context.Background(), w.accounts[member].id)
	if !r.pulse.lives() {
		return
	}
	w.mu.Lock()
	tombstone := !w.accounts[member].erased.IsZero() || w.accounts[member].epoch > 1
	w.mu.Unlock()
	if err == nil && !tombstone {
		w.fail("Erase leaves a tombstone", "member %d", member)
	}
	if live := w.liveOf(member); err == nil && done.Deleted && len(live) > 0 && !w.isLive(member) {
		w.fail("an erasure that says Deleted leaves no live contact", "member %d: %v", member, live)
	}
}

// isLive reports whether a member is not erased.
func (w *world) isLive(member int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.accounts[member].erased.IsZero()
}

func (w *world) lift(member, at int) {
	r := w.live(at)
	if r == nil {
		return
	}
	err := r.mc.Restore(context.Background(), w.accounts[member].id)
	if err != nil && r.pulse.lives() && !errors.Is(err, maicontact.ErrNotErased) && !errors.Is(err, maicontact.ErrNotFound) {
		w.fail("Restore works", "member %d: %v", member, err)
	}
}

var (
	configLine = regexp.MustCompile(`(?m)^window\.maiagentChatbotConfig = (\{.*\});$`)
	reasonLine = regexp.MustCompile(`(?m)^// maicontact: no chat: (.*)$`)
)

// ask loads the chat script, checks what it says, and returns the id in it.
func (w *world) ask(browser, at int, lost bool) (id, reason string) {
	r := w.live(at)
	if r == nil {
		return "", "down"
	}
	a := &asked{browser: browser, began: time.Now(), member: -1}
	w.mu.Lock()
	for i := range w.accounts {
		a.epoch[i] = w.accounts[i].epoch
	}
	w.mu.Unlock()
	response := w.send(context.WithValue(context.Background(), askedKey{}, a), r, browser, http.MethodGet, "/webchat.js", lost)
	if response == nil {
		return "", "down"
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		panic(err)
	}
	if m := reasonLine.FindSubmatch(body); m != nil {
		reason = string(m[1])
	}
	if m := configLine.FindSubmatch(body); m != nil {
		var config struct{ ContactID string }
		if err := json.Unmarshal(m[1], &config); err != nil {
			panic(err)
		}
		id = config.ContactID
	}
	w.checkAnswer(a, id, reason)
	return id, reason
}
