package sitetest

import "testing"

// One person's way through the shop in one tab. Each step says who must be
// seen, and which contacts MaiAgent has then.
func TestOneTab(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person(t)
	ids := map[string]string{} // of each person so far
	for _, step := range []struct {
		name     string
		do       func()
		want     seen
		who      string // for ids: the same name is the same person
		contacts string
	}{
		{"arrive", p.visit, visitor, "first visitor", "Anonymous"},
		{"reload", p.reload, visitor, "first visitor", "Anonymous"},
		{"sign up", func() { p.signUp("Alice") }, member("Alice"), "Alice", "Alice, Anonymous"},
		{"reload as a member", p.reload, member("Alice"), "Alice", "Alice, Anonymous"},
		{"log out", p.logOut, visitor, "second visitor", "Alice, Anonymous, Anonymous"},
		{"another signs up", func() { p.signUp("Bob") }, member("Bob"), "Bob", "Alice, Anonymous, Anonymous, Bob"},
		{"log in over Bob's login", func() { p.logIn("Alice") }, member("Alice"), "Alice", "Alice, Anonymous, Anonymous, Bob"},
		{"and back", func() { p.logIn("Bob") }, member("Bob"), "Bob", "Alice, Anonymous, Anonymous, Bob"},
		{"sign up over a login", func() { p.signUp("Carol") }, member("Carol"), "Carol", "Alice, Anonymous, Anonymous, Bob, Carol"},
		{"log out again", p.logOut, visitor, "third visitor", "Alice, Anonymous, Anonymous, Anonymous, Bob, Carol"},
		{"log in", func() { p.logIn("Alice") }, member("Alice"), "Alice", "Alice, Anonymous, Anonymous, Anonymous, Bob, Carol"},
	} {
		step.do()
		id := p.wantSeen(step.want)
		w.wantContacts(step.contacts)
		for who, other := range ids {
			if (who == step.who) != (other == id) {
				t.Errorf("%s and %s have each other's contact, or one of them has a new one", who, step.who)
			}
		}
		ids[step.who] = id
		if t.Failed() {
			t.Fatalf("at the step %q", step.name)
		}
	}
}

// Two tabs of one browser: whatever is done in one, the other one's next page
// is of the same person.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.person(t)
	one.visit()
	stranger := one.wantSeen(visitor)
	two := one.another()
	two.visit()
	if two.wantSeen(visitor) != stranger {
		t.Error("the visitor's other tab has another contact")
	}
	for _, step := range []struct {
		name     string
		do       func()
		want     seen
		contacts string
	}{
		{"sign up", func() { one.signUp("Alice") }, member("Alice"), "Alice, Anonymous"},
		{"log out", func() { one.logOut() }, visitor, "Alice, Anonymous, Anonymous"},
		{"another", func() { one.signUp("Bob") }, member("Bob"), "Alice, Anonymous, Anonymous, Bob"},
		{"over a login", func() { one.logIn("Alice") }, member("Alice"), "Alice, Anonymous, Anonymous, Bob"},
		{"log out again", func() { one.logOut() }, visitor, "Alice, Anonymous, Anonymous, Anonymous, Bob"},
	} {
		step.do()
		id := one.wantSeen(step.want)
		two.visit()
		if two.wantSeen(step.want) != id || id == stranger {
			t.Errorf("%s: the tabs have different contacts, or that of the first visitor", step.name)
		}
		w.wantContacts(step.contacts)
	}
}
