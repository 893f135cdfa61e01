package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// schema says which keys an object has, and of which kind their values are: s, n,
// b, o or a for text, number, boolean, object or list, t for a time; with a
// question mark where they may be missing. No other keys are allowed.
type schema string

func (s schema) check(t *testing.T, what string, object map[string]any) {
	t.Helper()
	known := map[string]bool{}
	for field := range strings.FieldsSeq(string(s)) {
		name, kind, _ := strings.Cut(field, ":")
		kind, optional := strings.CutSuffix(kind, "?")
		known[name] = true
		value, there := object[name]
		if !there {
			if !optional {
				t.Errorf("%s: %s is missing in %v", what, name, object)
			}
			continue
		}
		if got := kindOf(value); got != kind && (kind != "s" || got != "t") {
			t.Errorf("%s: %s is %v", what, name, value)
		}
	}
	for name := range object {
		if !known[name] {
			t.Errorf("%s: %s is in no schema", what, name)
		}
	}
}

func kindOf(value any) string {
	switch value := value.(type) {
	case string:
		if _, err := time.Parse(time.RFC3339, value); err == nil {
			return "t"
		}
		return "s"
	case float64:
		return "n"
	case bool:
		return "b"
	case map[string]any:
		return "o"
	case []any:
		return "a"
	}
	return "none"
}

const (
	statusSchema = schema("kind:s id:s? state:s hasContact:b contactEnd:s? handedOut:b generation:n revision:n? profileConfirmed:b accessConfirmed:b suspensionConfirmed:b since:t? refused:s? " +
		"inDoubtUntil:t? due:t? failures:n? reason:s? lastCall:o? created:t updated:t expires:t? contactId:s?")
	schemaSchema   = schema("database:s version:n newest:n state:s sql:s?")
	checkSchema    = schema("check:s state:s says:s because:s?")
	listSchema     = schema("check:s about:s needs:a?")
	importedSchema = schema("result:s line:n member:s? reason:s?")
	importSummary  = schema("result:s read:n linked:n unchanged:n rejected:n dryRun:b?")
	findingSchema  = schema("finding:s person:s? id:s? says:s sourceId:s? contactEnd:s? created:t? repair:s? repairable:b?")
	auditSchema    = schema("result:s rows:n contacts:n findings:n repaired:n marked:n formerVisitors:n")
	exportSchema   = schema("exported:t namespace:s inboxId:s person:s memberId:s? table:o waiting:o? contacts:a")
	prunedSchema   = schema("visitors:n unseen:n rows:n contacts:n left:n dryRun:b?")
	answerSchema   = schema("name:s value:s about:s")
	changeSchema   = schema("name:s before:s now:s")
)

// Every line of every command's --json is an object of its schema.
func TestJSON(t *testing.T) {
	t.Parallel()
	b := newBed(t, webchattest.Options{OtherInboxIDs: []string{secondInbox}})
	b.open()
	b.trouble()
	b.change("renamed", func(r *contacts.Row) { r.Failures, r.Reason, r.Refused = 2, "status 400", "phone" })
	b.visitor("visitor", 100*day)
	mapping := b.write("csv", header+b.legacy("new")+"\nbad,x\n")
	answers := b.write("answers.json", `{"foldCase":"yes"}`)
	link := b.legacy("linked")
	_, linked, _ := strings.Cut(link, ",")
	b.personal = true
	last := func(each, end schema) func(int, int) schema {
		return func(at, n int) schema {
			if at == n-1 {
				return end
			}
			return each
		}
	}
	tests := []struct {
		args  string
		stdin string
		of    func(at, n int) schema
	}{
		{"migrate status", "", last("", schemaSchema)},
		{"migrate up --show-sql", "", last("", schemaSchema)},
		{"doctor", "", last(checkSchema, checkSchema)},
		{"doctor --list", "", last(listSchema, listSchema)},
		{"show renamed", "", last("", statusSchema)},
		{"show renamed --reveal", "", last("", statusSchema)},
		{"show --by-contact", b.ids["visitor"].Reveal(), last("", statusSchema)},
		{"link linked", linked, last("", statusSchema)},
		{"import " + mapping + " --dry-run", "", last(importedSchema, importSummary)},
		{"import " + mapping, "", last(importedSchema, importSummary)},
		{"audit --rate 1000", "", last(findingSchema, auditSchema)},
		{"audit --rate 1000 --repair", "", last(findingSchema, auditSchema)},
		{"export fine-1", "", last("", exportSchema)},
		{"prune --unseen 24h --dry-run", "", last("", prunedSchema)},
		{"prune --unseen 24h", "", last("", prunedSchema)},
		{"suspend fine-2", "", last("", statusSchema)},
		{"resume fine-2", "", last("", statusSchema)},
		{"reissue fine-2", "", last("", statusSchema)},
		{"erase fine-3", "", last("", statusSchema)},
		{"restore fine-3", "", last("", statusSchema)},
		{"probe " + webchattest.DefaultInboxID + " --wait 300ms --compare " + answers, "", last(answerSchema, changeSchema)},
	}
	_, commands, _ := strings.Cut(b.run("--help").stdout, "Commands:\n")
	for _, line := range regexp.MustCompile(`(?m)^  (\w+( \w+)?)  `).FindAllStringSubmatch(commands, -1) {
		tested := false
		for _, test := range tests {
			tested = tested || strings.HasPrefix(test.args+" ", line[1]+" ")
		}
		if !tested {
			t.Errorf("%s is not tested", line[1])
		}
	}
	for _, test := range tests {
		o := b.feed(test.stdin, append(strings.Fields(test.args), "--json")...)
		if o.status > exitFindings {
			t.Errorf("%s ends with %d: %s", test.args, o.status, o.stderr)
		}
		lines := o.lines()
		if len(lines) == 0 || strings.Count(o.stdout, "\n") != len(lines) {
			t.Errorf("%s prints %d objects in %q", test.args, len(lines), o.stdout)
		}
		for at, object := range lines {
			test.of(at, len(lines)).check(t, test.args, object)
		}
	}
}
