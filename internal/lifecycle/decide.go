package lifecycle

import (
	"slices"
	"time"
)

// Input is all that a decision depends on.
type Input struct {
	Binding  *Binding
	Spec     *Spec
	Prior    *Grant   // what the grant remembers; nil before its first decision
	Policies []*Rules // the provider's first; a grant's own can only tighten it
	Now      time.Time
}

// Decision is what a run does to a grant.
type Decision struct {
	Grant Grant
	// Withdrawn are the numbers of the generations that were enabled and that a
	// block, a revoke or a rotation at once takes away: the brake counts them.
	Withdrawn []int
	// Issues reports whether a generation is issued or re-enabled, so that the
	// facts must be checked again before it is done.
	Issues bool
	// Clamped names the arguments that ask for more than the policy allows.
	Clamped []string
}

// Decide maps the findings of a binding to one action and to the generations
// that should exist. It is a pure function, and deciding again on its own
// result at the same instant changes nothing. An error comes only from a
// trigger's condition, or is ErrNotIndexed.
func Decide(in Input) (Decision, error) {
	for _, rules := range in.Policies {
		if !rules.indexed {
			return Decision{}, ErrNotIndexed
		}
	}
	e := evaluation{in: in, spec: in.Spec, binding: in.Binding, prior: in.Prior, now: in.Now}
	if e.prior == nil {
		e.prior = &nothing
	}
	e.readTerms()
	e.observe()
	for c := range e.findings.All {
		if err := e.judge(c); err != nil {
			return Decision{}, err
		}
	}
	e.latch()
	if err := e.recertify(); err != nil {
		return Decision{}, err
	}
	if e.binding.Held && e.prior.Status == StatusBlocked && e.action < Block {
		e.action, e.stalled = Block, true
	}
	e.schedule()
	e.settleStatus()
	return e.decision(), nil
}

// nothing is the memory of a grant before its first decision.
var nothing Grant

// evaluation carries what the steps of Decide share. It lives on the stack: a
// decision without findings allocates nothing.
type evaluation struct {
	in      Input
	spec    *Spec
	binding *Binding
	prior   *Grant
	now     time.Time

	terms     terms
	replaced  bool // the asset or the access is another one
	certified time.Time

	waivable CodeSet // what the exception names and may waive
	inForce  bool    // the exception has not ended
	findings CodeSet
	seen     [NumCodes]time.Time
	cleared  CodeSet // answered by the attestation
	excepted CodeSet // waived by the exception in force
	exempted CodeSet // of these, what would count otherwise
	due      CodeSet // findings whose rotation has not been done
	verdicts [NumCodes]verdict

	action      Action
	saysRevoke  bool // some finding asks for revoke, whatever the confidence
	revokedAt   time.Time
	wanted      Rotation // the rotation that is asked for
	rotation    Rotation // the rotation that was done
	generations [2]Generation
	count       int
	serial      int
	issued      bool
	enabled     bool // something was re-enabled
	capped      capKind
	holder      string
	basis       Basis
	status      Status
	stalled     bool // held facts unblock nothing, so what blocked goes on explaining it
	withdrawn   []int
	next        time.Time
}

// observe gathers the findings and remembers when each was first seen.
func (e *evaluation) observe() {
	e.findings = e.binding.Codes() &^ RaisedByGrant
	e.replaced = e.prior.Serial > 0 && (e.prior.Asset != e.binding.Asset || e.prior.Access != e.spec.Access)
	e.certified = e.prior.CertifiedAt
	if a := e.spec.Attestation; a != nil {
		e.certified = later(e.certified, a.At)
	}
	if x := e.spec.Exception; x != nil {
		e.waivable = x.Codes &^ Terminal
		e.inForce = e.now.Before(x.ExpiresAt)
		if !e.inForce {
			e.findings = e.findings.With(ExceptionExpired)
		}
	}
	e.compare()
	for c := range e.findings.All {
		e.see(c)
	}
}

// see adds a finding and notes when it was first seen. What an exception waived
// counts as first seen at its end, also once the exception is taken out of the
// configuration: otherwise tidying up would skip the grace.
func (e *evaluation) see(c Code) {
	e.findings = e.findings.With(c)
	e.seen[c] = e.now
	if at, ok := e.remembered(c); ok {
		e.seen[c] = at
	}
	if e.waivable.Has(c) && !e.inForce {
		e.seen[c] = later(e.seen[c], e.spec.Exception.ExpiresAt)
	}
}

