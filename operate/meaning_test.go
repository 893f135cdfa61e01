package operate_test

import (
	"os"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
)

// Every state has a sentence, and the page for operators has the same one.
func TestMeaningOfStates(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []contacts.State{
		contacts.StateIdle, contacts.StateWaiting, contacts.StatePending, contacts.StateBehind, contacts.StateSettled,
		contacts.StateSuspended, contacts.StateRetired, contacts.StateErasing, contacts.StateErased, contacts.StateReissuing,
	} {
		means := operate.Meaning(state)
		if means == "" || !strings.Contains(string(page), "| `"+string(state)+"` | "+means+" |\n") {
			t.Errorf("%s means %q, and the page does not say so", state, means)
		}
	}
	if means := operate.Meaning("nonsense"); means != "" {
		t.Errorf("nonsense means %q", means)
	}
}
