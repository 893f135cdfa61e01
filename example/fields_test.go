package main

import (
	"net/url"
	"strings"
	"testing"
)

func TestFields(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		field, value string
		kept         string // empty: refused
	}{
		{"email", "ana@example.com", "ana@example.com"},
		{"email", "  Ana.Maria+tea@Sub.Example.co.uk\t", "Ana.Maria+tea@Sub.Example.co.uk"},
		{"email", "o'neill!#$%&*/=?^_`{|}~-@example.com", "o'neill!#$%&*/=?^_`{|}~-@example.com"},
		{"email", "", ""},
		{"email", "ana", ""},
		{"email", "ana@localhost", ""},
		{"email", "ana@example.com, ben@example.com", ""},
		{"email", "ana..b@example.com", ""},
		{"email", ".ana@example.com", ""},
		{"email", "ana@-example.com", ""},
		{"email", "ana@example..com", ""},
		{"email", "ana@exam\nple.com", ""},
		{"email", "Ana <ana@example.com>", ""},
		{"email", strings.Repeat("a", maxEmail-12) + "@example.com", strings.Repeat("a", maxEmail-12) + "@example.com"},
		{"email", strings.Repeat("a", maxEmail-11) + "@example.com", ""},
		{"name", " Ana ", "Ana"},
		{"name", "李小龍", "李小龍"},
		{"name", strings.Repeat("é", maxName), strings.Repeat("é", maxName)},
		{"name", strings.Repeat("é", maxName+1), ""},
		{"name", " \t\u00a0", ""},
		{"name", "\u200b\u2060", ""},
		{"name", "a\x00b", ""},
		{"name", "\xff", ""},
		{"phone", "+351 (912) 000-111", "+351 (912) 000-111"},
		{"phone", "(02) 2345/6789", "(02) 2345/6789"},
		{"phone", "+", ""},
		{"phone", "12x", ""},
		{"phone", "١٢٣", ""},
		{"phone", strings.Repeat("1", maxPhone+1), ""},
		{"password", "12345678", "12345678"},
		{"password", "  spaces ", "  spaces "},
		{"password", "éééééééé", "éééééééé"},
		{"password", "1234567", ""},
		{"password", strings.Repeat("1", maxPassword), strings.Repeat("1", maxPassword)},
		{"password", strings.Repeat("1", maxPassword+1), ""},
		{"password", "12345678\x00", ""},
	} {
		f, problems := readFields(url.Values{test.field: {test.value}}, test.field)
		got := map[string]string{"email": f.email, "name": f.name, "phone": f.phone, "password": f.password}[test.field]
		if accepted := problems == nil; accepted != (test.kept != "") || accepted && got != test.kept {
			t.Errorf("%s %q is %q, %v", test.field, test.value, got, problems)
		}
	}
}

// A profile form may have any of the fields; a sign-up needs them all, but a
// phone may be empty.
func TestFieldsLeftOut(t *testing.T) {
	t.Parallel()
	if f, problems := readProfile(url.Values{"name": {"Ana"}, "plan": {"vip"}}); problems != nil || len(f.has) != 1 || !f.has["name"] {
		t.Errorf("a profile with a name: %+v, %v", f, problems)
	}
	if f, problems := readProfile(url.Values{"phone": {""}}); problems != nil || !f.has["phone"] || f.phone != "" {
		t.Errorf("a profile with no phone any more: %+v, %v", f, problems)
	}
	_, problems := readSignUp(url.Values{})
	var missing []string
	for _, p := range problems {
		missing = append(missing, p.Field)
	}
	if strings.Join(missing, " ") != "email name password" {
		t.Errorf("a sign-up without anything lacks %v", missing)
	}
}

func FuzzFields(f *testing.F) {
	f.Add("ana@example.com", "Ana", "+351 1", "12345678")
	f.Add("a@b.c", "\u2028", "(", "\xff")
	f.Fuzz(func(t *testing.T, email, name, phone, password string) {
		got, problems := readSignUp(url.Values{"email": {email}, "name": {name}, "phone": {phone}, "password": {password}})
		if problems != nil {
			return
		}
		all := got.email + got.name + got.phone + got.password
		if strings.ToValidUTF8(all, "") != all || strings.ContainsRune(all, 0) || got.name == "" || got.email == "" ||
			strings.ContainsAny(got.email+got.phone, "<>\"\r\n\t") || len(got.password) > maxPassword {
			t.Errorf("accepted: %+v", got)
		}
	})
}
