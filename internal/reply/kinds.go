package reply

import (
	"errors"
	"fmt"
	"slices"
)

// Kinds returns those kinds that are in all. The error names the others.
func Kinds[T ~string](kinds []T, all ...T) (known []string, _ error) {
	var faults []error
	for _, kind := range kinds {
		if slices.Contains(all, kind) {
			known = append(known, string(kind))
			continue
		}
		faults = append(faults, fmt.Errorf("maicontact: %q is no kind of data to clear; use ClearWholeSiteStorage, ClearWholeSiteCache or ClearWholeSiteCookies", string(kind)))
	}
	return known, errors.Join(faults...)
}
