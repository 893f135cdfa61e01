package webchattest

import "strings"

// SwitchesOf returns the switches by which a Simulation behaves like a MaiAgent
// that package probe has found out about. answers are by name; what is unknown,
// and what there is no switch for, changes nothing. The answers "taken" and
// "searchLag" are for [Options].
func SwitchesOf(answers map[string]string) Switches {
	yes := func(name string) bool { return answers[name] == "yes" }
	list := func(name string) []string {
		if value := answers[name]; value != "" && value != "unknown" {
			return strings.Split(value, ",")
		}
		return nil
	}
	return Switches{
		PutKeepsOmitted: yes("putKeepsOmitted"), RefuseNull: list("refuseNull"), RefuseFields: list("refuseFields"),
		IgnoreNullAccess: yes("ignoreNullAccess"), IgnoreAccess: yes("ignoreAccess"), AddsKeys: yes("addsKeys"),
		BareReplies: yes("bareReplies"), HideAccess: yes("hideAccess"), OldAccessInReply: yes("oldAccessInReply"),
		UndashedInboxes: yes("undashedInboxes"), FoldCase: yes("foldCase"), WordSearch: yes("wordSearch"),
		OffsetPages: yes("offsetPages"), RefusePageSize: yes("refusePageSize"), DeletedButListed: yes("deletedButListed"),
	}
}
