package lifecycle

import (
	"slices"
	"strings"
)

// The parties that may attest an access or approve an exception.
const (
	ByOwner          = "owner"
	ByManager        = "manager"
	ByLifecycleOwner = "lifecycle_owner"
	ByTeam           = "team:" // followed by a key of the team
)

// Authority says who may attest and who may approve exceptions. In each list the
// first entry that matches decides; if none matches, no one may.
type Authority struct {
	Trust  bool // every name in the configuration is accepted
	Attest []Authorization
	Except []Authorization
}

// Authorization says for some grants who may. Empty selectors match everything.
type Authorization struct {
	Risk    *Risk
	Class   string
	BoundTo *BoundTo
	Who     []string // ByOwner, ByManager, ByLifecycleOwner, ByTeam + key, or a key of a person
}

// Approver is a person in the configuration, with their entries in the
// directories.
type Approver struct {
	Key     string
	Matches []Person // none: unknown, several: ambiguous
}

// Permits says why the approver may not attest or approve on this grant, as the end
// of a sentence that begins with the approver's name; "" if they may. It is called
// when a run first sees an approver: an approver who leaves later stays accepted.
func Permits(entries []Authorization, a Approver, b *Binding, risk Risk) string {
	switch {
	case len(a.Matches) == 0:
		return "is known to no directory"
	case len(a.Matches) > 1:
		return "may be any of " + displayAll(entriesOf(a.Matches))
	}
	p := a.Matches[0]
	if p.Status != PersonActive {
		return "is not active in the directory, but " + p.Status.String()
	}
	if p.Kind == KindTeam {
		return "is a team; name the person who decides"
	}
	isOwner := slices.ContainsFunc(holders(b.Holder), func(h string) bool { return sameKey(h, p.Holder()) })
	switch {
	case isOwner && b.BoundTo != BoundToWorkload:
		return "holds the asset, and no one decides on access of their own"
	case isOwner && b.OwnerStatus != PersonActive:
		return "holds the asset and is " + b.OwnerStatus.String()
	}
	if !slices.ContainsFunc(Authorized(entries, b, risk), func(who string) bool { return permits(who, p, isOwner, b) }) {
		return "has no authority over this access"
	}
	return ""
}

// Authorized lists the parties in the first entry that matches; none if no entry
// matches.
func Authorized(entries []Authorization, b *Binding, risk Risk) []string {
	for _, e := range entries {
		if (e.Risk == nil || *e.Risk == risk) && (e.BoundTo == nil || *e.BoundTo == b.BoundTo) && selects(e.Class, b.Class) {
			return e.Who
		}
	}
	return nil
}

// permits reports whether an entry names the person. For a team that owns a workload,
// its members may decide.
func permits(who string, p Person, isOwner bool, b *Binding) bool {
	switch {
	case who == ByOwner:
		return isOwner || (b.BoundTo == BoundToWorkload && slices.ContainsFunc(holders(b.Holder), func(h string) bool { return inTeam(h, p) }))
	case who == ByManager:
		return isKeyOf(b.Manager, p)
	case who == ByLifecycleOwner:
		return isKeyOf(b.LifecycleOwner, p) || inTeam(b.LifecycleOwner, p)
	case strings.HasPrefix(who, ByTeam):
		return inTeam(strings.TrimPrefix(who, ByTeam), p)
	default:
		return isKeyOf(who, p)
	}
}

func isKeyOf(key string, p Person) bool {
	if key == "" {
		return false
	}
	return sameKey(key, p.Holder()) || slices.ContainsFunc([]string{p.ID, p.Email, p.Username}, func(own string) bool {
		return own != "" && sameKey(key, own)
	})
}

func inTeam(team string, p Person) bool {
	return team != "" && slices.ContainsFunc(p.Teams, func(t string) bool { return sameKey(t, team) })
}

// AuthorityRisk returns the risk at which authority is judged: lowering the risk
// of privileged access requires authority over privileged access.
func AuthorityRisk(s *Spec, prior *Grant) Risk {
	if prior == nil || prior.Serial == 0 {
		return s.Risk
	}
	return max(s.Risk, prior.Memory.Risk)
}

// AuthorityKeys lists the keys of people that must be looked up to judge the
// approvers in the configuration.
func AuthorityKeys(s *Spec, prior *Grant) []string {
	var keys []string
	if a := s.Attestation; a != nil && !answered(prior, a) {
		keys = append(keys, a.By)
	}
	if x := s.Exception; x != nil && !waived(prior, x) {
		keys = append(keys, x.ApprovedBy)
	}
	return keys
}

// answered reports whether the grant already remembers the attestation.
func answered(prior *Grant, a *Attestation) bool {
	if prior == nil || prior.Memory.Answer == nil {
		return false
	}
	is := prior.Memory.Answer
	return (is.By == a.By && is.Note == a.Note) || (is.FormerBy != "" && is.FormerBy == a.By && is.FormerNote == a.Note)
}

// waived reports whether the grant remembers an exception by the same approver for
// the same reason that names all these findings.
func waived(prior *Grant, x *Exception) bool {
	if prior == nil || prior.Memory.Waiver == nil {
		return false
	}
	w := prior.Memory.Waiver
	return w.ApprovedBy == x.ApprovedBy && w.Reason == x.Reason && x.Codes&^w.Codes == 0
}
