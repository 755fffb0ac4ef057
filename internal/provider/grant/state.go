package grant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// recallAll reads back from the state what the grant of an asset remembers, and what
// it shows, together with its memory.
func (m *model) recallAll(asset lifecycle.Ref) (*lifecycle.Grant, *memory, error) {
	g := &lifecycle.Grant{
		Asset: asset, Access: m.Access.ValueString(), RotateWhenChanged: value.TextMapOf(m.RotateWhenChanged),
		Holder: m.Holder.ValueString(), NextChangeAt: value.InstantOf(m.NextChangeAt), Policy: m.PolicyDigest.ValueString(),
	}
	mem, err := readMemory(m.memory().ValueString())
	if err != nil {
		return nil, nil, err
	}
	if err := mem.recall(g); err != nil {
		return nil, nil, err
	}
	if g.Status, err = lifecycle.ParseStatus(m.Status.ValueString()); err != nil {
		return nil, nil, err
	}
	g.Would = g.Status
	if !m.Would.IsNull() {
		if g.Would, err = lifecycle.ParseStatus(m.Would.ValueString()); err != nil {
			return nil, nil, err
		}
	}
	if g.Reasons, err = reasonsOf(m.Because, asset); err != nil {
		return nil, nil, err
	}
	if g.Generations, err = generationsOf(m.Generations, mem); err != nil {
		return nil, nil, err
	}
	return g, mem, nil
}

// because writes the reasons, each with its code and with the asset that it is about.
func because(g *lifecycle.Grant, asset string) types.List {
	out := make([]attr.Value, len(g.Reasons))
	subject := lifecycle.Called(asset, g.Asset.String())
	for i, r := range g.Reasons {
		out[i] = types.StringValue(sentence(r.Code.String(), subject, r.Message))
	}
	return types.ListValueMust(types.StringType, out)
}

func sentence(code, subject, message string) string { return code + " on " + subject + ": " + message }

// reasonsOf reads the sentences back. The asset is in front of the message, with its
// name or without.
func reasonsOf(list types.List, asset lifecycle.Ref) ([]lifecycle.Reason, error) {
	sentences := value.TextsOf(list.Elements())
	if len(sentences) == 0 {
		return nil, nil
	}
	out := make([]lifecycle.Reason, len(sentences))
	for i, s := range sentences {
		name, rest, _ := strings.Cut(s, " ")
		code, err := lifecycle.ParseCode(name)
		if err != nil {
			return nil, err
		}
		for _, end := range [...]string{asset.String() + ": ", asset.String() + "): "} {
			if _, message, found := strings.Cut(rest, end); found {
				rest = message
				break
			}
		}
		out[i] = lifecycle.Reason{Code: code, Message: rest}
	}
	return out, nil
}

// generationsOf reads the generations. What their attributes do not show is in the
// memory.
func generationsOf(m types.Map, mem *memory) ([]lifecycle.Generation, error) {
	var out []lifecycle.Generation
	r := reader{}
	for key, v := range m.Elements() {
		number, ok := lifecycle.ParseKey(key)
		if !ok {
			return nil, fmt.Errorf("%q is not a generation key", key)
		}
		o, _ := v.(types.Object)
		enabled, _ := o.Attributes()["enabled"].(types.Bool)
		expires, _ := o.Attributes()["expires_at"].(types.String)
		g := lifecycle.Generation{
			Number: number, Enabled: enabled.ValueBool(), State: lifecycle.Current, Holder: textIn(o, "holder"),
			IssuedAt: r.instant(mem.IssuedAt[key]), ExpiresAt: value.InstantOf(expires),
		}
		if slices.Contains(mem.Retiring, key) {
			g.State = lifecycle.Retiring
		}
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b lifecycle.Generation) int { return a.Number - b.Number })
	return out, r.err
}

func generations(list []lifecycle.Generation) types.Map {
	out := make(map[string]attr.Value, len(list))
	for _, g := range list {
		out[g.Key()] = types.ObjectValueMust(generationType.AttrTypes, map[string]attr.Value{
			"enabled": types.BoolValue(g.Enabled), "expires_at": value.Instant(g.ExpiresAt), "holder": value.Text(g.Holder),
		})
	}
	return types.MapValueMust(generationType, out)
}

// remember fills in what g, which the transition came to, shows and remembers.
func (m *model) remember(g *lifecycle.Grant, t *transition) {
	m.ID = types.StringValue(g.ID())
	m.Active = types.BoolValue(g.Active())
	m.Status = types.StringValue(g.Status.String())
	m.Would = types.StringNull()
	if g.Would != g.Status {
		m.Would = types.StringValue(g.Would.String())
	}
	m.Because = because(g, t.binding.Name)
	m.Generations = generations(g.Generations)
	m.Holder = value.Text(g.Holder)
	m.NextChangeAt = value.Instant(g.NextChangeAt)
	m.PolicyDigest = value.Text(g.Policy)
	mem := t.memorise(g)
	mem.Register = t.register
	m.keep(m.facts(), types.StringValue(mem.text()))
}

// leaveInstantsUnknown marks the instants that this run sets as unknown, for a run without
// plan_time: they are those of the apply. Keys and enabled stay known.
func (m *model) leaveInstantsUnknown(prior *model) {
	before := types.MapNull(generationType)
	var next, memory types.String
	if prior != nil {
		before, next, memory = prior.Generations, prior.NextChangeAt, prior.memory()
	}
	if !m.NextChangeAt.IsNull() && !m.NextChangeAt.Equal(next) {
		m.NextChangeAt = types.StringUnknown()
	}
	if !m.memory().Equal(memory) {
		m.keep(m.facts(), types.StringUnknown())
	}
	issued := m.Generations.Elements()
	for key, v := range issued {
		now, _ := v.(types.Object)
		was, _ := before.Elements()[key].(types.Object)
		expires := now.Attributes()["expires_at"]
		if expires.IsNull() || expires.Equal(was.Attributes()["expires_at"]) {
			continue
		}
		values := now.Attributes()
		values["expires_at"] = types.StringUnknown()
		issued[key] = types.ObjectValueMust(generationType.AttrTypes, values)
	}
	m.Generations = types.MapValueMust(generationType, issued)
}
