package webchattest

import (
	"encoding/json"
	"strings"
)

// SwitchesOf returns the switches by which a Simulation behaves like a MaiAgent
// that package probe has found out about. answers are by name; what is unknown,
// and what there is no switch for, changes nothing. The answers "taken" and
// "searchLag" are for [Options].
func SwitchesOf(answers map[string]string) (w Switches) {
	for name, value := range answers {
		var written any = strings.Split(value, ",")
		switch value {
		case "yes":
			written = true
		case "no", "unknown", "":
			continue
		}
		// A switch has the name of its answer. What is none, or of another kind, is left out.
		text, _ := json.Marshal(map[string]any{name: written})
		_ = json.Unmarshal(text, &w)
	}
	return w
}
