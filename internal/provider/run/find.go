package run

import (
	"fmt"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// search says which capability a system must have, and what to say if it has not.
type search[T system.System] struct {
	as      func(system.System) (T, bool)
	summary string
	lacks   string // a format for the name of the system and its kind
	none    string // the advice where no system has the capability
}

// find returns the system of a name with the capability. Its error is a fault of kind
// fault.ErrConfig that lists the systems that have it.
func find[T system.System](systems []system.System, name string, of search[T]) (found T, err error) {
	var able []string
	happened := fmt.Sprintf("No system named %q is configured.", name)
	for _, s := range systems {
		t, ok := of.as(s)
		switch {
		case ok && s.Name() == name:
			return t, nil
		case ok:
			able = append(able, fmt.Sprintf("%q", s.Name()))
		case s.Name() == name:
			happened = fmt.Sprintf(of.lacks, name, s.Kind())
		}
	}
	advice := of.none
	if len(able) > 0 {
		advice = "Accepted: " + strings.Join(able, ", ") + "."
	}
	return found, &fault.Fault{Kind: fault.ErrConfig, Summary: of.summary, Happened: happened, Advice: advice}
}
