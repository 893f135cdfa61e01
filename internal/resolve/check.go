package resolve

import (
	"errors"
	"fmt"
	"time"

	"github.com/maicontact/maicontact/internal/reconcile"
)

// CheckTiming reports every time that is wrong. The errors name the fields of
// Config.
func CheckTiming(recheck, drain time.Duration, t reconcile.Timing) error {
	var faults []error
	names := [...]string{"Recheck", "Drain", "SearchLag", "WriteDoubt"}
	for i, d := range [...]time.Duration{recheck, drain, t.SearchLag, t.WriteDoubt} {
		if d < 0 {
			faults = append(faults, fmt.Errorf("Config.Timing.%s must not be negative", names[i]))
		}
	}
	if t.Lease < 3*time.Millisecond {
		faults = append(faults, errors.New("Config.Timing.Lease must be at least 3 milliseconds; 30 seconds are usual"))
	}
	return errors.Join(faults...)
}
