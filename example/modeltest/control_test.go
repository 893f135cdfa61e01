package modeltest

import "testing"

// The model must notice when a part of the design is missing. Where MaiAgent
// keeps source ids unique it would make up for some of them.
func TestControls(t *testing.T) {
	if slowness > 1 {
		t.Skip("takes too long with the race detector")
	}
	const enough = 300
	for _, test := range []struct {
		name    string
		control control
		rule    string
	}{
		{"a Put asks for no version", control{lawless: true}, ruleOne},
		{"searches find nothing", control{blind: true}, ruleOne},
		{"no write is kept in doubt", control{doubtless: true}, ruleOne},
		{"nobody hears what has changed elsewhere", control{deaf: true}, ruleVoid},
	} {
		t.Run(test.name, func(t *testing.T) {
			runs := plans(most, func(p *plan) { p.Duplicates = true })
			for seed := range enough {
				p := runs.Example(seed)
				rule, details := run(t, p, test.control, memory)
				if rule != test.rule {
					continue // it may break others, too
				}
				t.Logf("run %d shows it: %s", seed, details)
				if rule, details := run(t, p, control{}, memory); rule != "" {
					t.Errorf("the same run fails with everything in place: %s\n%s%s", rule, p, details)
				}
				return
			}
			t.Errorf("%d runs did not show it", enough)
		})
	}
}
