package main

import (
	"strings"
	"testing"
)

// What MaiAgent refuses is told with the setting that it is about and with what
// leads to the mend; and no summary where nothing was looked at.
func TestFailuresLeadToTheMend(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.member("7")
	file := b.write("csv", header+b.legacy("8")+"\n")
	key := b.write("key", "wrong")
	right := b.env
	for _, test := range []struct{ name, value, says string }{
		{"MAIAGENT_API_KEY", "wrong", "maicontact: MAIAGENT_API_KEY: "},
		{"MAIAGENT_INBOX_ID", anotherUUID, "maicontact: MAIAGENT_INBOX_ID: "},
		{"MAIAGENT_BASE_URL", "http://" + refused(b), "maicontact: "},
		{"--api-key-file", key, "maicontact: --api-key-file: "},
	} {
		b.env = map[string]string{}
		for name, value := range right {
			b.env[name] = value
		}
		b.env[test.name] = test.value
		for _, args := range [][]string{{"audit"}, {"import", file}} {
			if strings.HasPrefix(test.name, "--") {
				args = append(args, test.name, test.value)
			}
			o := b.run(args...).exits(exitFailure)
			if args[0] == "import" { // which says before that how to go on
				const goOn = "It is not complete; the same command goes on where it was.\n"
				o.stdout, o.stderr = strings.Replace(o.stdout, goOn, "", 1), strings.Replace(o.stderr, goOn, "", 1)
			}
			if !strings.HasPrefix(o.stderr, test.says) || !strings.HasSuffix(o.stderr, "; run: maicontact doctor\n") || o.stdout != "" {
				t.Errorf("%v with %s says\n%s%s", args, test.name, o.stdout, o.stderr)
			}
			o.isPlain()
		}
	}
}

// isPlain checks that no name of a package is told.
func (o outcome) isPlain() {
	o.Helper()
	said := strings.TrimPrefix(o.stderr, "maicontact: ") + o.stdout
	for _, name := range []string{"maicontact: ", "operate: ", "webchat: ", "sqlstore: ", "upstream: "} {
		if strings.Contains(said, name) {
			o.Errorf("%v tells of the package %s\n%s%s", o.args, name, o.stdout, o.stderr)
		}
	}
}
