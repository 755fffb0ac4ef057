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
	// MaxClockJump is how far Now may lie behind everything that the grant knows of;
	// beyond it nothing is issued. Zero: any distance.
	MaxClockJump time.Duration
	// Floating says that Now is not the instant at which the decision is carried out:
	// sentences then count from it instead of naming days.
	Floating bool

	// Confirmation and Rejection are what a review queue says was answered by somebody
	// who may; nil if nothing was.
	Confirmation *Attestation
	Rejection    *Rejection
	// Departed are keys of people who were asked and have left, or whose answer has shown
	// that they may not decide.
	Departed []string
	// Unheard reports that the review queue could not be asked for answers in this run.
	// Nothing follows from silence then.
	Unheard bool
}

// Decision is what a run does to a grant.
type Decision struct {
	Grant Grant
	// Withdrawn are the numbers of the generations that were enabled and no longer
	// are, whatever the cause, but for an end that the state had announced and for
	// revoke_generations: the brake counts them.
	Withdrawn []int
	// Rotated reports whether a new generation was issued beside one that stays for
	// an overlap.
	Rotated bool
	// Issues reports whether a generation is issued or re-enabled, so that the
	// facts must be checked again before it is done.
	Issues bool
	// Clamped names the arguments that ask for more than the policy allows.
	Clamped []string
	// Ask is what somebody is to be asked; nil if there is nothing to ask.
	Ask *Ask
	// AskStands reports that this run cannot tell, on held facts or at an instant that
	// cannot be right: an open question stays as it is.
	AskStands bool
}

// Decide maps the findings of a binding to one action and to the generations
// that should exist. It is a pure function, and deciding again on its own
// result at the same instant changes nothing. An error comes only from a
// trigger's condition, or is ErrNotIndexed.
func Decide(in Input) (d Decision, err error) {
	var e evaluation
	e.begin(in)
	if err = e.decide(); err == nil {
		e.schedule()
		e.deriveStatus()
		e.conclude(&d)
	}
	return d, err
}

// begin takes the input over. The evaluation is large, so it is filled in place.
func (e *evaluation) begin(in Input) {
	e.in, e.spec, e.binding, e.prior, e.now = in, in.Spec, in.Binding, in.Prior, in.Now
	if e.prior == nil {
		e.prior = &nothing
	}
}

// decide takes the decision up to the action, before anything is scheduled.
func (e *evaluation) decide() error {
	for _, rules := range e.in.Policies {
		if !rules.indexed {
			return ErrNotIndexed
		}
	}
	e.replaced = e.prior.Serial > 0 && (e.prior.Asset != e.binding.Asset || e.prior.Access != e.spec.Access)
	e.readAnswer()
	e.readRejection()
	e.readRisk()
	e.readMode()
	e.readTerms()
	e.readClock()
	e.readWaiver()
	e.readReviewClock()
	e.observe()
	if err := e.judgeAll(); err != nil {
		return err
	}
	e.latch()
	if err := e.recertify(); err != nil {
		return err
	}
	e.runReviewClock()
	e.hold()
	e.decided = e.action
	return nil
}

// nothing is the memory of a grant before its first decision.
var nothing Grant

// evaluation carries what the steps of Decide share. It lives on the stack: a
// decision without findings allocates nothing, and clears no room for outcomes.
type evaluation struct {
	in      Input
	spec    *Spec
	binding *Binding
	prior   *Grant
	now     time.Time

	terms       terms
	risk        Risk      // the risk of the decision
	replaced    bool      // the asset or the access is another one
	untimely    bool      // the run's instant cannot be right, so nothing is issued
	jumped      bool      // because it lies too long after everything that the grant knows of
	timelyFrom  time.Time // until when it lies before something that the grant remembers
	observing   bool
	enforceFrom time.Time
	certified   time.Time
	answer      *Answer
	spent       bool // the answer is seen while a fact says revoke
	rejection   *Rejection
	waiver      *Waiver
	unwaived    CodeSet // what the exception no longer covers
	waiverLimit bool    // the exception ends earlier than it says

	waivable CodeSet // what the exception names and may waive
	inForce  bool    // the exception has not ended
	findings CodeSet
	differs  CodeSet // comparisons that differ now
	seen     [NumCodes]time.Time
	cleared  CodeSet // answered by the attestation
	excepted CodeSet // waived by the exception in force
	due      CodeSet // findings whose rotation has not been done
	outcomes outcomes

	action              Action
	decided             Action    // what the facts ask for, whatever is left to show
	saysRevoke          CodeSet   // findings that ask for revoke, whatever the confidence
	revokesFrom         time.Time // when another one asks for it by itself; zero if none does
	revokesNext         Code      // which one that is
	revokedAt           time.Time
	revokedFor          CodeSet
	review              ReviewClock
	wanted              Rotation // the rotation that is asked for
	rotation            Rotation // the rotation that was done
	generations         [2]Generation
	count               int
	serial              int
	issued              bool
	reassignmentPending bool // a reassignment was acted on in this run, and somebody has still to attest it
	enabled             bool // something was re-enabled
	waits               bool // a rotation waits for the end of an overlap
	scheduled           bool // a renewal is due
	capped              capKind
	place               uint64 // the grant's own, for what is spread over many grants
	placed              bool   // place is known
	enforcedAt          time.Time
	holder              string
	basis               Basis
	status              Status
	stalled             bool // held facts unblock nothing, so what blocked goes on explaining it
	next                time.Time
}

