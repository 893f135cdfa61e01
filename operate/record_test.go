package operate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

const (
	idA = webchat.ContactID("aaaaaaaa-0000-4000-8000-000000000001")
	idB = webchat.ContactID("bbbbbbbb-0000-4000-8000-000000000002")
)

func readAll(t *testing.T, text string) (*Reader, []Record) {
	t.Helper()
	from, err := NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var all []Record
	for {
		r, err := from.Next()
		if errors.Is(err, io.EOF) {
			return from, all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"csv": "Member ID,contact_id,Name,email,phone,query_metadata,created,whatever\n" +
			`7,` + string(idA) + `,"Ann, A.",a@example.com,+1,"{""plan"":""vip""}",2025-01-02T03:04:05Z,x` + "\n" +
			`8,` + strings.ToUpper(string(idB)) + ",,,,null,1735787045000\n" +
			"9," + string(idA) + ",Carl\n",
		"csv with a mark and blank lines": "\uFEFF\n\nmemberId,contactId,name,email,phone,queryMetadata,created\r\n" +
			`7,` + string(idA) + `,"Ann, A.",a@example.com,+1,"{""plan"":""vip""}",2025-01-02 03:04:05` + "\r\n\r\n" +
			`8,` + string(idB) + ",,,,null,1735787045\r\n" +
			"9," + string(idA) + ",Carl\r\n",
		"json": `{"memberId":7,"contactId":"` + string(idA) + `","name":"Ann, A.","email":"a@example.com","phone":"+1","queryMetadata":{"plan":"vip"},"created":"2025-01-02T03:04:05Z","x":{"y":1}}` + "\n\n" +
			`{"member_id":"8","contact_id":"` + string(idB) + `","query_metadata":null,"created":1735787045000}` + "\n" +
			`{"memberId":"9","contactId":"` + string(idA) + `","name":"Carl"}`,
	} {
		_, all := readAll(t, text)
		if len(all) != 3 {
			t.Fatalf("%s: %d records", name, len(all))
		}
		created := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
		for i, r := range all {
			if r.fault != nil {
				t.Errorf("%s: record %d: %v", name, i, r.fault)
			}
		}
		if r := all[0]; r.MemberID != "7" || r.ContactID != idA || !r.HasProfile || r.Profile.Name != "Ann, A." || r.Profile.Email != "a@example.com" ||
			r.Profile.Phone != "+1" || string(r.Profile.QueryMetadata.JSON()) != `{"plan":"vip"}` || !r.Created.Equal(created) {
			t.Errorf("%s: the first record is wrong: %q, created %s", name, r.MemberID, r.Created)
		}
		if r := all[1]; r.MemberID != "8" || r.ContactID != idB || !r.HasProfile || !r.Profile.QueryMetadata.IsZero() || !r.Created.Equal(created) {
			t.Errorf("%s: the second record is wrong: %q, created %s", name, r.MemberID, r.Created)
		}
		if r := all[2]; r.MemberID != "9" || r.HasProfile || !r.Created.IsZero() {
			t.Errorf("%s: the third record is wrong: %q", name, r.MemberID)
		}
	}
}

// What is no record is told with the field and never with what is in it.
func TestReaderOfWhatIsWrong(t *testing.T) {
	t.Parallel()
	const canary = "canary"
	for text, says := range map[string]string{
		"member_id,contact_id\n,x":                                          "member_id is missing",
		"member_id,contact_id\n7,":                                          "contact_id is missing",
		"member_id,contact_id\n7":                                           "contact_id is missing",
		"member_id,contact_id\ncanary ," + string(idA):                      "member_id has blanks around it",
		`{"memberId":"\u00a0canary","contactId":"` + string(idA) + `"}`:     "member_id has blanks around it",
		"member_id,contact_id\n \t," + string(idA):                          "member_id is missing",
		"member_id,contact_id\n7,canary":                                    "contact_id is not a UUID",
		"member_id,contact_id\n7,x,canary":                                  "more fields than there are columns",
		"member_id,contact_id\n7,\"canary":                                  "the line is no CSV: a quote is not closed",
		"member_id,contact_id\n\n7,\"canary\n8,x\n9,x\n":                    "lines 3 to 5 are no CSV: a quote is not closed, so that they are read as one",
		"member_id,contact_id\n7,\"canary\n8,\"x\"\n":                       "lines 2 to 3 are no CSV: a quote is not closed",
		"member_id,contact_id\n7,a \"canary\"":                              "the line is no CSV: a quote stands where none may",
		"member_id,contact_id\n7,\"x\"canary":                               "the line is no CSV: a quote stands where none may",
		"member_id,contact_id,created\n7," + string(idA) + ",canary":        "created is not a time",
		"member_id,contact_id,query_metadata\n7," + string(idA) + ",canary": "query_metadata is not a JSON object",
		`{"memberId":"7","contactId":"canary"}`:                             "contact_id is not a UUID",
		`{"memberId":"7","member_id":"canary"}`:                             "a field is given twice: memberid",
		`{"memberId":{"canary":1},"contactId":"canary"}`:                    "member_id is missing",
		`{canary`: "the line is not a JSON object",
		`{"memberId":"7","contactId":"` + string(idA) + `","queryMetadata":"canary"}`: "query_metadata is not a JSON object",
	} {
		_, all := readAll(t, text)
		if len(all) != 1 || all[0].fault == nil || !strings.Contains(all[0].fault.Error(), says) || strings.Contains(all[0].fault.Error(), canary) {
			t.Errorf("%q gives %d records, %v", text, len(all), all[0].fault)
		}
	}
	for text, says := range map[string]string{
		"":                                 "empty",
		" \n ":                             "empty",
		"a,b\n1,2":                         "must name the columns",
		"member_id,memberId,contact_id\n1": "twice",
		"\"member":                         "no CSV",
		"member_id;contact_id;name\n1":     "separated by semicolons; write it with commas",
		"Member ID\tContact ID\n1":         "separated by tabs; write it with commas",
		"id;name\n1":                       "must name the columns",
	} {
		if _, err := NewReader(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
	from, err := NewReader(strings.NewReader(`{"memberId":"` + strings.Repeat("x", maxLine) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := from.Next(); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a line without end: %v", err)
	}
}

// What is rejected can be read again as it was, and loses its reason when it is
// rejected once more.
func TestRejects(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"member_id,contact_id,note\n7," + string(idA) + ",\"a, b\"\n8\n9,1,2,3\n",
		`{"memberId":"7","contactId":"` + string(idA) + `","note":"a, b"}` + "\n" + `{"memberId":"8"}` + "\nnonsense\n",
	} {
		for range 2 {
			from, all := readAll(t, text)
			var out bytes.Buffer
			to, err := NewRejects(&out, from)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range all {
				if err := to.Add(r, "because, of it"); err != nil {
					t.Fatal(err)
				}
			}
			_, again := readAll(t, out.String())
			if len(again) != 3 || again[0].MemberID != "7" || again[0].ContactID != idA || again[0].fault != nil || again[1].MemberID != "8" || again[2].fault == nil ||
				strings.Count(out.String(), "because, of it") != 3 || !strings.Contains(out.String(), "a, b") {
				t.Errorf("what was rejected reads %q", out.String())
			}
			text = out.String()
		}
	}
}

func TestRecordPrintsNothing(t *testing.T) {
	t.Parallel()
	r := Record{MemberID: "7", ContactID: idA, raw: []string{string(idA)}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if text := fmt.Sprintf(verb, r); text != "[record]" {
			t.Errorf("%s prints %s", verb, text)
		}
	}
	if text, err := r.MarshalText(); string(text) != "[record]" || err != nil {
		t.Errorf("it is written %s, %v", text, err)
	}
}
