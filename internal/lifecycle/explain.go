package lifecycle

import (
	"slices"
	"strings"
	"time"
)

// reasons lists what speaks against simply keeping the access, most severe
// first.
func (e *evaluation) reasons() []Reason {
	codes := e.reasonCodes()
	if codes == 0 {
		return nil
	}
	out := make([]Reason, 0, codes.Len())
	for severity := int(Revoke); severity >= int(Keep); severity-- {
		for c := range codes.All {
			if int(e.severity(c)) == severity {
				out = append(out, Reason{Code: c, Message: e.message(c)})
			}
		}
	}
	return out
}

// reasonCodes returns the findings that ask for something: waived and answered
// ones ask for nothing.
func (e *evaluation) reasonCodes() CodeSet {
	var codes CodeSet
	for c := range (e.findings | e.due).All {
		o := e.outcomes.of(c)
		actedOn := e.due.Has(c) && comparators.Has(c) // also where an attestation has answered it
		rotates := o.rotation != RotateNone && e.action < Block && (actedOn || !e.cleared.Has(c))
		if Engine.Has(c) || o.action > Keep || rotates {
			codes = codes.With(c)
		}
	}
	codes &^= e.excepted
	if e.rotation != RotateNone && e.due == 0 {
		codes = codes.With(GrantRotationDue)
	}
	if e.released() {
		codes = codes.With(GrantLatched)
	}
	if e.restored() {
		codes = codes.With(GrantRestored)
	}
	return codes
}

func (e *evaluation) severity(c Code) Action {
	if c == GrantLatched && !e.released() {
		return Revoke
	}
	return e.outcomes.of(c).action
}

// message returns the fact, the decision with the trigger that took it, what comes
// next and on which day, and what to do if the fact is wrong.
func (e *evaluation) message(c Code) string {
	fact := e.fact(c)
	o := e.outcomes.of(c)
	if o.trigger == nil {
		return fact
	}
	action := o.action
	if e.binding.Held {
		action = e.heldAction(c)
	}
	parts := append(make([]string, 0, 24), fact, decisionMark, action.String(), e.withheld(o, action), e.rotates(c, o.rotation))
	if action == Review || action == Recertify {
		if to := e.reviewerText(); to != "" {
			parts = append(parts, "; the ", asked[action], " goes to ", to)
		}
	}
	parts = append(parts, e.follows(c, o), " ", o.trigger.cited(), ".")
	if action == Revoke && c != GrantRejected {
		return strings.Join(append(parts, revokedRemedy), "")
	}
	if action == Lapse {
		parts = append(parts, e.lapseNote())
	}
	if remedy := table[c].remedy; remedy != "" {
		parts = append(parts, " ", remedy)
	}
	if asks := o.trigger.Action; (asks == Recertify || asks == Review) && e.repeats() {
		parts = append(parts, repeatsNote)
	}
	if successive.Has(c) && e.binding.Successor != "" && action > Review {
		parts = append(parts, " Proposed owner: ", e.who(e.binding.Successor), ".")
	}
	return strings.Join(parts, "")
}

// startsNow reports whether something counts from the instant of this run, which is
// not what the state says already.
func (e *evaluation) startsNow(at, known time.Time) bool { return at.Equal(e.now) && !at.Equal(known) }

// asked names what somebody is asked for.
var asked = [...]string{Review: "review", Recertify: "recertification"}

// insteadOf comes before the action that a decision is milder than.
const insteadOf = " instead of "

// heldNote says why a decision is milder than its trigger asks for.
const heldNote = ", because a system is unavailable and the facts are the last known ones"

// withheld says what would have happened, and why it does not.
func (e *evaluation) withheld(o *outcome, action Action) string {
	switch {
	case action < o.action:
		return insteadOf + o.action.String() + heldNote
	case o.gated != Keep:
		return insteadOf + o.gated.String() + e.gateNote(o)
	case o.gatedDate:
		return " instead of the end that the date sets" + e.gateNote(o)
	case o.gate > 0:
		return ", and no rotation at once" + e.gateNote(o)
	case o.overdue:
		return ", as nobody answered in time"
	default:
		return ""
	}
}

// follows says what the decision becomes by itself, and when.
func (e *evaluation) follows(c Code, o *outcome) string {
	switch {
	case o.then <= o.action:
		return ""
	case o.review:
		starts := !e.cleared.Has(c) && (e.review.Since.IsZero() || e.startsNow(e.review.Since, e.prior.Memory.Review.Since))
		return announced(o.then) + e.when(o.next, starts) + " unless somebody answers"
	default:
		known, _ := e.remembered(c)
		starts := e.startsNow(e.seen[c], known) && !e.cleared.Has(c)
		return announced(o.then) + e.when(o.next, starts) + " if this is still so"
	}
}