// remembered returns when an earlier run first saw the finding. What was seen
// of another asset is not remembered for this one.
func (e *evaluation) remembered(c Code) (time.Time, bool) {
	if e.prior.Serial > 0 && e.prior.Asset != e.binding.Asset {
		return time.Time{}, false
	}
	return e.prior.firstSeen(c)
}

// compare raises the findings that come from comparing the binding with what
// the grant was last issued on.
func (e *evaluation) compare() {
	p, b := e.prior, e.binding
	if p.Serial == 0 || e.replaced {
		return
	}
	var raised CodeSet
	if b.Holder != "" && disjoint(p.Holder, b.Holder) {
		raised = raised.With(AssetReassigned)
	}
	if changed(p.Basis.Class, b.Class) || changed(p.Basis.Environment, b.Environment) || changed(p.Basis.Criticality, b.Criticality) {
		raised = raised.With(AssetChanged)
	}
	if b.Holder != "" && b.Holder == p.Holder && (changed(p.Basis.Manager, b.Manager) || teamsChanged(p.Basis.Teams, b.Teams)) {
		raised = raised.With(OwnerMoved)
	}
	if b.Held {
		for c := range raised.All {
			if _, ok := e.remembered(c); !ok {
				raised = raised.Without(c)
			}
		}
	}
	e.findings |= raised
}

// changed reports whether a fact was stated before, is stated now and differs.
// Learning what was not stated is not a change.
func changed(before, after string) bool {
	return before != "" && after != "" && before != after
}

func teamsChanged(before, after []string) bool {
	return len(before) > 0 && len(after) > 0 && !slices.Equal(before, after)
}

// stillLatched reports whether the grant was revoked and no attestation has
// been made since.
func (e *evaluation) stillLatched() bool {
	a := e.spec.Attestation
	return !e.prior.RevokedAt.IsZero() && (a == nil || !a.At.After(e.prior.RevokedAt))
}

// latch keeps revoked access revoked until an attestation dated after the
// revocation releases it while nothing still says revoke. Held facts cannot say
// that, so they release nothing.
func (e *evaluation) latch() {
	e.revokedAt = e.prior.RevokedAt
	if e.revokedAt.IsZero() {
		if e.action == Revoke && e.prior.Serial > 0 {
			e.revokedAt = e.now
		}
		return
	}
	if !e.stillLatched() && !e.saysRevoke && !e.binding.Held {
		e.revokedAt = time.Time{}
		return
	}
	if e.action != Revoke {
		e.action = Revoke
		e.see(GrantLatched)
	}
}

// released reports whether this decision brings revoked access back.
func (e *evaluation) released() bool {
	return !e.prior.RevokedAt.IsZero() && e.revokedAt.IsZero()
}

// recertify raises and judges the recertification once it is due. Revoked access
// has nothing left to certify.
func (e *evaluation) recertify() error {
	if e.prior.Serial == 0 || e.action == Revoke || e.now.Before(e.certified.Add(e.terms.recertifyEvery)) {
		return nil
	}
	e.see(GrantRecertificationDue)
	return e.judge(GrantRecertificationDue)
}

// settleStatus derives the status from the action and from what is left.
func (e *evaluation) settleStatus() {
	switch e.action {
	case Revoke:
		e.status = StatusRevoked
	case Block:
		e.status = StatusBlocked
	case Review:
		e.status = StatusReview
	case Keep, Recertify:
		e.status = StatusActive
	}
	if e.action < Block && e.count == 0 {
		e.settleEmpty()
	}
}

// settleEmpty derives the status of access that is kept, but for which nothing
// exists and nothing can be issued.
func (e *evaluation) settleEmpty() {
	switch {
	case e.capped != capNone, e.binding.Held && (e.prior.Active() || e.prior.Status == StatusExpired):
		e.status = StatusExpired
	case e.status == StatusActive:
		// Somebody has to look at it: no finding says so, and yet nothing works.
		e.status, e.action = StatusReview, Review
	}
	if e.status == StatusExpired || e.serial > 0 {
		e.see(GrantExpired)
	}
}

