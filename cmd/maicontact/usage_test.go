package main

import (
	"strings"
	"testing"
	"time"

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

// Somebody of whom the table knows nothing is named, and what makes a row of them
// says so.
func TestUnknownMembers(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	for _, command := range []string{"show", "resume"} {
		b.run(command, "999").exits(exitFindings).says("maicontact: the table knows no member 999\n")
	}
	b.run("export", "999").exits(exitFindings).says("maicontact: neither the table nor MaiAgent knows a member 999\n")
	b.run("show", anotherUUID).exits(exitFindings).says("maicontact: the table knows no member [an id]\n")
	b.feed(anotherUUID, "show", "--by-contact").exits(exitFindings).says("maicontact: the table knows nobody with this contact\n")
	for _, command := range []string{"suspend", "erase"} {
		const says = " until now: see that the business user ID is right"
		if o := b.run(command, command+"|1").exits(exitDone); !strings.Contains(o.stderr, "The table did not know member "+command+"|1"+says) {
			t.Errorf("%s says nothing of it: %s", command, o.stderr)
		}
		if o := b.run(command, command+"|1").exits(exitDone); strings.Contains(o.stderr, "did not know") {
			t.Errorf("%s of somebody known says: %s", command, o.stderr)
		}
	}
	b.run("suspend", "erase|1").exits(exitFindings).says("maicontact: it cannot be done: the person is erased; maicontact restore lifts that\n")
	file := b.write("csv", header+b.legacy("erase|1")+"\n")
	b.run("import", file).exits(exitFindings).says("line 2, member erase|1: the person is erased; maicontact restore lifts that\n")
}

// Where nobody answers at all a command does not begin to wait; where MaiAgent goes
// away in the middle of it, it says that it waits.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.member("7")
	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.GetContact, Times: 4})
	b.run("audit").exits(exitDone).says("MaiAgent does not answer; waiting for it")
	b.env["MAIAGENT_BASE_URL"] = "http://" + refused(b)
	for _, args := range [][]string{{"audit"}, {"export", "7"}, {"import", b.write("csv", header)}} {
		start := time.Now()
		o := b.run(args...).exits(exitFailure).says("refused")
		if took := time.Since(start); took > 20*time.Second || strings.Contains(o.stderr, "again") && args[0] != "import" {
			t.Errorf("%v takes %s and says %s", args, took, o.stderr)
		}
	}
}

func TestKeyFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	for args, status := range map[string]int{"show 7": exitUsage, "doctor": exitFindings} {
		o := b.run(append(strings.Fields(args), "--api-key-file", "/nonexistent")...).exits(status).says("--api-key-file: cannot be read: no such file or directory")
		if strings.Contains(o.stdout+o.stderr, "MAIAGENT_API_KEY: ") {
			t.Errorf("%s names another setting:\n%s\n%s", args, o.stdout, o.stderr)
		}
	}
	b.run("--help").exits(exitDone).says("\nExit status: 0 done, 1 findings, 2 wrong usage or settings, 3 could not run.\n")
}