// announced says in a sentence what a decision becomes, before it says when.
func announced(a Action) string { return "; " + a.String() + " " }

// rotates says what a decision does to the credential. A workload whose owner goes
// keeps working, so there it also says why something is issued all the same.
func (e *evaluation) rotates(c Code, r Rotation) string {
	switch {
	case r == RotateNow, r == RotateOverlap && e.issued && e.rotation == RotateNow:
		return ", rotate now: the old credential goes at once"
	case r == RotateOverlap && holderObstacles.Has(c) && e.issued && e.rotation == RotateOverlap:
		return ", rotate overlap: the workload keeps running, and because its former owner knows the credential, " + e.succession()
	case r == RotateOverlap:
		return ", rotate overlap: " + e.succession()
	default:
		return ""
	}
}

// succession says which credential takes the place of which, and until when both
// work.
func (e *evaluation) succession() string {
	if !e.issued || e.rotation != RotateOverlap {
		return "a new credential first, then the old one goes"
	}
	text := Key(e.serial) + " is issued now"
	if e.count > 1 {
		old := &e.generations[0]
		text += ", and " + old.Key() + " ends " + e.end(old)
	}
	return text
}

// lapseNote says what a lapse does to the credential, and when access ends.
func (e *evaluation) lapseNote() string {
	if e.count == 0 || e.generations[e.count-1].ExpiresAt.IsZero() {
		return " Nothing is issued or renewed."
	}
	last := &e.generations[e.count-1]
	return " Nothing is issued or renewed; access ends with " + last.Key() + " " + e.end(last) + "."
}

// end says when a generation ends.
func (e *evaluation) end(g *Generation) string {
	held := slices.ContainsFunc(e.prior.Generations, func(p Generation) bool {
		// While access lapses, a new credential takes the end of the one that it replaces.
		return (p.Number == g.Number || e.action == Lapse) && p.ExpiresAt.Equal(g.ExpiresAt)
	})
	dated := g.ExpiresAt.Equal(e.binding.RetirementDate) || g.ExpiresAt.Equal(e.binding.OwnerEndDate)
	return e.when(g.ExpiresAt, !held && !dated)
}

// repeatsNote says why an attestation that is dated anew answers nothing.
const repeatsNote = " The attestation by the same person with the same note counts from its first date: change its note to attest anew."

// decisionMark separates the fact and the decision in a message.
const decisionMark = " Action: "

// revokedRemedy is what to do about access that is to be revoked. What it takes
// afterwards is said once it has been.
const revokedRemedy = " If this is wrong, correct the record or the directory before you apply."

// cited names the trigger in a sentence, as what decided.
func (t *namedTrigger) cited() string { return "(" + t.name + ")" }

// scope says what a trigger is for besides its findings.
func (t *Trigger) scope() string {
	var text string
	if t.Risk != nil {
		text += " " + t.Risk.String() + " access to"
	}
	switch {
	case t.BoundTo != nil:
		text += " " + t.BoundTo.String() + "-bound assets"
	case t.Class != "":
		text += " assets"
	}
	if t.Class != "" {
		text += " of class " + quote(t.Class)
	}
	if text == "" {
		return ""
	}
	return ", for" + strings.TrimSuffix(text, " to")
}

// fact returns the sentence that states the finding.
func (e *evaluation) fact(c Code) string {
	switch c {
	case AssetReassigned:
		return e.reassignedFact()
	case AssetChanged:
		return comparisonFact("The asset has changed since the last issue", "The asset has changed since the access was last certified", e.assetChanges())
	case OwnerMoved:
		return comparisonFact("The holder has moved since the last issue", "The holder has moved since the access was last certified", e.ownerChanges())
	case OwnerChanged:
		return e.ownerChangedFact()
	case OwnerGone:
		return "The holder " + e.who(e.prior.Holder) + " was in the directory at the last issue and is no longer there."
	case TaskUnclosed:
		return e.unclosedFact()
	case AccessUnused:
		return "The access has not been used for as long as the policy allows."
	case GrantRejected:
		return e.rejectedFact()
	case GrantRiskLowered:
		return "The risk of the access was lowered from privileged to standard since it was last certified."
	case GrantRecertificationDue:
		return "The access has not been attested for as long as the policy allows."
	case GrantRotationDue:
		return e.rotationFact()
	case GrantLatched:
		return e.latchFact()
	case GrantExpired:
		return e.expiredFact()
	case GrantRestored:
		return e.restoredFact()
	case ExceptionExpired:
		return e.exceptionFact()
	case AssetRetiring:
		return dated(e.binding.message(c), e.binding.RetirementDate)
	case OwnerLeaving, OwnerEnded:
		return dated(e.binding.message(c), e.binding.OwnerEndDate)
	default:
		return e.binding.message(c)
	}
}

