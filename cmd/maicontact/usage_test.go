package main

import (
	"strings"
	"testing"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// What stands on a command line by mistake is not repeated: it may be a contact id.
func TestUsageErrorsRepeatNoContact(t *testing.T) {
	t.Parallel()
	b := newBed(t, webchattest.Options{})
	for _, args := range [][]string{
		{"link", "77", anotherUUID}, {"show", "77", strings.ToUpper(anotherUUID)}, {"show", "--" + anotherUUID}, {anotherUUID},
		{"audit", "--rate", anotherUUID}, {"audit", "--rate=" + anotherUUID}, {"audit", "--repair=" + anotherUUID}, {"doctor", anotherUUID},
		{"show", "77", strings.ReplaceAll(anotherUUID, "-", "")}, {"import", anotherUUID},
	} {
		o := b.run(args...).exits(exitUsage)
		said := strings.ToLower(strings.ReplaceAll(o.stdout+o.stderr, "-", ""))
		if strings.Contains(said, strings.ReplaceAll(anotherUUID[:13], "-", "")) {
			t.Errorf("%v is answered with %s", args, o.stderr)
		}
	}
	b.run("shwo", "7").exits(exitUsage).says("shwo")
}
