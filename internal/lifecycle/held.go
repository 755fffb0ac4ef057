package lifecycle

import (
	"slices"
	"strings"
)

// hold prevents held facts from taking anything away, except by the grant's own
// schedule: they neither block nor unblock. Only a block that follows with time
// stays, and no latch is set on facts that may have changed.
func (e *evaluation) hold() {
	if !e.binding.Held {
		return
	}
	known := Keep
	for c := range e.findings.All {
		known = max(known, e.heldAction(c))
	}
	switch {
	case !e.prior.RevokedAt.IsZero():
	case e.prior.Status == StatusBlocked:
		e.action, e.stalled = Block, known < Block
	default:
		e.action = known
	}
}

// heldAction is the action of a finding on held facts.
func (e *evaluation) heldAction(c Code) Action {
	o := e.outcomes.of(c)
	switch {
	case o.action < Block:
		return o.action
	case o.overdue && e.started(c) && e.seenAsHeld(c):
		return Block
	default:
		return Review
	}
}

// seenAsHeld reports whether the facts that choose among triggers are those of the run
// before, as far as can be told: otherwise an asset of another class, or a record that
// is back, would bring an earlier deadline with it.
func (e *evaluation) seenAsHeld(c Code) bool {
	return e.replaced || ((!e.assetDiffers() || e.everSeen().Has(AssetChanged)) && e.blockAnnounced(c))
}

// blockAnnounced reports whether one of the triggers that decide on the finding now
// blocked in the run before, or announced that it would.
func (e *evaluation) blockAnnounced(c Code) bool {
	if e.prior.actionFor(c) < Block && !strings.Contains(e.prior.decisionOn(c), announced(Block)) {
		return false
	}
	return slices.ContainsFunc(e.in.Policies, func(rules *Rules) bool {
		t, err := e.match(c, rules)
		return err == nil && t != nil && e.prior.cites(c, t)
	})
}