// dated adds the day that a finding is about, which its own sentence does not name.
func dated(fact string, day time.Time) string {
	if day.IsZero() {
		return fact
	}
	return fact + " The date is " + on(day) + "."
}

// comparisonFact states a comparison: what differs, or, once a new credential was
// issued on the new facts, that they have still to be attested.
func comparisonFact(differs, unattested, changes string) string {
	if changes == "" {
		return unattested + ", and nobody has attested it."
	}
	return differs + ": " + changes + "."
}

func (e *evaluation) reassignedFact() string {
	if !e.differs.Has(AssetReassigned) {
		return "The asset has passed to " + e.who(e.binding.Holder) + " since the access was last certified, and nobody has attested it."
	}
	if e.binding.Holder == "" {
		return "The asset has passed from " + e.who(e.prior.Holder) + " to an owner who cannot be resolved."
	}
	return "The asset has passed from " + e.who(e.prior.Holder) + " to " + e.who(e.binding.Holder) + "."
}

func (e *evaluation) ownerChangedFact() string {
	changes := ""
	if e.differs.Has(OwnerChanged) {
		changes = "was " + e.who(e.prior.Holder) + " and is now " + e.who(e.binding.Holder)
	}
	return comparisonFact("One of several owners no longer holds the asset", "One of several owners has changed since the access was last certified", changes)
}

// latchFact tells the two ends of a latch: that it holds, and what released it.
func (e *evaluation) latchFact() string {
	since := e.revokedAt.UTC().Format(time.RFC3339)
	stays := "The access was revoked on " + on(e.revokedAt) + " and stays revoked, also when a record is edited back. "
	switch {
	case e.revokedAt.IsZero() && e.attested():
		return "The access was revoked; the attestation by " + quote(e.answer.By) + " brings it back."
	case e.revokedAt.IsZero():
		return "The access was revoked because the former holder left; the asset has a new holder, so it comes back for " + e.who(e.binding.Holder) + "."
	case e.answer != nil && e.spent && e.answer.At.After(e.revokedAt):
		return stays + "The attestation by " + quote(e.answer.By) + " was made while a fact still said revoke. " +
			"Once the record is right, attest anew, with another note."
	case e.repeats():
		return stays + "To bring it back, add an attestation dated after " + since + " to this grant." + repeatsNote
	default:
		return stays + "To bring it back, add an attestation dated after " + since + " to this grant."
	}
}

// restored reports whether access that was blocked, or for which nothing was in use,
// comes back in this run without a latch that had to be released.
func (e *evaluation) restored() bool {
	return e.prior.Serial > 0 && !e.replaced && !e.prior.Active() && !e.released() && active(e.generations[:e.count])
}

// restoredFact says why access comes back, and with which credential.
func (e *evaluation) restoredFact() string {
	var before CodeSet
	for _, c := range e.prior.Conditions {
		before = before.With(c.Code)
	}
	before &^= Engine
	var why []string
	if over := before &^ e.findings; over != 0 {
		why = append(why, over.text()+" no longer applies")
	}
	if answered := before & e.findings & e.cleared; answered != 0 && e.answer != nil {
		why = append(why, "the attestation by "+quote(e.answer.By)+" answers "+answered.text())
	}
	if waived := before & e.excepted; waived != 0 && e.waiver != nil {
		why = append(why, "the exception approved by "+quote(e.waiver.ApprovedBy)+" waives "+waived.text())
	}
	if len(why) == 0 {
		why = append(why, "nothing asks for a block any more")
	}
	given := Key(e.serial) + " is issued"
	if !e.issued {
		given = e.generations[e.count-1].Key() + " is enabled again"
	}
	return "The access comes back: " + list(why) + ". " + given + "."
}

func (e *evaluation) exceptionFact() string {
	ended := " has ended"
	if e.waiverLimit {
		ended = " has lasted as long as the policy allows since it was first stated"
	}
	return "The exception approved by " + quote(e.spec.Exception.ApprovedBy) + ended + ", and what it waived counts again."
}

