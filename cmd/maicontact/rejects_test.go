package main

import (
	"os"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Nothing of a line that is no CSV is lost, however often it is fed again.
func TestRejectsKeepALineThatIsNoCSV(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	good := b.legacy("good")
	file := b.write("csv", "member_id,contact_id,name\r\n50,"+anotherUUID+",An \"odd\" name\r\n"+good+",Good\r\n51,\"\xffno end,陳\n52,x,y\n")
	for n := range 3 {
		b.run("import", file).exits(exitFindings).says("line 2", "2 rejected")
		file += ".rejects"
		kept, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"50," + anotherUUID + `,An ""odd"" name`, "51,\"\"\xffno end,陳\n52,x,y"} {
			if strings.Count(string(kept), line) != 1 {
				t.Errorf("after %d rounds there is\n%s", n+1, kept)
			}
		}
	}
	if b.row("good").ContactID != b.ids["good"] {
		t.Error("the good line was not taken")
	}
}

// That what is rejected has no place is told before anything is done.
func TestRejectsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	file := b.write("csv", header+b.legacy("good")+"\n")
	b.run("import", file, "--rejects", b.path+".none/rejects").exits(exitUsage).says("--rejects: the file cannot be written: no such file or directory")
	if n := len(b.table()); n != 0 {
		t.Errorf("there are %d rows", n)
	}
	b.run("import", file).exits(exitDone)
	if _, err := os.Stat(file + ".rejects"); err == nil {
		t.Error("the try has left a file")
	}
}

// What a former run has rejected may have been mended since: a run that does not get
// as far as the first line leaves it alone.
func TestRejectsOfARunThatDoesNotBegin(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	file := b.write("csv", header+"bad,no id,,,\n")
	empty := b.write("empty.csv", header)
	b.run("import", file).exits(exitFindings)
	mended := []byte("member_id,contact_id\n" + b.legacy("mended") + "\n")
	for _, name := range []string{file, empty} {
		if err := os.WriteFile(name+".rejects", mended, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept := func(after, file string) {
		t.Helper()
		if now, err := os.ReadFile(file + ".rejects"); err != nil || string(now) != string(mended) {
			t.Errorf("after %s the rejects of before are %q, %v", after, now, err)
		}
	}
	b.run("import", empty).exits(exitUsage)
	kept("a file with nothing in it", empty)
	namespace := b.env["SITE_NAMESPACE"]
	b.env["SITE_NAMESPACE"] = ""
	b.run("import", file).exits(exitUsage)
	kept("wrong settings", file)
	b.env["SITE_NAMESPACE"] = namespace
	remove := b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 401})
	b.run("import", file).exits(exitFailure)
	kept("a key that is not taken", file)
	remove()

	if err := os.WriteFile(file, []byte(header+b.legacy("good")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run("import", file).exits(exitDone)
	if _, err := os.Stat(file + ".rejects"); err == nil {
		t.Error("the rejects of a former run are there after one without any")
	}
}