// observe gathers the findings and remembers when each was first seen.
func (e *evaluation) observe() {
	e.findings |= e.binding.Codes() &^ RaisedByGrant
	if e.spec.Exception != nil && !e.inForce {
		e.findings = e.findings.With(ExceptionExpired)
	}
	if e.unused() {
		e.findings = e.findings.With(AccessUnused)
	}
	e.readTasks()
	e.compare()
	for c := range e.findings.All {
		e.see(c)
	}
	e.compareClock()
}

// observationTrusted is how long an observation of use counts.
const observationTrusted = 24 * time.Hour

// unused reports whether an observation of the last day says that the access
// was not used for longer than the policy allows.
func (e *evaluation) unused() bool {
	u, after := e.spec.Usage, e.terms.unusedAfter
	return u != nil && after > 0 && !u.LastUsedAt.IsZero() && !u.ObservedAt.After(e.now) &&
		e.now.Before(u.ObservedAt.Add(observationTrusted)) && !e.now.Before(u.LastUsedAt.Add(after))
}

// see adds a finding and notes when it was first seen. A waived finding counts
// as first seen when its exception ended, so that its grace starts then.
func (e *evaluation) see(c Code) {
	e.findings = e.findings.With(c)
	e.seen[c] = e.believed(c)
	at, ok := e.remembered(c)
	if ok && (e.jumped || !e.unwaived.Has(c)) {
		e.seen[c] = at
	}
	if e.jumped {
		return
	}
	if w := e.waiver; w != nil && !w.EndedAt.IsZero() && w.Codes.Has(c) {
		e.seen[c] = later(e.seen[c], w.EndedAt)
	}
}

// remembered returns when an earlier run first saw the finding for this asset.
func (e *evaluation) remembered(c Code) (time.Time, bool) {
	if e.prior.Serial > 0 && e.prior.Asset != e.binding.Asset {
		return time.Time{}, false
	}
	return e.prior.firstSeen(c)
}

// recertify raises and judges the recertification once it is due, unless access
// is revoked.
func (e *evaluation) recertify() error {
	revoked := !e.revokedAt.IsZero() || (e.action == Revoke && !e.binding.Held)
	if e.prior.Serial == 0 || revoked || e.now.Before(e.certified.Add(e.terms.recertifyEvery)) {
		return nil
	}
	e.see(GrantRecertificationDue)
	if err := e.judge(GrantRecertificationDue); err != nil {
		return err
	}
	return e.judgeOnceMore()
}

// deriveStatus derives the status from the action and from the remaining
// generations.
func (e *evaluation) deriveStatus() {
	e.status = statusOf(e.action)
	isActive := active(e.generations[:e.count])
	switch {
	case e.observing:
		if e.capped != capNone && e.action < Block {
			e.status = StatusExpired
		}
		if e.status == StatusExpired || !isActive {
			e.see(GrantExpired)
		}
	case !isActive && e.action < Block:
		e.deriveEmptyStatus()
	}
}

// statusOf returns the status that an action gives.
func statusOf(a Action) Status {
	switch a {
	case Revoke:
		return StatusRevoked
	case Block:
		return StatusBlocked
	case Lapse:
		return StatusLapsing
	case Review:
		return StatusReview
	default:
		return StatusActive
	}
}

// deriveEmptyStatus derives the status of access that is kept, but has no usable
// credential and can get none. A person has to decide, so it always has a reason.
func (e *evaluation) deriveEmptyStatus() {
	switch {
	case e.action == Lapse && e.prior.Serial == 0 && e.awaitsClosing():
		e.status = StatusReview // nothing has ended: it waits for a person to close the task
	case e.action == Lapse, e.capped != capNone, e.binding.Held && (e.prior.Active() || e.prior.Status == StatusExpired):
		e.status = StatusExpired
	case e.status == StatusActive:
		e.status, e.action = StatusReview, Review
	}
	e.see(GrantExpired)
}

