package main

import (
	"os"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Those who run a site know nothing of packages.
func TestNoPackagesAreNamed(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	b.member("7")
	b.run("restore", "7").exits(exitFindings).says("it cannot be done: restore: the person is not erased, or not completely\n").isPlain()
	file := b.write("csv", header+strings.Replace(b.legacy("8"), "8,", "7,", 1)+"\n")
	b.run("import", file, "--json").exits(exitFindings).says(`"reason":"the person has another contact already"`).isPlain()
	if rejects, err := os.ReadFile(file + ".rejects"); err != nil || !strings.Contains(string(rejects), ",the person has another contact already") {
		t.Errorf("the rejects are %s, %v", rejects, err)
	}
	b.change("7", func(r *contacts.Row) { r.Failures, r.Reason = 1, "webchat: get_contact: status 500" })
	b.personal = true
	b.run("export", "7").exits(exitDone).says(`"reason": "get_contact: status 500"`)
	b.personal = false
	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 500})
	b.run("suspend", "7").exits(exitFindings).says(": get_contact: status 500").isPlain()
	b.run("show", "7", "--json").exits(exitDone).says(`"reason":"`).isPlain()
	b.exec("DROP TABLE maicontact_contacts")
	b.run("doctor", "table").exits(exitFindings).isPlain()
	b.run("show", "7").exits(exitFailure).isPlain()
}
