package grant

import (
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// model is a custody_grant in configuration, plan and state.
type model struct {
	Binding           types.Object `tfsdk:"binding"`
	Access            types.String `tfsdk:"access"`
	Risk              types.String `tfsdk:"risk"`
	Policy            types.String `tfsdk:"policy"`
	TTL               types.String `tfsdk:"ttl"`
	RenewBefore       types.String `tfsdk:"renew_before"`
	Overlap           types.String `tfsdk:"overlap"`
	OnBlock           types.String `tfsdk:"on_block"`
	RotateWhenChanged types.Map    `tfsdk:"rotate_when_changed"`
	RevokeGenerations types.Set    `tfsdk:"revoke_generations"`
	Attestation       types.Object `tfsdk:"attestation"`
	Exception         types.Object `tfsdk:"exception"`
	Usage             types.Object `tfsdk:"usage"`

	ID           types.String `tfsdk:"id"`
	Active       types.Bool   `tfsdk:"active"`
	Status       types.String `tfsdk:"status"`
	Would        types.String `tfsdk:"would"`
	Because      types.List   `tfsdk:"because"`
	Generations  types.Map    `tfsdk:"generations"`
	Holder       types.String `tfsdk:"holder"`
	NextChangeAt types.String `tfsdk:"next_change_at"`
	PolicyDigest types.String `tfsdk:"policy_digest"`
	Review       types.Object `tfsdk:"review"`
}

var generationType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"enabled": types.BoolType, "expires_at": types.StringType, "holder": types.StringType,
}}

// bindingTypes are what a grant keeps of its binding, and what it remembers.
var bindingTypes = map[string]attr.Type{"facts": types.StringType, "memory": types.StringType}

// facts returns the facts of the binding.
func (m *model) facts() types.String {
	facts, _ := m.Binding.Attributes()["facts"].(types.String)
	return facts
}

// memory returns what the grant remembers.
func (m *model) memory() types.String {
	memory, _ := m.Binding.Attributes()["memory"].(types.String)
	return memory
}

// keep puts facts and memory into the binding.
func (m *model) keep(facts, memory types.String) {
	m.Binding = types.ObjectValueMust(bindingTypes, map[string]attr.Value{"facts": facts, "memory": memory})
}

// arguments returns the values that the user writes.
func (m *model) arguments() []attr.Value {
	return []attr.Value{
		m.facts(), m.Access, m.Risk, m.Policy, m.TTL, m.RenewBefore, m.Overlap, m.OnBlock,
		m.RotateWhenChanged, m.RevokeGenerations, m.Attestation, m.Exception, m.Usage,
	}
}

// known reports whether every argument is wholly known.
func (m *model) known() bool {
	for _, v := range m.arguments() {
		if !value.WhollyKnown(v) {
			return false
		}
	}
	return true
}

// fingerprint tells two configurations of one grant apart, at the cost of a few
// texts.
func (m *model) fingerprint() string {
	return strings.Join([]string{
		m.facts().ValueString(), m.Risk.ValueString(), m.Policy.ValueString(), m.TTL.ValueString(), m.RenewBefore.ValueString(),
		m.Overlap.ValueString(), m.OnBlock.ValueString(),
	}, "\n")
}

// unknown marks everything that is decided as unknown.
func (m *model) unknown() {
	for _, s := range []*types.String{&m.ID, &m.Status, &m.Would, &m.Holder, &m.NextChangeAt, &m.PolicyDigest} {
		*s = types.StringUnknown()
	}
	if !m.Binding.IsUnknown() {
		m.keep(m.facts(), types.StringUnknown())
	}
	m.Active = types.BoolUnknown()
	m.Review = types.ObjectUnknown(reviewType)
	m.Because = types.ListUnknown(types.StringType)
	m.Generations = types.MapUnknown(generationType)
}

// argumentError is a value that the schema alone could not refuse.
type argumentError struct {
	at  path.Path
	err error
}

func (e *argumentError) Error() string { return e.err.Error() }

// spec reads the arguments; they must be known.
func (m *model) spec() (*lifecycle.Spec, *argumentError) {
	s := &lifecycle.Spec{Access: m.Access.ValueString(), RotateWhenChanged: value.TextMapOf(m.RotateWhenChanged)}
	var err error
	if s.Risk, err = lifecycle.ParseRisk(m.Risk.ValueString()); err != nil {
		return nil, &argumentError{path.Root("risk"), err}
	}
	if s.OnBlock, err = lifecycle.ParseOnBlock(m.OnBlock.ValueString()); err != nil {
		return nil, &argumentError{path.Root("on_block"), err}
	}
	for _, d := range []struct {
		name string
		from types.String
		to   *time.Duration
	}{{"ttl", m.TTL, &s.TTL}, {"renew_before", m.RenewBefore, &s.RenewBefore}, {"overlap", m.Overlap, &s.Overlap}} {
		if d.from.IsNull() {
			continue
		}
		if *d.to, err = policy.ParseDuration(d.from.ValueString()); err != nil {
			return nil, &argumentError{path.Root(d.name), err}
		}
	}
	for _, key := range value.TextsOf(m.RevokeGenerations.Elements()) {
		if s.RevokeGenerations == nil {
			s.RevokeGenerations = make(map[string]bool)
		}
		s.RevokeGenerations[key] = true
	}
	if s.Attestation, err = attestation(m.Attestation); err != nil {
		return nil, &argumentError{path.Root("attestation").AtName("at"), err}
	}
	if s.Exception, err = exception(m.Exception); err != nil {
		return nil, &argumentError{path.Root("exception"), err}
	}
	if s.Usage, err = usage(m.Usage); err != nil {
		return nil, &argumentError{path.Root("usage"), err}
	}
	return s, nil
}

func textIn(o types.Object, name string) string {
	return value.TextOf(o.Attributes()[name])
}

func attestation(o types.Object) (*lifecycle.Attestation, error) {
	if o.IsNull() {
		return nil, nil //nolint:nilnil // not stated
	}
	at, err := value.ParseInstant(textIn(o, "at"))
	if err != nil {
		return nil, err
	}
	return &lifecycle.Attestation{By: textIn(o, "by"), At: at, Note: textIn(o, "note")}, nil
}

// usage reads what is known of the use of the access; what is not known is null.
func usage(o types.Object) (*lifecycle.Usage, error) {
	if o.IsNull() {
		return nil, nil //nolint:nilnil // not stated
	}
	u := &lifecycle.Usage{}
	var err error
	for name, at := range map[string]*time.Time{"last_used_at": &u.LastUsedAt, "observed_at": &u.ObservedAt} {
		text := textIn(o, name)
		if text == "" {
			continue
		}
		if *at, err = value.ParseInstant(text); err != nil {
			return nil, err
		}
	}
	return u, nil
}

func exception(o types.Object) (*lifecycle.Exception, error) {
	if o.IsNull() {
		return nil, nil //nolint:nilnil // not stated
	}
	x := &lifecycle.Exception{Reason: textIn(o, "reason"), ApprovedBy: textIn(o, "approved_by")}
	var err error
	if x.ExpiresAt, err = value.ParseEndOfDay(textIn(o, "expires_at")); err != nil {
		return nil, err
	}
	codes, _ := o.Attributes()["codes"].(types.Set)
	for _, text := range value.TextsOf(codes.Elements()) {
		code, err := lifecycle.ParseCode(text)
		if err != nil {
			return nil, err
		}
		x.Codes = x.Codes.With(code)
	}
	return x, nil
}
