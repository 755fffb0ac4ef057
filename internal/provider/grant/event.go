package grant

import (
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/controls"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// The kinds of events about grants.
const (
	kindDecided = "grant.decided"
	kindRemoved = "grant.removed"
)

// event is the body of an event about a grant: what was decided and why, what it was
// before, and who is named.
type event struct {
	Asset       string                     `json:"asset"`
	Access      string                     `json:"access"`
	Action      string                     `json:"action,omitempty"`
	Attestation *answer                    `json:"attestation,omitempty"`
	Because     []string                   `json:"because,omitempty"`
	Before      *eventBefore               `json:"before,omitempty"`
	Controls    map[string][]string        `json:"controls,omitempty"` // by finding
	Exception   *waiver                    `json:"exception,omitempty"`
	Generations map[string]eventGeneration `json:"generations,omitempty"`
	Holder      string                     `json:"holder,omitempty"`
	Issued      []string                   `json:"issued,omitempty"`
	Names       map[string]string          `json:"names,omitempty"`
	Observed    bool                       `json:"observed,omitempty"`
	Policy      string                     `json:"policy,omitempty"`
	RevokedAt   string                     `json:"revoked_at,omitempty"`
	Risk        string                     `json:"risk,omitempty"`
	Serial      int                        `json:"serial,omitempty"`
	Status      string                     `json:"status,omitempty"`
	TookUp      bool                       `json:"took_up,omitempty"` // the register knew the grant, and the state did not
	Withdrawn   []string                   `json:"withdrawn,omitempty"`
	Would       string                     `json:"would,omitempty"`
}

type eventBefore struct {
	Generations []string `json:"generations,omitempty"`
	Grant       string   `json:"grant,omitempty"` // its id, if that was another one
	Holder      string   `json:"holder,omitempty"`
	Status      string   `json:"status"`
}

type eventGeneration struct {
	Enabled   bool   `json:"enabled"`
	ExpiresAt string `json:"expires_at,omitempty"`
	Holder    string `json:"holder,omitempty"`
	IssuedAt  string `json:"issued_at"`
}

// event returns the body of the event that records the transition to g.
func (t *transition) event(g *lifecycle.Grant) string {
	m := memorise(g, t.frameworks)
	e := event{
		Asset: g.Asset.String(), Access: g.Access, Action: g.Action.String(), Attestation: m.Answer, Exception: m.Waiver,
		Because: value.TextsOf(because(g, t.binding.Name).Elements()), Holder: g.Holder, Names: m.Names, Observed: g.Observed,
		Policy: g.Policy, RevokedAt: m.RevokedAt, Risk: g.Memory.Risk.String(), Serial: g.Serial, Status: g.Status.String(), TookUp: t.tookUp,
	}
	if g.Would != g.Status {
		e.Would = g.Would.String()
	}
	for _, r := range g.Reasons {
		if list := t.controlsOf(r); len(list) > 0 {
			if e.Controls == nil {
				e.Controls = make(map[string][]string)
			}
			e.Controls[r.Code.String()] = list
		}
	}
	for i := range g.Generations {
		x := &g.Generations[i]
		if e.Generations == nil {
			e.Generations = make(map[string]eventGeneration)
		}
		e.Generations[x.Key()] = eventGeneration{Enabled: x.Enabled, ExpiresAt: value.Stamp(x.ExpiresAt), Holder: x.Holder, IssuedAt: value.Stamp(x.IssuedAt)}
	}
	var before []lifecycle.Generation
	if b := t.before; b != nil {
		before = b.Generations
		e.Before = &eventBefore{Generations: keysOf(before), Holder: b.Holder, Status: b.Status.String()}
		if b.ID() != g.ID() {
			e.Before.Grant = b.ID()
		}
	}
	e.Issued, e.Withdrawn = newly(before, g.Generations), newly(g.Generations, before)
	return value.JSON(e)
}

// removal returns the body of the event that records that a grant is removed.
func removal(g *lifecycle.Grant) string {
	return value.JSON(event{
		Asset: g.Asset.String(), Access: g.Access, Holder: g.Holder, Serial: g.Serial, RevokedAt: value.Stamp(g.RevokedAt), Withdrawn: newly(g.Generations, nil),
		Before: &eventBefore{Generations: keysOf(g.Generations), Holder: g.Holder, Status: g.Status.String()},
	})
}

func keysOf(list []lifecycle.Generation) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].Key()
	}
	return out
}

// newly returns the keys that are enabled in the second list and not in the first.
func newly(before, after []lifecycle.Generation) []string {
	var out []string
	for _, a := range after {
		was := slices.ContainsFunc(before, func(b lifecycle.Generation) bool { return b.Number == a.Number && b.Enabled })
		if a.Enabled && !was {
			out = append(out, a.Key())
		}
	}
	return out
}

// controlsOf returns the controls that the handling of a reason serves.
func (t *transition) controlsOf(r lifecycle.Reason) []string {
	chosen := t.frameworks
	if chosen == nil {
		chosen = controls.Default()
	}
	q := controls.Query{Code: r.Code, BoundTo: t.binding.BoundTo}
	if r.Code == lifecycle.GrantRotationDue || strings.Contains(r.Message, ", rotate ") {
		q.Rotation = t.decision.Grant.Rotation
	}
	switch r.Code {
	case lifecycle.TaskOpen, lifecycle.TaskOverdue:
		q.Tasks = t.binding.TaskKinds
	case lifecycle.AssetChanged, lifecycle.OwnerMoved:
		q.Changed = t.changed()
	}
	return controls.For(q, chosen)
}

// changed names the facts that differ from those of the last issue.
func (t *transition) changed() []string {
	if t.before == nil {
		return nil
	}
	was, is := &t.before.Basis, &t.binding
	var out []string
	for _, f := range []struct {
		name    string
		differs bool
	}{
		{"class", was.Class != is.Class}, {"environment", was.Environment != is.Environment}, {"criticality", was.Criticality != is.Criticality},
		{"manager", was.Manager != is.Manager}, {"teams", !slices.Equal(was.Teams, is.Teams)},
	} {
		if f.differs {
			out = append(out, f.name)
		}
	}
	return out
}
