package lifecycle

import (
	"slices"
	"strconv"
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
		v := &e.verdicts[c]
		actedOn := e.due.Has(c) && comparators.Has(c) // also where an attestation has answered it
		rotates := v.rotation != RotateNone && e.action < Block && (actedOn || !e.cleared.Has(c))
		if Engine.Has(c) || v.action > Keep || rotates {
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
	return codes
}

func (e *evaluation) severity(c Code) Action {
	if c == GrantLatched && !e.released() {
		return Revoke
	}
	return e.verdicts[c].action
}

// message returns the fact, the decision with the trigger that took it, and what
// to do if the fact is wrong.
func (e *evaluation) message(c Code) string {
	fact := e.fact(c)
	v := &e.verdicts[c]
	if v.trigger == nil {
		return fact
	}
	action := v.action
	if e.binding.Held {
		action = e.heldAction(c)
	}
	text := fact + decisionMark + action.String()
	switch {
	case action < v.action:
		text += " instead of " + v.action.String() + ", because a system is unavailable and the facts are the last known ones"
	case v.gated != Keep:
		text += " instead of " + v.gated.String() + e.gateNote(v)
	case v.gatedDate:
		text += " instead of the end that the date sets" + e.gateNote(v)
	case v.gate > 0:
		text += ", and no rotation at once" + e.gateNote(v)
	case v.overdue:
		text += ", as nobody answered in time"
	}
	text += rotates[v.rotation]
	switch {
	case v.then <= v.action:
	case v.review:
		text += "; " + v.then.String() + " once the grant has asked for review for " + span(e.reviewDeadline()) + " without an answer"
	default:
		text += "; " + v.then.String() + " if this still stands after " + span(v.within)
	}
	text += " (" + v.trigger.Label + v.trigger.scope() + ")."
	if action == Revoke {
		return text + revokedRemedy
	}
	if action == Lapse {
		text += lapseNote
	}
	if remedy := table[c].remedy; remedy != "" {
		text += " " + remedy
	}
	if asks := v.trigger.Action; (asks == Recertify || asks == Review) && e.repeats() {
		text += repeatsNote
	}
	if successive.Has(c) && e.binding.Successor != "" {
		text += " Proposed owner: " + e.binding.Successor + "."
	}
	return text
}

// repeatsNote says why an attestation that is dated anew answers nothing.
const repeatsNote = " The attestation by the same person with the same note counts from its first date: change its note to attest anew."

// decisionMark stands between the fact and the decision of a message.
const decisionMark = " Action: "

// rotates says in an action what happens to the credential.
var rotates = [...]string{
	RotateNone:    "",
	RotateOverlap: ", rotate overlap: a new credential first, then the old one goes",
	RotateNow:     ", rotate now: the old credential goes at once",
}

// revokedRemedy is what to do about access that is revoked: an edit of the record
// alone does not bring it back.
const revokedRemedy = " If this is wrong, correct the record or the directory, and add an attestation dated after revoked_at."

// lapseNote says what lapse does to a credential.
const lapseNote = " What exists stays until it expires; nothing is issued or renewed."

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

// span formats how long something lasts, in days where it is whole days.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return d.String()
}

func (e *evaluation) gateNote(v *verdict) string {
	return ", because the confidence " + Hundredths(v.confidence) + " is below " + Hundredths(v.gate)
}

// Hundredths formats a number of hundredths with two decimals.
func Hundredths(n int) string {
	s := strconv.Itoa(100 + n%100)
	return strconv.Itoa(n/100) + "." + s[1:]
}

// fact returns the sentence that states the finding.
func (e *evaluation) fact(c Code) string {
	switch c {
	case AssetReassigned:
		return e.reassignedFact()
	case AssetChanged:
		return standingFact("The asset has changed since the last issue", "The asset has changed since the access was last certified", e.assetChanges())
	case OwnerMoved:
		return standingFact("The holder has moved since the last issue", "The holder has moved since the access was last certified", e.ownerChanges())
	case OwnerChanged:
		return e.ownerChangedFact()
	case OwnerGone:
		return "The holder " + quote(e.prior.Holder) + " was in the directory at the last issue and is no longer there."
	case AccessUnused:
		return "The access has not been used for as long as the policy allows."
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
	case ExceptionExpired:
		return e.exceptionFact()
	default:
		return e.binding.message(c)
	}
}

// standingFact states a comparison: what differs, or, once a new credential has
// settled that, that it has still to be attested.
func standingFact(differs, stood, changes string) string {
	if changes == "" {
		return stood + ", and nobody has attested it."
	}
	return differs + ": " + changes + "."
}

func (e *evaluation) reassignedFact() string {
	if !e.differs.Has(AssetReassigned) {
		return "The asset has passed to " + quote(e.binding.Holder) + " since the access was last certified, and nobody has attested it."
	}
	if e.binding.Holder == "" {
		return "The asset has passed from " + quote(e.prior.Holder) + " to an owner who cannot be resolved."
	}
	return "The asset has passed from " + quote(e.prior.Holder) + " to " + quote(e.binding.Holder) + "."
}

func (e *evaluation) ownerChangedFact() string {
	changes := ""
	if e.differs.Has(OwnerChanged) {
		changes = "was " + quote(e.prior.Holder) + " and is now " + quote(e.binding.Holder)
	}
	return standingFact("One of several owners no longer holds the asset", "One of several owners has changed since the access was last certified", changes)
}

// latchFact tells the two ends of a latch: that it holds, and what released it.
func (e *evaluation) latchFact() string {
	const stays = "The access was revoked and stays revoked, also when a record is edited back. "
	switch {
	case e.revokedAt.IsZero() && e.attested():
		return "The access was revoked; the attestation by " + quote(e.answer.By) + " brings it back."
	case e.revokedAt.IsZero():
		return "The access was revoked because the former holder left; the asset has a new holder, so it comes back for them."
	case e.answer != nil && e.spent && e.answer.At.After(e.revokedAt):
		return stays + "The attestation by " + quote(e.answer.By) + " was made while a fact still said revoke. " +
			"Once the record is right, attest anew, with another note."
	case e.repeats():
		return stays + "To bring it back, add an attestation dated after revoked_at to this grant." + repeatsNote
	default:
		return stays + "To bring it back, add an attestation dated after revoked_at to this grant."
	}
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
		return "In rotate_when_changed " + list(e.changedInputs()) + " changed: a new credential first, then the old one goes."
	case slices.ContainsFunc(e.prior.Generations, func(g Generation) bool { return e.spec.RevokeGenerations[g.Key()] }):
		return "The configuration revokes a generation."
	case e.rotation == RotateNow:
		return "The last credential has expired, and a new one takes its place."
	case e.owed():
		return "The rotation that was due is done now: a new credential first, then the old one goes."
	default:
		return "The credential is due for renewal: a new one first, then the old one goes."
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
	switch blockers := e.findings & (assetObstacles | holderObstacles); {
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
	case e.action == Lapse:
		return "the access lapses"
	case e.waiting() && e.binding.Holder != "":
		return "another holder waits for an answer"
	case blockers != 0:
		for c := range blockers.All {
			return table[c].blocks
		}
		fallthrough
	case e.binding.Holder == "", e.findings&e.obstacles() != 0:
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
