package policy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// maxCorroborated is the largest bonus for an independent claim that agrees. By
// default the signals for freshness, a single owner and no contradiction are
// worth 15 each and access is revoked without a review from 90 on, so that a
// bonus of 5 would lift a stale, shared or contradicted record over the
// threshold.
const maxCorroborated = 4

func (l layer) confidence(at reporter, c *Confidence) {
	if c.AutomateAt != nil {
		if *c.AutomateAt < 0 || *c.AutomateAt > 100 {
			at.in("automate_at").report("Invalid Number", fmt.Sprintf("%s is not accepted; use a number from 0 to 1.", *c.AutomateAt))
		}
		l.rules.AutomateAt = int(*c.AutomateAt)
	}
	l.duration(at.in("stale_after"), c.StaleAfter, &l.rules.StaleAfter)
	if c.RequiredFields != nil {
		l.requiredFields(at.in("required_fields"), c.RequiredFields)
	}
	if c.Points != nil {
		l.points(at.in("points"), c.Points)
	}
}

func (l layer) requiredFields(at reporter, names []string) {
	l.rules.Required = nil
	for i, name := range names {
		field, ok := choice(at.in(i), &name, "Unknown Field", lifecycle.ParseField)
		switch {
		case !ok:
		case slices.Contains(l.rules.Required, *field):
			at.in(i).report("Repeated Field", fmt.Sprintf("The field %s is required twice; state it once.", strconv.Quote(name)))
		default:
			l.rules.Required = append(l.rules.Required, *field)
		}
	}
}

func (l layer) points(at reporter, points map[string]int) {
	valid := true
	for _, name := range slices.Sorted(maps.Keys(points)) {
		signal, ok := choice(at.in(name), &name, "Unknown Signal", lifecycle.ParseSignal)
		if !ok {
			valid = false
			continue
		}
		if n := points[name]; *signal == lifecycle.SignalCorroborated && (n < 0 || n > maxCorroborated) {
			valid = false
			at.in(name).report("Invalid Points", fmt.Sprintf("%d is not accepted: the bonus for a claim that agrees is 0 to %d hundredths, "+
				"so that it cannot lift a stale, shared or contradicted record over an automate_at of 0.9.", n, maxCorroborated))
		} else if n < 0 || n > 100 {
			valid = false
			at.in(name).report("Invalid Points", fmt.Sprintf("%d is not accepted: points are 0 to 100 hundredths.", n))
		}
		l.rules.Points[*signal] = points[name]
	}
	sum := -l.rules.Points[lifecycle.SignalCorroborated]
	for _, n := range l.rules.Points {
		sum += n
	}
	if valid && sum != 100 {
		at.report("Invalid Points", fmt.Sprintf("Together with the points that are not stated here, the six signals other than %s "+
			"add up to %d hundredths; they must add up to 100.", lifecycle.SignalCorroborated, sum))
	}
}
