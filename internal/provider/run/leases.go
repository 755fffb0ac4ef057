package run

import (
	"fmt"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Leases returns the system of the name that gives leases.
func (t *Targets) Leases(name string) (system.Leases, error) {
	var able []string
	happened := fmt.Sprintf("No system named %q is configured.", name)
	for _, s := range t.systems {
		leases, ok := system.AsLeases(s)
		switch {
		case ok && s.Name() == name:
			return leases, nil
		case ok:
			able = append(able, fmt.Sprintf("%q", s.Name()))
		case s.Name() == name:
			happened = fmt.Sprintf("The system %q is of the kind %s, in which custody gives no leases.", name, s.Kind())
		}
	}
	accepted := "None of the configured systems gives leases; those of the kind postgresql do."
	if len(able) > 0 {
		accepted = "Accepted: " + strings.Join(able, ", ") + "."
	}
	return nil, &fault.Fault{Kind: fault.ErrConfig, Summary: "Unable to Find Target", Happened: happened, Advice: accepted}
}
