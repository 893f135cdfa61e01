package maicontact

import "testing"

// The form is fixed: servers of different versions run beside each other.
func TestEpochForm(t *testing.T) {
	t.Parallel()
	const inbox = "11111111-1111-4111-8111-111111111111"
	for owner, want := range map[string]string{
		"shop:member:4711": "YxW3xfKN0VOzmgKt4yzfow",
		nobody:             "0tRjMng3YCN3gZ8NGcEjXQ",
		"":                 "",
	} {
		if got := epochOf(inbox, owner); got != want {
			t.Errorf("%q: %q, want %q", owner, got, want)
		}
	}
}