// decision builds the result. What did not change is taken over from the prior
// state as it is, so that an unchanged grant gives an unchanged plan.
func (e *evaluation) decision() Decision {
	g := Grant{
		Asset:             e.binding.Asset,
		Access:            e.spec.Access,
		RotateWhenChanged: e.spec.RotateWhenChanged,
		Status:            e.status,
		Action:            e.action,
		Rotation:          e.rotation,
		Holder:            e.holder,
		Generations:       e.prior.Generations,
		Serial:            e.serial,
		Basis:             e.basis,
		RevokedAt:         e.revokedAt,
		CertifiedAt:       e.certified,
		Conditions:        e.conditions(),
		NextChangeAt:      e.nextChange(),
	}
	if !slices.EqualFunc(e.generations[:e.count], e.prior.Generations, sameGeneration) {
		g.Generations = make([]Generation, e.count)
		copy(g.Generations, e.generations[:e.count])
	}
	g.Reasons = e.reasons()
	if e.stalled || e.unchanged(&g) {
		g.Action, g.Rotation, g.Reasons = e.prior.Action, e.prior.Rotation, e.prior.Reasons
	}
	return Decision{Grant: g, Withdrawn: e.withdrawn, Issues: e.issued || e.enabled, Clamped: e.terms.clamped}
}

func sameGeneration(a, b Generation) bool {
	return a.Number == b.Number && a.Enabled == b.Enabled && a.State == b.State && a.Holder == b.Holder &&
		a.IssuedAt.Equal(b.IssuedAt) && a.ExpiresAt.Equal(b.ExpiresAt)
}

func sameCondition(a, b Condition) bool {
	return a.Code == b.Code && a.FirstSeen.Equal(b.FirstSeen)
}

// conditions lists the findings that still stand. Held facts start no grace, so
// nothing that a trigger can be written for is remembered from them.
func (e *evaluation) conditions() []Condition {
	var buffer [NumCodes]Condition
	n := 0
	for c := range e.findings.All {
		if e.started(c) || Engine.Has(c) {
			buffer[n] = Condition{Code: c, FirstSeen: e.seen[c]}
			n++
		}
	}
	if slices.EqualFunc(buffer[:n], e.prior.Conditions, sameCondition) {
		return e.prior.Conditions
	}
	if n == 0 {
		return nil
	}
	out := make([]Condition, n)
	copy(out, buffer[:n])
	return out
}

// started reports whether the time of a finding runs.
func (e *evaluation) started(c Code) bool {
	if !e.binding.Held {
		return true
	}
	_, ok := e.remembered(c)
	return ok
}

// unchanged reports whether nothing moved that action and reasons explain: then
// they go on explaining the last transition.
func (e *evaluation) unchanged(g *Grant) bool {
	p := e.in.Prior
	if p == nil || e.replaced || p.Status != g.Status || !p.RevokedAt.Equal(g.RevokedAt) || !p.CertifiedAt.Equal(g.CertifiedAt) ||
		p.Serial != g.Serial || !slices.EqualFunc(p.Generations, g.Generations, sameGeneration) ||
		!slices.EqualFunc(p.Conditions, g.Conditions, sameCondition) {
		return false
	}
	i := 0
	for _, r := range p.Reasons {
		if i < len(g.Reasons) && g.Reasons[i].Code == r.Code && g.Reasons[i].Message == r.Message {
			i++
		} else if _, standing := g.firstSeen(r.Code); standing {
			return false
		}
	}
	return i == len(g.Reasons)
}

// Refused returns what the state must hold when apply refuses a planned
// decision because the facts have moved: what the plan removed stays removed,
// for its credentials are gone by then, and nothing was issued.
func Refused(prior, planned *Grant) Grant {
	g := *prior
	g.Generations = slices.DeleteFunc(slices.Clone(prior.Generations), func(old Generation) bool {
		return !slices.ContainsFunc(planned.Generations, func(n Generation) bool { return n.Number == old.Number })
	})
	for i := range g.Generations {
		for _, n := range planned.Generations {
			if n.Number == g.Generations[i].Number && !n.Enabled {
				g.Generations[i].Enabled = false
			}
		}
	}
	return g
}