func (e *evaluation) assetChanges() string {
	p, b := e.prior.Basis, e.binding
	var parts []string
	for _, f := range [...]struct{ name, before, after string }{
		{"class", p.Class, b.Class}, {"environment", p.Environment, b.Environment}, {"criticality", p.Criticality, b.Criticality},
	} {
		if changed(f.before, f.after) {
			parts = append(parts, f.name+" "+quote(f.before)+" is now "+quote(f.after))
		}
	}
	return strings.Join(parts, ", ")
}

func (e *evaluation) ownerChanges() string {
	p, b := e.prior.Basis, e.binding
	var parts []string
	if changed(p.Manager, b.Manager) {
		parts = append(parts, "manager "+quote(p.Manager)+" is now "+quote(b.Manager))
	}
	if teamsChanged(p.Teams, b.Teams) {
		parts = append(parts, "teams "+quote(list(slices.Clone(p.Teams)))+" are now "+quote(list(slices.Clone(b.Teams))))
	}
	return strings.Join(parts, ", ")
}

func (e *evaluation) rotationFact() string {
	if e.rotation != RotateNone {
		return e.rotationCause()
	}
	if e.waits {
		return "The credential is due for rotation, which waits: " + e.obstacle() + "."
	}
	return "The credential is due for rotation, but nothing can be issued: " + e.obstacle() + "."
}

// rotationCause says why a credential is rotated although no finding asks for it.
func (e *evaluation) rotationCause() string {
	switch {
	case e.replaced:
		return "The grant is for another access or another asset now, so its credentials go at once."
	case e.inputsChanged():
		return "In rotate_when_changed " + list(e.changedInputs()) + " changed: " + e.succession() + "."
	case slices.ContainsFunc(e.prior.Generations, func(g Generation) bool { return e.spec.RevokeGenerations[g.Key()] }):
		return "The configuration revokes a generation."
	case e.rotation == RotateNow:
		return "The last credential has expired, and a new one takes its place."
	case e.owed():
		return "The rotation that was due is done now: " + e.succession() + "."
	default:
		return "The credential is due for renewal: " + e.succession() + "."
	}
}

// changedInputs names the keys of rotate_when_changed that differ, sorted.
func (e *evaluation) changedInputs() []string {
	before, after := e.prior.RotateWhenChanged, e.spec.RotateWhenChanged
	var keys []string
	for k, v := range after {
		if old, ok := before[k]; !ok || old != v {
			keys = append(keys, quote(k))
		}
	}
	for k := range before {
		if _, ok := after[k]; !ok {
			keys = append(keys, quote(k))
		}
	}
	slices.Sort(keys)
	return keys
}

func (e *evaluation) obstacle() string {
	switch blockers := e.hindering(assetObstacles | holderObstacles); {
	case e.binding.Held:
		return "a system is unavailable and the facts are the last known ones"
	case e.waits && e.count < len(e.generations):
		return "an earlier credential leaves its overlap in this run, and the next one is issued in the run after it"
	case e.waits:
		return "an earlier credential is still in its overlap, which is not cut"
	case e.action >= Block && !e.observing:
		return "the access is blocked"
	case e.observing:
		return "the policy is only observed, which brings back nothing that was taken away while it was enforced"
	case e.action == Lapse && e.awaitsClosing():
		return table[TaskUnclosed].blocks
	case e.action == Lapse:
		return "the access lapses"
	case e.waiting() && e.binding.Holder != "":
		return "another holder waits for an answer"
	case blockers != 0:
		for c := range blockers.All {
			return table[c].blocks
		}
		fallthrough
	case e.binding.Holder == "", e.hindering(e.obstacles()) != 0:
		return "the owner cannot be resolved"
	case e.capped != capNone:
		return "a date that limits the access has passed"
	case e.untimely && !e.leftBlock():
		return e.untimelyText()
	default:
		return "the access was taken away, and somebody has to answer the review first"
	}
}

// untimelyText says why nothing is issued at this instant, and what to do.
func (e *evaluation) untimelyText() string {
	if e.jumped {
		return "the instant of this run lies long after everything that the grant knows of, so that a clock may be wrong; " +
			"if it is right, attest the access anew, or raise max_clock_jump in the provider block for one run"
	}
	return "the instant of this run precedes what the grant remembers, so that a clock is or was wrong; " +
		"correct the clock, wait, or start again at g1 with -replace"
}

func (e *evaluation) expiredFact() string {
	switch {
	case e.capped == capRetirement:
		return "The asset's retirement date has passed, so no credential can exist."
	case e.capped == capOwnerEnd:
		return "The holder's end date has passed, so no credential can exist."
	default:
		return "No credential is in use, and none can be issued: " + e.obstacle() + "."
	}
}
