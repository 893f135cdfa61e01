package main

import (
	"os"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestProbe(t *testing.T) {
	t.Parallel()
	b := newBed(t, webchattest.Options{})
	file := b.path + ".answers.json"
	probe := []string{"probe", webchattest.DefaultInboxID, "--wait", "300ms"}
	b.run(append(probe, "--write", file)...).exits(exitDone).says("foldCase", "source ids are kept in lower case", "cleanedUp             yes")
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), `"foldCase": "no"`) {
		t.Errorf("the file is %s, %v", text, err)
	}
	b.run(append(probe, "--compare", file)...).exits(exitDone)
	b.sim.Switch(func(w *webchattest.Switches) { w.FoldCase = true })
	o := b.run(append(probe, "--compare", file, "--json")...).exits(exitFindings)
	if lines := o.lines(); lines[len(lines)-1]["name"] != "foldCase" || lines[len(lines)-1]["now"] != "yes" {
		t.Errorf("the last line is %v", lines[len(lines)-1])
	}
	if n := len(b.sim.Contacts()); n != 0 {
		t.Errorf("%d contacts are left", n)
	}
	b.run("probe").exits(exitUsage)
	b.run("probe", "inbox").exits(exitUsage)
	b.run(append(probe, "--compare", file+".missing")...).exits(exitUsage)
	b.run("probe", anotherUUID).exits(exitFailure).says("does not let a contact be made")
	b.env["MAIAGENT_API_KEY"] = ""
	b.run(probe...).exits(exitUsage).says("MAIAGENT_API_KEY: is required")
}
