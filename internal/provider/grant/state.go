package grant

import (
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

func basisOf(o types.Object) lifecycle.Basis {
	if o.IsNull() {
		return lifecycle.Basis{}
	}
	teams, _ := o.Attributes()["teams"].(types.List)
	return lifecycle.Basis{
		Class: textIn(o, "class"), Environment: textIn(o, "environment"), Criticality: textIn(o, "criticality"),
		Manager: textIn(o, "manager"), Teams: value.TextsOf(teams.Elements()),
	}
}

func reasonsOf(l types.List) ([]lifecycle.Reason, error) {
	var out []lifecycle.Reason
	for _, v := range l.Elements() {
		o, _ := v.(types.Object)
		code, err := lifecycle.ParseCode(textIn(o, "code"))
		if err != nil {
			return nil, err
		}
		controls, _ := o.Attributes()["controls"].(types.List)
		out = append(out, lifecycle.Reason{Code: code, Message: textIn(o, "message"), Controls: value.TextsOf(controls.Elements())})
	}
	return out, nil
}

func conditionsOf(m types.Map) ([]lifecycle.Condition, error) {
	var out []lifecycle.Condition
	for text, v := range m.Elements() {
		code, err := lifecycle.ParseCode(text)
		if err != nil {
			return nil, err
		}
		seen, _ := v.(types.String)
		out = append(out, lifecycle.Condition{Code: code, FirstSeen: value.InstantOf(seen)})
	}
	slices.SortFunc(out, func(a, b lifecycle.Condition) int { return int(a.Code) - int(b.Code) })
	return out, nil
}

func generationsOf(m types.Map) ([]lifecycle.Generation, error) {
	var out []lifecycle.Generation
	for key, v := range m.Elements() {
		number, ok := lifecycle.ParseKey(key)
		if !ok {
			return nil, fmt.Errorf("%q is not a generation key", key)
		}
		o, _ := v.(types.Object)
		state, err := lifecycle.ParseGenerationState(textIn(o, "state"))
		if err != nil {
			return nil, err
		}
		enabled, _ := o.Attributes()["enabled"].(types.Bool)
		issued, _ := o.Attributes()["issued_at"].(types.String)
		expires, _ := o.Attributes()["expires_at"].(types.String)
		out = append(out, lifecycle.Generation{
			Number: number, Enabled: enabled.ValueBool(), State: state, Holder: textIn(o, "holder"),
			IssuedAt: value.InstantOf(issued), ExpiresAt: value.InstantOf(expires),
		})
	}
	slices.SortFunc(out, func(a, b lifecycle.Generation) int { return a.Number - b.Number })
	return out, nil
}

// remember fills in what was decided.
func (m *model) remember(g *lifecycle.Grant) {
	m.ID = types.StringValue(g.ID())
	m.Active = types.BoolValue(g.Active())
	m.Status = types.StringValue(g.Status.String())
	m.Would = types.StringNull()
	if g.Would != g.Status {
		m.Would = types.StringValue(g.Would.String())
	}
	m.EnforceFrom = value.Instant(g.EnforceFrom)
	m.PolicyDigest = value.Text(g.Policy)
	m.Memory = value.Text(memorise(g))
	m.Action = types.StringValue(g.Action.String())
	m.Reasons = reasons(g.Reasons)
	m.Holder = value.Text(g.Holder)
	m.Generations = generations(g.Generations)
	m.Current, m.ExpiresAt = types.StringNull(), types.StringNull()
	if c := g.Current(); c != nil {
		m.Current, m.ExpiresAt = types.StringValue(c.Key()), value.Instant(c.ExpiresAt)
	}
	m.Serial = types.Int64Value(int64(g.Serial))
	m.Basis = basis(g)
	m.RevokedAt = value.Instant(g.RevokedAt)
	m.CertifiedAt = value.Instant(g.CertifiedAt)
	m.Rotation = types.StringValue(g.Rotation.String())
	m.Conditions = conditions(g.Conditions)
	m.NextChangeAt = value.Instant(g.NextChangeAt)
	m.Review = types.ObjectNull(reviewTypes)
}

func reasons(list []lifecycle.Reason) types.List {
	out := make([]attr.Value, len(list))
	for i, r := range list {
		out[i] = types.ObjectValueMust(reasonType.AttrTypes, map[string]attr.Value{
			"code": types.StringValue(r.Code.String()), "message": types.StringValue(r.Message), "controls": value.Texts(r.Controls),
		})
	}
	return types.ListValueMust(reasonType, out)
}

func conditions(list []lifecycle.Condition) types.Map {
	out := make(map[string]attr.Value, len(list))
	for _, c := range list {
		out[c.Code.String()] = value.Instant(c.FirstSeen)
	}
	return types.MapValueMust(types.StringType, out)
}

func generations(list []lifecycle.Generation) types.Map {
	out := make(map[string]attr.Value, len(list))
	for _, g := range list {
		out[g.Key()] = types.ObjectValueMust(generationType.AttrTypes, map[string]attr.Value{
			"enabled": types.BoolValue(g.Enabled), "state": types.StringValue(g.State.String()), "holder": value.Text(g.Holder),
			"issued_at": value.Instant(g.IssuedAt), "expires_at": value.Instant(g.ExpiresAt),
		})
	}
	return types.MapValueMust(generationType, out)
}

func basis(g *lifecycle.Grant) types.Object {
	if g.Serial == 0 {
		return types.ObjectNull(basisTypes)
	}
	b := g.Basis
	return types.ObjectValueMust(basisTypes, map[string]attr.Value{
		"class": value.Text(b.Class), "environment": value.Text(b.Environment), "criticality": value.Text(b.Criticality),
		"manager": value.Text(b.Manager), "teams": value.Texts(b.Teams),
	})
}

// blur marks the instants that this run sets as unknown, for a run without
// plan_time: they are those of the apply. Keys and enabled stay known.
func (m *model) blur(prior *model) {
	none := model{Generations: types.MapNull(generationType), Conditions: types.MapNull(types.StringType)}
	if prior == nil {
		prior = &none
	}
	for _, f := range []struct{ now, before *types.String }{
		{&m.ExpiresAt, &prior.ExpiresAt}, {&m.RevokedAt, &prior.RevokedAt},
		{&m.CertifiedAt, &prior.CertifiedAt}, {&m.NextChangeAt, &prior.NextChangeAt}, {&m.Memory, &prior.Memory},
	} {
		blurText(f.now, *f.before)
	}
	seen := m.Conditions.Elements()
	for code, v := range seen {
		at, _ := v.(types.String)
		before, _ := prior.Conditions.Elements()[code].(types.String)
		blurText(&at, before)
		seen[code] = at
	}
	m.Conditions = types.MapValueMust(types.StringType, seen)
	issued := m.Generations.Elements()
	for key, v := range issued {
		o, _ := v.(types.Object)
		before, _ := prior.Generations.Elements()[key].(types.Object)
		issued[key] = blurGeneration(o, before)
	}
	m.Generations = types.MapValueMust(generationType, issued)
}

func blurText(now *types.String, before types.String) {
	if !now.IsNull() && !now.Equal(before) {
		*now = types.StringUnknown()
	}
}

func blurGeneration(now, before types.Object) types.Object {
	values := now.Attributes()
	for _, name := range []string{"issued_at", "expires_at"} {
		at, _ := values[name].(types.String)
		old, _ := before.Attributes()[name].(types.String)
		blurText(&at, old)
		values[name] = at
	}
	return types.ObjectValueMust(generationType.AttrTypes, values)
}
