package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// legacy makes a contact as another program did, and writes down a line of its
// mapping.
func (b *bed) legacy(member string) (line string) {
	b.Helper()
	b.ids[member] = b.contact("legacy-"+member, profileOf(member))
	return member + "," + b.ids[member].Reveal()
}

func (b *bed) write(name, text string) string {
	b.Helper()
	path := b.path + "." + name
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

const header = "member_id,contact_id,name,email,query_metadata\n"

// mapping is a file with five good lines, and one of each kind that is not.
func (b *bed) mapping() string {
	b.Helper()
	lines := header
	for n := range 5 {
		lines += b.legacy(fmt.Sprint("good-", n)) + "\n"
	}
	b.member("has another")
	b.member("erased")
	b.run("erase", "erased").exits(exitDone)
	elsewhere := b.legacy("elsewhere")
	b.sim.Move(b.ids["elsewhere"].Reveal(), secondInbox)
	deleted := b.legacy("deleted")
	b.sim.Delete(b.ids["deleted"].Reveal())
	return lines + elsewhere + "\n" + deleted + "\n" + "missing," + anotherUUID + "\n" +
		strings.Replace(b.legacy("has another one"), "has another one", "has another", 1) + "\n" +
		strings.Replace(b.legacy("for the erased"), "for the erased", "erased", 1) + "\n" +
		"thief," + b.ids["good-0"].Reveal() + "\n" +
		"nonsense,canary@example.com\n"
}

var rejections = map[string]string{
	"elsewhere": "the contact is in another inbox", "deleted": "MaiAgent has no such contact", "missing": "MaiAgent has no such contact",
	"has another": "the person has another contact already", "erased": "the person is erased",
	"thief": "the contact belongs to somebody else", "nonsense": "contact_id is not a UUID",
}

func newImportBed(t *testing.T) *bed {
	b := newBed(t, webchattest.Options{OtherInboxIDs: []string{secondInbox}})
	b.open()
	return b
}

func TestImport(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	file := b.write("csv", b.mapping())
	before := b.table()

	dry := b.run("import", file, "--dry-run", "--rate", "1000").exits(exitFindings).says("12 read: 5 would be linked, 0 unchanged, 7 rejected")
	after := b.table()
	if len(after) != len(before) {
		t.Fatalf("a dry run makes %d rows of %d", len(after), len(before))
	}
	for i := range after {
		if after[i] != before[i] {
			t.Errorf("a dry run changes row %s", after[i].ID)
		}
	}
	if strings.Contains(dry.stdout, "good-") {
		t.Errorf("it tells what is right: %s", dry.stdout)
	}

	o := b.run("import", file, "--rate", "1000", "--json").exits(exitFindings)
	got := map[string]string{}
	lines := o.lines()
	for _, line := range lines[:len(lines)-1] {
		member, _ := line["member"].(string)
		reason, _ := line["reason"].(string)
		got[member] = line["result"].(string) + ": " + reason
	}
	for member, reason := range rejections {
		if !strings.HasPrefix(got[member], "rejected: ") || !strings.Contains(got[member], reason) {
			t.Errorf("%s: %q, want %q", member, got[member], reason)
		}
	}
	for n := range 5 {
		id := fmt.Sprint("good-", n)
		if row := b.row(id); row.ContactID != b.ids[id] || row.Ready() || got[id] != "linked: " {
			t.Errorf("%s is %s, and told %q", id, row.State(), got[id])
		}
	}
	if last := lines[len(lines)-1]; last["result"] != "done" || last["linked"] != 5.0 || last["rejected"] != 7.0 || last["read"] != 12.0 {
		t.Errorf("the summary is %v", last)
	}

	// What was rejected can be mended and fed again, and nothing else is in it.
	rejects, err := os.ReadFile(file + ".rejects")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file + ".rejects"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is open to others: %v", info.Mode())
	}
	mended := strings.Replace(string(rejects), anotherUUID, strings.Split(b.legacy("mended"), ",")[1], 1)
	again := b.write("mended.csv", mended)
	b.run("import", again, "--rate", "1000").exits(exitFindings).says("7 read: 1 linked, 0 unchanged, 6 rejected")
	if b.row("missing").ContactID != b.ids["mended"] {
		t.Error("the mended line was not taken")
	}

	// Once more: nothing is asked of MaiAgent for what is there.
	b.sim.ResetRequests()
	good := b.write("good.csv", header+strings.Join(strings.Split(b.mappingOf("good-0", "good-1"), "\n"), "\n"))
	b.run("import", good).exits(exitDone).says("2 read: 0 linked, 2 unchanged, 0 rejected")
	if n := b.sim.Count(webchattest.GetContact); n != 0 {
		t.Errorf("%d contacts were read", n)
	}
	if _, err := os.Stat(good + ".rejects"); err == nil {
		t.Error("there is a file of rejects with nothing in it")
	}
}

func (b *bed) mappingOf(members ...string) string {
	var lines []string
	for _, member := range members {
		lines = append(lines, member+","+b.ids[member].Reveal())
	}
	return strings.Join(lines, "\n")
}

