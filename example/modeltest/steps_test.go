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

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
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
	case reissue:
		w.within(s.For, func() { w.reissue(s.Member, s.Replica) })
	case eraseGuest:
		w.within(s.For, func() { w.visitor(s.Browse, s.Replica, "/erase") })
	case reissueGuest:
		w.within(s.For, func() { w.visitor(s.Browse, s.Replica, "/reissue") })
	case hinder:
		w.troubles.add(s.Trouble)
	case crash:
		if r := w.running(s.Replica); r != nil {
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
		w.troubles.clear()
	default:
		panic("unknown step " + s.Kind)
	}
}

func (w *world) login(s step) {
	r := w.running(s.Replica)
	if r == nil {
		return
	}
	target, careful := "/login", true
	if s.Kind == login {
		w.mu.Lock()
		if len(w.accounts[s.Member].versions) == 0 {
			w.add(s.Member, 1)
		}
		w.mu.Unlock()
		target += "?user=" + url.QueryEscape(w.accounts[s.Member].id)
		careful = isCareful(w.accounts[s.Member].id)
	}
	a := &asked{}
	if w.send(context.WithValue(context.Background(), askedKey{}, a), r, s.Browse, http.MethodPost, target, false) != nil && careful {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.departs(a.sent, r.pulse)
	}
}

// isCareful reports whether the site tells the middleware when somebody logs in
// as that member, or out.
func isCareful(user string) bool { return len(user)%2 == 0 }

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
	r := w.running(at)
	w.mu.Lock()
	a := &w.accounts[member]
	if r == nil || len(a.versions) == 0 {
		w.mu.Unlock()
		return
	}
	m, newest, epoch := w.member(member), len(a.versions)-1, a.epoch
	it, hasRow := w.tell(member, newest), w.know(w.personOf(member)).row.Version != 0
	w.mu.Unlock()
	err := r.mc.UpdateMember(context.Background(), m)
	w.tellingEnds(it, false)
	if err == nil {
		if hasRow { // otherwise it gets none, and what is on its way may make one
			w.told(member, it, epoch)
		}
		return
	}
	if !r.pulse.lives() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	changed := a.epoch > epoch || !a.erased.IsZero()
	switch {
	case errors.Is(err, contacts.ErrErased) && changed, isTrouble(err):
	case errors.Is(err, contacts.ErrReissuing) && a.epoch > 0:
	case errors.Is(err, contacts.ErrOlderRevision) && (len(a.versions)-1 > newest || changed):
	default:
		w.failLocked("UpdateMember works", "member %d: %v", member, err)
	}
}

// isTrouble reports whether an error comes from the store.
func isTrouble(err error) bool {
	return errors.Is(err, errStore) || errors.Is(err, contacts.ErrUnclear) || errors.Is(err, context.DeadlineExceeded)
}

// told notes that the library was told of a version, unless the member was
// erased, restored or reissued meanwhile. Without revisions, of two that are told
// at the same time it cannot know which is the newer one.
func (w *world) told(member int, it *telling, epoch int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.accounts[member]
	if a.erased.IsZero() && a.epoch == epoch && (w.plan.Revisions || w.plan.InOrder || a.isLast(it)) {
		a.told = max(a.told, it.version)
	}
}

func (w *world) erase(member, at int) {
	r := w.running(at)
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
	switch {
	case err != nil && !isTrouble(err):
		w.fail("Erase works", "member %d: %v", member, err)
	case err == nil && !tombstone:
		w.fail("Erase leaves a tombstone", "member %d", member)
	}
	if live := w.liveOf(member); err == nil && done && len(live) > 0 && !w.isLive(member) {
		w.fail("an erasure that says deleted leaves no live contact", "member %d: %v", member, live)
	}
}

func (w *world) reissue(member, at int) {
	r := w.running(at)
	if r == nil {
		return
	}
	began := time.Now()
	w.mu.Lock()
	wasErased := !w.accounts[member].erased.IsZero()
	w.mu.Unlock()
	done, err := r.mc.Reissue(context.Background(), w.accounts[member].id)
	if !r.pulse.lives() {
		return
	}
	w.mu.Lock()
	a := w.accounts[member]
	w.mu.Unlock()
	switch {
	case err == nil, isTrouble(err), errors.Is(err, contacts.ErrNotFound):
	case errors.Is(err, contacts.ErrErased) && (wasErased || !a.reset.Before(began)):
	case errors.Is(err, contacts.ErrReissuing) && a.epoch > 0:
	default:
		w.fail("Reissue works", "member %d: %v", member, err)
	}
	if err != nil || !done {
		return
	}
	for _, c := range w.liveOf(member) {
		if c.Created.Before(began) {
			w.fail("a reissue that says deleted leaves nothing of before", "member %d: %v", member, show([]webchattest.Contact{c}))
		}
	}
}

// visitor has a browser erase or reissue what is kept of its visitor.
func (w *world) visitor(browser, at int, path string) {
	r := w.running(at)
	if r == nil {
		return
	}
	a := &asked{browser: browser, replica: at, began: time.Now(), member: -1}
	if w.send(context.WithValue(context.Background(), askedKey{}, a), r, browser, http.MethodPost, path, false) == nil {
		return
	}
	switch {
	case a.err == nil, isTrouble(a.err), errors.Is(a.err, contacts.ErrNotFound):
	case path == "/reissue" && (errors.Is(a.err, contacts.ErrErased) || errors.Is(a.err, contacts.ErrRetired) || errors.Is(a.err, contacts.ErrReissuing)):
	default:
		w.fail("EraseVisitor and ReissueVisitor work", "browser %d: %v", browser, a.err)
	}
}

// isLive reports whether a member is not erased.
func (w *world) isLive(member int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.accounts[member].erased.IsZero()
}

func (w *world) lift(member, at int) {
	r := w.running(at)
	if r == nil {
		return
	}
	err := r.mc.Restore(context.Background(), w.accounts[member].id)
	if err != nil && r.pulse.lives() && !errors.Is(err, contacts.ErrNotErased) && !errors.Is(err, contacts.ErrNotFound) && !isTrouble(err) {
		w.fail("Restore works", "member %d: %v", member, err)
	}
}

var (
	configLine = regexp.MustCompile(`(?m)^window\.maiagentChatbotConfig = (\{.*\});$`)
	reasonLine = regexp.MustCompile(`(?m)^// maicontact: no chat: (.*)$`)
)

// ask loads the chat script, checks what it says, and returns the id in it.
func (w *world) ask(browser, at int, lost bool) (id, reason string) {
	_, id, reason = w.askAs(browser, at, lost)
	return id, reason
}

// askAs is ask that also tells who was there.
func (w *world) askAs(browser, at int, lost bool) (a *asked, id, reason string) {
	a = &asked{browser: browser, replica: at, began: time.Now(), member: -1}
	r := w.running(at)
	if r == nil {
		return a, "", "down"
	}
	w.mu.Lock()
	for i := range w.accounts {
		a.epoch[i] = w.accounts[i].epoch
	}
	w.mu.Unlock()
	response := w.send(context.WithValue(context.Background(), askedKey{}, a), r, browser, http.MethodGet, "/webchat.js", lost)
	if response == nil {
		w.tellingEnds(a.it, true)
		return a, "", "down"
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
	w.tellingEnds(a.it, id == "")
	w.checkAnswer(a, id, reason)
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.member >= 0 {
		w.departs(a.sent, r.pulse)
	} else if id != "" {
		w.guests[a.got] = id
	}
	return a, id, reason
}
