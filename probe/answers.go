package probe

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
)

// Unknown is the value of what could not be found out.
const Unknown = "unknown"

// The values of questions that are answered by yes or no.
const (
	Yes = "yes"
	No  = "no"
)

// Answer is one thing that was found out. Those that have the name of a switch of
// package webchattest mean the same.
type Answer struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	About string `json:"about"`
}

// about says what each answer is about.
var about = map[string]string{
	"refuseFields":         "fields of a contact that are refused, whatever their value",
	"refusePut":            "a contact cannot be changed by PUT",
	"refuseNull":           "fields that may not be null in a PUT",
	"bareReplies":          "a creation is answered with the id and nothing else",
	"snakeReplies":         "keys of replies are written in snake_case",
	"hideAccess":           "query metadata is not shown when a contact is read",
	"foldCase":             "source ids are kept in lower case",
	"undashedIds":          "ids are written without dashes",
	"addsKeys":             "keys are added to query metadata",
	"metadataKeys":         "how the keys of query metadata are written in replies",
	"times":                "how times are written",
	"ignoreAccess":         "a PUT does not change query metadata",
	"ignoreNullAccess":     "null for query metadata changes nothing",
	"oldAccessInReply":     "a PUT is answered with the query metadata from before",
	"putKeepsOmitted":      "a PUT leaves alone what it does not name",
	"patch":                "a contact can be changed by PATCH",
	"taken":                "how a source id that is in use is answered",
	"searchLag":            "how many seconds a new contact takes to be listed",
	"wordSearch":           "the search finds what has any word of the query",
	"refusePageSize":       "a list that is asked for a size of page is refused",
	"offsetPages":          "lists know limit and offset only",
	"deleteStatus":         "how a deletion is answered",
	"deleteAgain":          "how the deletion of a deleted contact is answered",
	"deletedButListed":     "deleted contacts stay in the list",
	"deletedHoldsSourceId": "a deleted contact holds its source id",
	"cleanedUp":            "all scratch contacts are gone",
}

// Answers are all that was found out, by name.
type Answers map[string]string

// Write writes the answers as a small file for people to review.
func (a Answers) Write(to io.Writer) error {
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	_, err = to.Write(append(text, '\n'))
	return err
}

// ReadAnswers reads what Write has written.
func ReadAnswers(from io.Reader) (Answers, error) {
	var a Answers
	if err := json.NewDecoder(from).Decode(&a); err != nil || a == nil {
		return nil, errors.New("probe: the file holds no answers")
	}
	return a, nil
}

// Change is an answer that is another one now.
type Change struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	Now    string `json:"now"`
}

// Changes compares answers with those of before, by name. An answer that was or
// is unknown, and how long a contact takes to be listed, are no change.
func (a Answers) Changes(before Answers) []Change {
	var all []Change
	names := maps.Clone(a)
	maps.Copy(names, before)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, is := before[name], a[name]
		if name == "searchLag" || was == "" || is == "" || was == Unknown || is == Unknown || was == is {
			continue
		}
		all = append(all, Change{name, was, is})
	}
	return all
}

func yes(b bool) string {
	if b {
		return Yes
	}
	return No
}
