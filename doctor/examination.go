package doctor

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

const (
	hostTimeout    = 5 * time.Second
	defaultMaxRows = 100_000
)

// examination is one run of [Examine].
type examination struct {
	Site
	failed map[string]cause // checks that failed, or were skipped
	cause  cause            // why checks that need the current one are skipped, if it fails
	store  contacts.Store
	asked  bool  // whether canRead has asked MaiAgent
	answer error // of canRead
	rows   *rowCounts
}

// cause is why a check is skipped.
type cause struct{ says, check string }

func newExamination(s Site) *examination {
	if s.HTTPClient == nil {
		s.HTTPClient = &http.Client{Timeout: hostTimeout}
	}
	s.MaxRows = cmp.Or(s.MaxRows, defaultMaxRows)
	if s.Now == nil {
		s.Now = time.Now
	}
	return &examination{Site: s, failed: map[string]cause{}}
}

func (v *examination) end() { v.HTTPClient.CloseIdleConnections() }

// check makes a check, and notes whether it failed.
func (v *examination) check(ctx context.Context, c Check) []Result {
	v.cause = cause{c.Name + " has failed", c.Name}
	results := v.run(ctx, c)
	for i := range results {
		results[i].Check = c.Name
		if results[i].State == Fail || results[i].State == Skip {
			v.failed[c.Name] = v.cause
		}
	}
	return results
}

func (v *examination) run(ctx context.Context, c Check) []Result {
	for _, need := range c.Needs {
		if because, failed := v.failed[need]; failed {
			return v.skip(because)
		}
	}
	for _, setting := range c.settings {
		if v.isFaulty(setting) {
			return v.skipForSetting(setting)
		}
	}
	return c.run(v, ctx)
}

// skip skips a check. Checks that need this one get the same cause.
func (v *examination) skip(because cause) []Result {
	v.cause = because
	return []Result{{State: Skip, Says: "not checked, because " + because.says, Because: because.check}}
}

// skipForSetting skips a check that needs a faulty setting.
func (v *examination) skipForSetting(s Setting) []Result {
	return v.skip(cause{v.name(s) + " is missing or wrong", "settings"})
}

func (v *examination) isFaulty(s Setting) bool {
	return slices.ContainsFunc(v.Faults, func(f Fault) bool { return f.Setting == s })
}

func (v *examination) name(s Setting) string { return cmp.Or(v.Names[s], string(s)) }

// result is the single result of a check.
func result(state State, format string, args ...any) []Result {
	return []Result{{State: state, Says: fmt.Sprintf(format, args...)}}
}

// failSetting is a failure that a setting causes.
func (v *examination) failSetting(s Setting, format string, args ...any) []Result {
	return result(Fail, v.name(s)+": "+format, args...)
}

func (v *examination) checkSettings(context.Context) []Result {
	if len(v.Faults) == 0 {
		return result(Pass, "the settings are there and can be read")
	}
	var all []Result
	for _, f := range v.Faults {
		all = append(all, Result{State: Fail, Says: v.name(f.Setting) + ": " + f.Says})
	}
	return all
}
