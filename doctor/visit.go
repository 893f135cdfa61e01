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
	hostTime        = 5 * time.Second
	defaultMostRows = 100_000
)

// visit is one examination.
type visit struct {
	Site
	failed map[string]cause // checks that failed, or were skipped
	why    cause            // for what needs the check that is being made, if that fails
	store  contacts.Store
	asked  bool  // whether MaiAgent was
	answer error // of whether the inbox can be read
	rows   *rowsFound
}

// cause is why what needs a check is skipped.
type cause struct{ says, check string }

func newVisit(s Site) *visit {
	if s.HTTPClient == nil {
		s.HTTPClient = &http.Client{Timeout: hostTime}
	}
	s.MostRows = cmp.Or(s.MostRows, defaultMostRows)
	if s.Now == nil {
		s.Now = time.Now
	}
	return &visit{Site: s, failed: map[string]cause{}}
}

func (v *visit) end() { v.HTTPClient.CloseIdleConnections() }

// make makes a check, if what it needs allows it.
func (v *visit) make(ctx context.Context, c Check) []Result {
	v.why = cause{c.Name + " has failed", c.Name}
	results := v.try(ctx, c)
	for i := range results {
		results[i].Check = c.Name
		if results[i].State == Fail || results[i].State == Skip {
			v.failed[c.Name] = v.why
		}
	}
	return results
}

func (v *visit) try(ctx context.Context, c Check) []Result {
	for _, need := range c.Needs {
		if because, failed := v.failed[need]; failed {
			return v.skip(because)
		}
	}
	for _, setting := range c.settings {
		if v.isFaulty(setting) {
			return v.without(setting)
		}
	}
	return c.run(v, ctx)
}

// skip skips a check. The first cause is told of all that follows from it.
func (v *visit) skip(because cause) []Result {
	v.why = because
	return []Result{{State: Skip, Says: "not checked, because " + because.says, Because: because.check}}
}

// without skips a check that needs a setting.
func (v *visit) without(s Setting) []Result {
	return v.skip(cause{v.name(s) + " is missing or wrong", "settings"})
}

func (v *visit) isFaulty(s Setting) bool {
	return slices.ContainsFunc(v.Faults, func(f Fault) bool { return f.Setting == s })
}

func (v *visit) name(s Setting) string { return cmp.Or(v.Names[s], string(s)) }

// one is the only result of a check.
func one(state State, format string, args ...any) []Result {
	return []Result{{State: state, Says: fmt.Sprintf(format, args...)}}
}

// wrong is a failure that a setting is the cause of.
func (v *visit) wrong(s Setting, format string, args ...any) []Result {
	return one(Fail, v.name(s)+": "+format, args...)
}

func (v *visit) checkSettings(context.Context) []Result {
	if len(v.Faults) == 0 {
		return one(Pass, "the settings are there and can be read")
	}
	var all []Result
	for _, f := range v.Faults {
		all = append(all, Result{State: Fail, Says: v.name(f.Setting) + ": " + f.Says})
	}
	return all
}
