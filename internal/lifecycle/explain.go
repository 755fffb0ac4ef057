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
				out = append(out, Reason{Code: c, Message: e.message(c), Controls: table[c].controls})
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
		if Engine.Has(c) || v.action > Keep || (v.rotation != RotateNone && !e.cleared.Has(c)) {
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
	text := fact + " Action: " + v.action.String()
	switch {
	case v.gated != Keep:
		text += " instead of " + v.gated.String() + e.gateNote(v)
	case v.gate > 0:
		text += ", and no rotation at once" + e.gateNote(v)
	case v.overdue:
		text += ", as nobody answered in time"
	}
	text += rotates[v.rotation]
	if v.then > v.action {
		text += "; " + v.then.String() + " if this still stands after " + span(v.within)
	}
	text += " (" + v.trigger.Label + v.trigger.scope() + ")."
	if v.action == Revoke {
		return text + revokedRemedy
	}
	if remedy := table[c].remedy; remedy != "" {
		text += " " + remedy
	}
	if successive.Has(c) && e.binding.Successor != "" {
		text += " Proposed owner: " + e.binding.Successor + "."
	}
	return text
}

// rotates says in an action what happens to the credential.
var rotates = [...]string{
	RotateNone:    "",
	RotateOverlap: ", rotate overlap: a new credential first, then the old one goes",
	RotateNow:     ", rotate now: the old credential goes at once",
}

// revokedRemedy is what to do about access that is revoked: an edit of the record
// alone does not bring it back.
const revokedRemedy = " If this is wrong, correct the record or the directory, and add an attestation dated after revoked_at."

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
	return ", because the confidence " + Hundredths(e.binding.Confidence) + " is below " + Hundredths(v.gate)
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
		return "The asset has passed from " + e.prior.Holder + " to " + e.binding.Holder + "."
	case AssetChanged:
		return "The asset has changed since the last issue: " + e.assetChanges() + "."
	case OwnerMoved:
		return "The holder has moved since the last issue: " + e.ownerChanges() + "."
	case GrantRecertificationDue:
		return "The access has not been attested for as long as the policy allows."
	case GrantRotationDue:
		return e.rotationFact()
	case GrantLatched:
		return e.latchFact()
	case GrantExpired:
		return e.expiredFact()
	case ExceptionExpired:
		return "The exception approved by " + quote(e.spec.Exception.ApprovedBy) + " has ended, and what it waived counts again."
	default:
		return e.binding.message(c)
	}
}

// latchFact tells the two ends of a latch: that it holds, and what released it.
func (e *evaluation) latchFact() string {
	if e.revokedAt.IsZero() {
		return "The access was revoked; the attestation by " + quote(e.spec.Attestation.By) + " brings it back."
	}
	return "The access was revoked and stays revoked, also when a record is edited back. " +
		"To bring it back, add an attestation dated after revoked_at to this grant."
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
	switch {
	case e.binding.Held:
		return "a system is unavailable and the facts are the last known ones"
	case e.findings.Has(AssetMissing):
		return "the asset's record is missing"
	case e.action >= Block:
		return "the access is blocked"
	case e.binding.Holder == "":
		return "the owner cannot be resolved"
	case e.unanswered(AssetReassigned):
		return "the asset's reassignment waits for an answer"
	default:
		return "a date that limits the access has passed"
	}
}

func (e *evaluation) expiredFact() string {
	switch e.capped {
	case capRetirement:
		return "The asset's retirement date has passed, so no credential can exist."
	case capOwnerEnd:
		return "The holder's end date has passed, so no credential can exist."
	case capException:
		return "The exception's end has passed, so no credential can exist."
	default:
		return "No credential is left, and none can be issued: " + e.obstacle() + "."
	}
}
