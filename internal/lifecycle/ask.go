package lifecycle

import (
	"slices"
	"strings"
	"time"
)

// Ask is what somebody is to be asked about a grant.
type Ask struct {
	Action   Action    // Review or Recertify
	Codes    CodeSet   // the findings that ask
	Since    time.Time // when the first of them was first seen
	Reviewer Reviewer
	// DueAt is when Then follows without an answer; zero if nothing follows.
	DueAt time.Time
	Then  Action
	// Mend are those of the findings that a confirmation does not answer: they end once
	// the record is corrected.
	Mend CodeSet
}

// Reviewer is who is asked about a grant.
type Reviewer struct {
	Role ReviewerRole
	Key  string // names a person or a team in the directories; empty if no one is known
}

// ReviewerRole says why somebody is asked.
type ReviewerRole uint8

// The roles of reviewers, in the order in which they are asked.
const (
	NoReviewer ReviewerRole = iota
	SuccessorReviews
	ManagerReviews
	LifecycleOwnerReviews
)

// reviewer returns who is asked: the proposed owner, else the holder's manager, else
// the class's lifecycle owner. People who have left are passed over, and so are those
// who may not attest the access, if there is somebody who may.
func (e *evaluation) reviewer() Reviewer {
	b := e.binding
	var first Reviewer
	for _, r := range [...]Reviewer{
		{SuccessorReviews, b.Successor}, {ManagerReviews, b.Manager}, {LifecycleOwnerReviews, b.LifecycleOwner},
	} {
		if r.Key == "" || slices.ContainsFunc(e.in.Departed, func(key string) bool { return sameKey(key, r.Key) }) {
			continue
		}
		if e.mayAttest(r) {
			return r
		}
		if first.Role == NoReviewer {
			first = r
		}
	}
	return first
}

// mayAttest reports whether the policy lets the reviewer attest, as far as that can be
// known from the keys. Who belongs to a team is not known here.
func (e *evaluation) mayAttest(r Reviewer) bool {
	b, authority := e.binding, &e.in.Policies[0].Authority
	if authority.Trust {
		return true
	}
	return slices.ContainsFunc(Authorized(authority.Attest, b, AuthorityRisk(e.spec, e.in.Prior)), func(who string) bool {
		switch {
		case who == ByOwner, strings.HasPrefix(who, ByTeam):
			return false
		case who == ByManager:
			return r.Role == ManagerReviews || maySame(b.Manager, r.Key)
		case who == ByLifecycleOwner:
			return r.Role == LifecycleOwnerReviews || maySame(b.LifecycleOwner, r.Key)
		default:
			return maySame(who, r.Key)
		}
	})
}

// maySame reports whether two keys name the same entry, or may: an address or a user
// name cannot be compared with "<directory>/<id>".
func maySame(a, b string) bool {
	differ := func(sign string) bool { return strings.Contains(a, sign) != strings.Contains(b, sign) }
	return a != "" && (sameKey(a, b) || differ("/") || differ("@"))
}

// reviewerText names in a sentence who is asked; "" if no one is known.
func (e *evaluation) reviewerText() string {
	switch r := e.reviewer(); r.Role {
	case SuccessorReviews:
		return e.who(r.Key)
	case ManagerReviews:
		return "the holder's manager " + quote(r.Key)
	case LifecycleOwnerReviews:
		return "the lifecycle owner " + quote(r.Key)
	default:
		return ""
	}
}

// ask returns what somebody is to be asked, and whether this run can tell: held facts
// and an instant that cannot be right neither open a question nor end one.
func (e *evaluation) ask() (_ *Ask, known bool) {
	if e.binding.Held || e.untimely {
		return nil, false
	}
	if e.observing || e.action >= Revoke {
		return nil, true
	}
	a := Ask{Action: Recertify}
	for c := range (e.findings &^ e.excepted &^ e.cleared).All {
		if o := e.outcomes.of(c); e.asks(c, o) {
			a.note(c, o, earlierDate(e.seen[c], e.now)) // a clock that was set back does not ask from later on
			if !o.trigger.asks(o.gate > 0) {
				a.Mend = a.Mend.With(c)
			}
		}
	}
	if a.Codes == 0 {
		return nil, true
	}
	out := a // allocated only here, so that a grant of which nothing is asked costs nothing
	out.Reviewer = e.reviewer()
	return &out, true
}

// asks reports whether somebody is to be asked about a finding. A review that was not
// answered in time can still be answered. What an attestation does not answer is asked
// once: until somebody has attested in knowledge of it.
func (e *evaluation) asks(c Code, o *outcome) bool {
	switch {
	case o.trigger == nil || o.action == Keep || c == GrantRejected:
		return false // or somebody was asked already
	case o.trigger.asks(o.gate > 0):
		return o.action == Recertify || o.action == Review || o.overdue
	case e.answers(c):
		return false
	default:
		return o.action == Recertify || o.action == Review || (o.overdue && o.gated != Keep)
	}
}

// asks reports whether an attestation answers what the trigger does: it asks for
// recertification or review, or for a rotation that the confidence gate turned into a
// review.
func (t *Trigger) asks(tooLittle bool) bool {
	return t.Action == Recertify || t.Action == Review || (t.Rotation == RotateNow && tooLittle && t.Action == Keep)
}

// note adds a finding to what is asked.
func (a *Ask) note(c Code, o *outcome, seen time.Time) {
	a.Codes = a.Codes.With(c)
	a.Since = earlierDate(a.Since, seen)
	if o.action >= Review {
		a.Action = Review
	}
	if o.then > o.action && !o.next.IsZero() && (a.DueAt.IsZero() || o.next.Before(a.DueAt)) {
		a.DueAt, a.Then = o.next, o.then
	}
}

// unheard reports whether a step that follows from silence waits, because the answers
// could not be read in this run: somebody may have answered. A step that an earlier run
// has taken stays.
func (e *evaluation) unheard(c Code, t *namedTrigger, at time.Time, action Action) bool {
	return e.in.Unheard && !e.now.Before(at) && (e.prior.reachedFor(c) < action || !e.prior.cites(c, t))
}

// actionFor returns the action that the grant's reasons give for a finding.
func (g *Grant) actionFor(c Code) Action { return actionIn(g.decisionOn(c)) }

// reachedFor returns the action that the reasons give for a finding, or the one that
// only held facts have kept from following.
func (g *Grant) reachedFor(c Code) Action {
	said := g.decisionOn(c)
	if _, reached, found := strings.Cut(said, insteadOf); found && strings.Contains(said, heldNote) {
		said = reached
	}
	return actionIn(said)
}

// actionIn returns the action of a decision as a reason says it; Keep if it says none.
func actionIn(decision string) Action {
	action, _ := ParseAction(actionOf(decision))
	return action
}

// cites reports whether the grant's reasons say that the trigger decided on a finding.
func (g *Grant) cites(c Code, t *namedTrigger) bool {
	return strings.Contains(g.decisionOn(c), t.cited())
}

// decisionOn returns what the grant's reasons say of the decision on a finding; "" if
// nothing was decided on it.
func (g *Grant) decisionOn(c Code) string {
	for _, r := range g.Reasons {
		if r.Code != c {
			continue
		}
		if _, decision, found := strings.Cut(r.Message, decisionMark); found {
			return decision
		}
	}
	return ""
}