// conclude fills in the result, which is large, in place. What did not change is
// taken over from the prior state as it is, so that an unchanged grant gives an
// unchanged plan.
func (e *evaluation) conclude(d *Decision) {
	g := &d.Grant
	g.Asset, g.Access, g.RotateWhenChanged = e.binding.Asset, e.spec.Access, e.spec.RotateWhenChanged
	g.Status, g.Would, g.Observed, g.EnforceFrom = e.status, e.status, e.observing, e.enforceFrom
	g.Policy, g.Action, g.Rotation = e.policyDigest(), e.action, e.rotation
	g.Names = e.holderNames()
	g.Holder, g.Generations, g.Serial, g.Basis = e.holder, e.prior.Generations, e.serial, e.basis
	g.RevokedAt, g.CertifiedAt, g.Conditions = e.revokedAt, e.certified, e.conditions()
	if e.observing {
		g.Status = e.inForceStatus()
	}
	if !sameGenerations(e.generations[:e.count], e.prior.Generations) {
		g.Generations = make([]Generation, e.count)
		copy(g.Generations, e.generations[:e.count])
	}
	e.memorise(g)
	g.NextChangeAt = e.nextChange()
	if e.jumped {
		g.NextChangeAt = e.announced(g)
	}
	g.Reasons = e.reasons()
	switch {
	case e.stalled:
		g.Action, g.Rotation, g.Reasons = e.prior.Action, e.prior.Rotation, e.prior.stillBlocking(g)
	case e.unchanged(g):
		g.Action, g.Rotation, g.Reasons = e.prior.Action, e.prior.Rotation, e.prior.Reasons
	}
	ask, known := e.ask()
	d.Ask, d.AskStands = ask, !known
	d.Withdrawn, d.Clamped = e.withdrawn(), e.clampedArguments()
	d.Rotated, d.Issues = e.issued && e.rotation == RotateOverlap, e.issued || e.enabled
}

// policyDigest identifies the documents that decide.
func (e *evaluation) policyDigest() string {
	digest := e.in.Policies[0].Digest
	if len(e.in.Policies) > 1 {
		digest += "+" + e.in.Policies[1].Digest
	}
	return digest
}

// withdrawn lists the generations that the run takes away, whatever the cause.
func (e *evaluation) withdrawn() []int {
	var out []int
	for i := range e.prior.Generations {
		g := &e.prior.Generations[i]
		announced := g.Ended(e.now) && !e.jumped
		if !g.Enabled || announced || e.revokesGeneration(g) {
			continue
		}
		if kept := e.numbered(g.Number); kept == nil || !kept.Enabled {
			out = append(out, g.Number)
		}
	}
	return out
}

// numbered returns the generation of that number, or nil if it is not kept.
func (e *evaluation) numbered(n int) *Generation {
	for i := range e.count {
		if e.generations[i].Number == n {
			return &e.generations[i]
		}
	}
	return nil
}

func (e *evaluation) clampedArguments() []string {
	if e.waiverLimit {
		return append(e.terms.clamped, "exception")
	}
	return e.terms.clamped
}

func sameGenerations(a, b []Generation) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) > 0 && &a[0] == &b[0] {
		return true // taken over
	}
	for i := range a {
		x, y := &a[i], &b[i]
		if x.Number != y.Number || x.Enabled != y.Enabled || x.State != y.State || x.Holder != y.Holder ||
			!x.IssuedAt.Equal(y.IssuedAt) || !x.ExpiresAt.Equal(y.ExpiresAt) {
			return false
		}
	}
	return true
}

func sameConditions(a, b []Condition) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return slices.EqualFunc(a, b, func(x, y Condition) bool { return x.Code == y.Code && x.FirstSeen.Equal(y.FirstSeen) })
}

// conditions lists the findings to remember. Held facts and an instant that
// cannot be right start no grace, so nothing that a trigger can be written for is
// remembered from them.
func (e *evaluation) conditions() []Condition {
	if e.findings == 0 && len(e.prior.Conditions) == 0 {
		return e.prior.Conditions
	}
	return e.presentConditions()
}

func (e *evaluation) presentConditions() []Condition {
	var buffer [NumCodes]Condition
	n := 0
	for c := range e.findings.All {
		if e.started(c) || Engine.Has(c) {
			buffer[n] = Condition{Code: c, FirstSeen: e.seen[c]}
			n++
		}
	}
	if sameConditions(buffer[:n], e.prior.Conditions) {
		return e.prior.Conditions
	}
	if n == 0 {
		return nil
	}
	out := make([]Condition, n)
	copy(out, buffer[:n])
	return out
}

// started reports whether the time of a finding runs. Held facts start none, and
// neither does a run whose clock has jumped: what it wrote down would lie in the
// future once the clock is right again.
func (e *evaluation) started(c Code) bool {
	if !e.binding.Held && !e.jumped {
		return true
	}
	_, ok := e.remembered(c)
	return ok
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
