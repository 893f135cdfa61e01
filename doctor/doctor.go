package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// State is how a check ended.
type State string

// The states.
const (
	Fail State = "fail" // the chat does not work, or not for everybody
	Warn State = "warn" // somebody should look at it
	Skip State = "skip" // it could not be checked, because of another check
	Pass State = "pass"
)

// Result is what a check found. Several results of one check have one name.
type Result struct {
	Check string `json:"check"`
	State State  `json:"state"`
	// Says is one line: what is wrong, and what to do.
	Says string `json:"says"`
	// Because is the check that this one was skipped for.
	Because string `json:"because,omitempty"`
}

// WorstFirst compares results by their states alone, for sorting: failures come first,
// passes last.
func WorstFirst(a, b Result) int {
	worst := []State{Fail, Warn, Skip, Pass}
	return slices.Index(worst, a.State) - slices.Index(worst, b.State)
}

// Setting is a setting of the site that a check may find wrong.
type Setting string

// The settings, as [Site].Names calls them by default.
const (
	BaseURL   Setting = "Config.API.BaseURL"
	APIKey    Setting = "Config.API.APIKey" // #nosec G101 -- a name
	InboxID   Setting = "Config.InboxID"
	WebChatID Setting = "Config.Widget.WebChatID"
	ChatURL   Setting = "Config.Widget.ChatURL"
	Namespace Setting = "Config.Namespace"
	Database  Setting = "Config.Store"
)

// Fault is something wrong with a setting that can be seen without a call.
type Fault struct {
	Setting Setting
	Says    string // what is wrong and what to do, without the value
}

// Site is what is examined.
type Site struct {
	// Faults are what is already known to be wrong with the settings. Checks that need
	// such a setting are skipped, and what they use may be left out below.
	Faults []Fault

	API       *webchat.Client // best with short timeouts and few attempts
	Widget    webchat.Widget
	InboxID   string
	Namespace string
	// Table opens the table as the site does, without migrating it.
	Table func(context.Context) (contacts.Store, error)

	// Names are the settings' names as the site's operators know them. A setting that is
	// not in it has the name of its constant.
	Names map[Setting]string
	// HTTPClient asks the chat host. Defaults to one that waits for 5 seconds.
	HTTPClient *http.Client
	// MaxRows is how many rows of the table are read at most. Defaults to
	// 100,000; negative: all.
	MaxRows int
	// Now is the time of this machine. Defaults to time.Now.
	Now func() time.Time
}

// Check is one of [Checks].
type Check struct {
	Name  string `json:"check"`
	About string `json:"about"`
	// Needs are the checks that must not have failed before.
	Needs []string `json:"needs,omitempty"`

	settings []Setting // that must be right
	run      func(*examination, context.Context) []Result
}

// Checks returns all checks, in the order in which they are made.
func Checks() []Check { return slices.Clone(checks) }

var checks = []Check{
	{Name: "settings", About: "the settings are there and can be read", run: (*examination).checkSettings},
	{Name: "api", About: "MaiAgent's API answers at the base URL", settings: []Setting{BaseURL, APIKey}, run: (*examination).checkAPI},
	{Name: "key", About: "MaiAgent takes the API key", Needs: []string{"api"}, settings: []Setting{APIKey}, run: (*examination).checkKey},
	{Name: "inbox", About: "the API key can read the inbox", Needs: []string{"api", "key"}, settings: []Setting{InboxID}, run: (*examination).checkInbox},
	{Name: "webchat", About: "the web chat belongs to the inbox", Needs: []string{"api", "key", "inbox"}, settings: []Setting{WebChatID}, run: (*examination).checkWebChat},
	{Name: "chathost", About: "the chat host serves the web chat", Needs: []string{"webchat"}, settings: []Setting{ChatURL, WebChatID}, run: (*examination).checkChatHost},
	{Name: "embed", About: "the chat host serves the embed script", Needs: []string{"chathost"}, settings: []Setting{ChatURL}, run: (*examination).checkEmbed},
	{Name: "table", About: "the table is there, migrated, and can be written", settings: []Setting{Database}, run: (*examination).checkTable},
	{Name: "clock", About: "the clocks of the table and of this machine agree", Needs: []string{"table"}, run: (*examination).checkClock},
	{Name: "namespace", About: "the table's people are under the site's namespace", Needs: []string{"table"}, settings: []Setting{Namespace, InboxID}, run: (*examination).checkNamespace},
	{Name: "backlog", About: "changes do not wait for long", Needs: []string{"table", "namespace"}, run: (*examination).checkBacklog},
	{Name: "refusals", About: "MaiAgent takes what is sent of people", Needs: []string{"table", "namespace"}, run: (*examination).checkRefusals},
	{Name: "doubt", About: "no write of unknown outcome is left open", Needs: []string{"table", "namespace"}, run: (*examination).checkDoubt},
	{Name: "duplicates", About: "no two people have one contact", Needs: []string{"table", "namespace"}, run: (*examination).checkDuplicates},
}

// Examine makes the checks of those names, and those that they need; with no names all
// checks. tell gets each result as it comes: those of the checks that were asked for,
// and failures of those that they need. The error is about an unknown name.
func Examine(ctx context.Context, s Site, tell func(Result), names ...string) error {
	wanted := map[string]bool{}
	for _, name := range names {
		at := slices.IndexFunc(checks, func(c Check) bool { return c.Name == name })
		if at < 0 {
			return fmt.Errorf("doctor: there is no check %q", name)
		}
		wanted[name] = true
	}
	needed := needs(wanted)
	v := newExamination(s)
	defer v.end()
	for _, check := range checks {
		if len(names) > 0 && !needed[check.Name] {
			continue
		}
		for _, result := range v.check(ctx, check) {
			if len(names) == 0 || wanted[check.Name] || result.State == Fail {
				tell(result)
			}
		}
	}
	return nil
}

// needs returns the wanted checks and all that they need.
func needs(wanted map[string]bool) map[string]bool {
	all := map[string]bool{"settings": true}
	for _, check := range slices.Backward(checks) {
		if wanted[check.Name] || all[check.Name] {
			all[check.Name] = true
			for _, name := range check.Needs {
				all[name] = true
			}
		}
	}
	return all
}