// From standard input, as JSON, with the profile: it waits to be sent, and the
// contact is handed out when it was.
func TestImportWithProfile(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	b.legacy("7")
	line := `{"memberId":"7","contactId":"` + b.ids["7"].Reveal() + `","name":"Ann","email":"` + canaryEmail + `","queryMetadata":{"plan":"vip"},"created":"2020-02-03"}`
	b.feed(line, "import", "-").exits(exitDone).says("1 linked")
	row := b.row("7")
	if row.State() != contacts.StatePending || row.Due.IsZero() || row.Waiting == nil || row.Waiting.Name != "Ann" || row.Created.Year() != 2020 {
		t.Errorf("the row is %s, due %s, created %s", row.State(), row.Due, row.Created)
	}
	b.run("suspend", "7").exits(exitDone)
	b.run("resume", "7").exits(exitDone)
	if row := b.row("7"); row.ContactID != b.ids["7"] || row.State() != contacts.StateSettled {
		t.Errorf("the row is %s", row.State())
	}
	held, _ := b.sim.Contact(b.ids["7"].Reveal())
	if held.Name != "Ann" || string(held.QueryMetadata) != `{"plan":"vip"}` || held.SourceID != identity.SourceID(b.scope.Member("7"), 1) {
		t.Errorf("MaiAgent holds %q, %s, with source id %q", held.Name, held.QueryMetadata, held.SourceID)
	}
	// A member of whom the site has said something keeps that.
	b.feed(strings.Replace(line, "vip", "basic", 1), "import", "-").exits(exitDone).says("1 unchanged")
}

func TestImportWithoutVerifying(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	b.legacy("7")
	b.sim.ResetRequests()
	b.feed(header+b.mappingOf("7")+"\nmissing,"+anotherUUID+"\n", "import", "-", "--no-verify").exits(exitDone).says("2 linked")
	if n := b.sim.Count(""); n != 0 {
		t.Errorf("MaiAgent was asked %d times", n)
	}
}

// What does not work as a whole ends the import with 3, and it can go on later.
func TestImportIsInterrupted(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	file := b.write("csv", header+b.legacy("7")+"\n"+b.legacy("8")+"\n")
	b.env["MAIAGENT_API_KEY"] = "wrong"
	b.run("import", file).exits(exitFailure).says("status 401")
	b.env["MAIAGENT_API_KEY"] = canaryKey
	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.GetContact, Status: 403, After: 1})
	b.run("import", file).exits(exitFailure).says("It is not complete; the same command goes on where it was.", "status 403")
	b.sim.ClearFaults()
	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.GetContact, Times: 2}) // waits
	b.run("import", file).exits(exitDone)
	if b.row("7").ContactID != b.ids["7"] || b.row("8").ContactID != b.ids["8"] {
		t.Error("not all are there")
	}
	b.run("import", file+".missing").exits(exitUsage)
	b.run("import", b.write("x", "a,b\n")).exits(exitUsage)
	b.run("import", file, "--rate", "0").exits(exitUsage)
	b.run("import", file, "--rejects", file).exits(exitUsage)
	if _, err := os.Stat(file); err != nil {
		t.Error("the file to import is gone")
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	b.legacy("7")
	b.feed(b.ids["7"].Reveal(), "link", "7").exits(exitDone).says("member 7: pending", "not handed out")
	b.feed(b.ids["7"].Reveal(), "link", "7").exits(exitDone)
	b.feed(b.ids["7"].Reveal(), "link", "8").exits(exitFindings).says("belongs to somebody else")
	b.feed(anotherUUID, "link", "9").exits(exitFindings).says("MaiAgent has no such contact")
	b.feed(anotherUUID, "link", "9", "--no-verify").exits(exitDone)
	b.legacy("x")
	b.feed(b.ids["x"].Reveal(), "link", "7").exits(exitFindings).says("has another contact already")
}

// The rate is kept.
func TestImportRate(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	lines := header
	for n := range 28 {
		lines += b.legacy(fmt.Sprint(n)) + "\n"
	}
	start := time.Now()
	b.feed(lines, "import", "-", "--rate", "40").exits(exitDone)
	if took := time.Since(start); took < 500*time.Millisecond { // 8 at once, then 20 and more at 40 a second
		t.Errorf("it took %s", took)
	}
}

// A dry run tells what the run itself does, where lines of one file are about one
// member or one contact, too.
func TestDryRunTellsWhatTheRunDoes(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	b.member("erased")
	b.run("erase", "erased").exits(exitDone)
	contact := func(line string) string { return strings.Split(line, ",")[1] }
	d, e, f, g := contact(b.legacy("d")), contact(b.legacy("e")), contact(b.legacy("f")), contact(b.legacy("g"))
	file := b.write("csv", header+strings.Join([]string{
		"60," + d, "60," + e, // one member, two contacts
		"61," + anotherUUID, "61," + e, // the first of them is not there
		"erased," + f, "62," + f, // the first member cannot have it
		"63," + g, "63," + g, // the same once more
		"64," + g, // another's
	}, "\n")+"\n")
	var told [2]string
	for i, args := range [][]string{{"--dry-run"}, nil} {
		var lines [10]string
		for _, line := range b.run(append([]string{"import", file, "--rate", "1000", "--json"}, args...)...).exits(exitFindings).lines() {
			if n, ok := line["line"].(float64); ok {
				lines[int(n)-2] = fmt.Sprint(line["result"], " ", line["reason"])
			} else {
				lines[9] = fmt.Sprint(line["read"], line["linked"], line["unchanged"], line["rejected"])
			}
		}
		told[i] = strings.Join(lines[:], "\n")
	}
	if told[0] != told[1] || !strings.HasSuffix(told[1], "9 4 1 4") {
		t.Errorf("the dry run tells\n%s\nand the run\n%s", told[0], told[1])
	}
}

// A mapping with nothing in it is a mistake, however little there is.
func TestImportOfNothing(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	for _, text := range []string{"", "\n", header, strings.TrimSpace(header), header + "\n\n"} {
		if o := b.run("import", b.write("csv", text)).exits(exitUsage).says("has nothing to import"); o.stdout != "" {
			t.Errorf("of %q it tells %s", text, o.stdout)
		}
	}
}
