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

// A rate is a number of calls: nothing that switches the limit off.
func TestRateIsANumber(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	file := b.write("csv", header)
	for _, rate := range []string{"NaN", "nan", "Inf", "+Inf", "-Inf", "0", "-1"} {
		for _, args := range [][]string{{"audit"}, {"import", file}, {"prune", "--unseen=1h"}} {
			b.run(append(args, "--rate="+rate)...).exits(exitUsage).says("--rate must be a number of more than 0")
		}
	}
}
