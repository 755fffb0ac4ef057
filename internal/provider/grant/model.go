package grant

import (
	"fmt"
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
	EnforceFrom  types.String `tfsdk:"enforce_from"`
	PolicyDigest types.String `tfsdk:"policy_digest"`
	Action       types.String `tfsdk:"action"`
	Reasons      types.List   `tfsdk:"reasons"`
	Holder       types.String `tfsdk:"holder"`
	Generations  types.Map    `tfsdk:"generations"`
	Current      types.String `tfsdk:"current"`
	Serial       types.Int64  `tfsdk:"serial"`
	Basis        types.Object `tfsdk:"basis"`
	ExpiresAt    types.String `tfsdk:"expires_at"`
	RevokedAt    types.String `tfsdk:"revoked_at"`
	CertifiedAt  types.String `tfsdk:"certified_at"`
	Rotation     types.String `tfsdk:"rotation"`
	Conditions   types.Map    `tfsdk:"conditions"`
	NextChangeAt types.String `tfsdk:"next_change_at"`
	Review       types.Object `tfsdk:"review"`
	Memory       types.String `tfsdk:"memory"`
}

var (
	generationType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"enabled": types.BoolType, "state": types.StringType, "holder": types.StringType,
		"issued_at": types.StringType, "expires_at": types.StringType,
	}}
	reasonType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"code": types.StringType, "message": types.StringType, "controls": types.ListType{ElemType: types.StringType},
	}}
	basisTypes = map[string]attr.Type{
		"class": types.StringType, "environment": types.StringType, "criticality": types.StringType,
		"manager": types.StringType, "teams": types.ListType{ElemType: types.StringType},
	}
	reviewTypes = map[string]attr.Type{
		"id": types.StringType, "url": types.StringType, "status": types.StringType,
		"due_at": types.StringType, "assignee": types.StringType,
	}
)

// arguments returns the values that the user writes.
func (m *model) arguments() []attr.Value {
	return []attr.Value{
		m.Binding, m.Access, m.Risk, m.Policy, m.TTL, m.RenewBefore, m.Overlap, m.OnBlock,
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
		textIn(m.Binding, "digest"), m.Risk.ValueString(), m.Policy.ValueString(), m.TTL.ValueString(), m.RenewBefore.ValueString(),
		m.Overlap.ValueString(), m.OnBlock.ValueString(),
	}, "\n")
}

// unknown marks everything that is decided as unknown.
func (m *model) unknown() {
	for _, s := range []*types.String{
		&m.ID, &m.Status, &m.Would, &m.EnforceFrom, &m.PolicyDigest, &m.Memory, &m.Action, &m.Holder, &m.Current, &m.ExpiresAt, &m.RevokedAt, &m.CertifiedAt, &m.Rotation, &m.NextChangeAt,
	} {
		*s = types.StringUnknown()
	}
	m.Active = types.BoolUnknown()
	m.Reasons = types.ListUnknown(reasonType)
	m.Generations = types.MapUnknown(generationType)
	m.Serial = types.Int64Unknown()
	m.Basis = types.ObjectUnknown(basisTypes)
	m.Conditions = types.MapUnknown(types.StringType)
	m.Review = types.ObjectNull(reviewTypes)
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

// memory reads back from the state what the grant remembers.
func (m *model) memory() (*lifecycle.Grant, error) {
	ref, ok := lifecycle.ParseRef(textIn(m.Binding, "asset"))
	if !ok {
		return nil, fmt.Errorf("the state names no asset")
	}
	g := &lifecycle.Grant{
		Asset: ref, Access: m.Access.ValueString(), RotateWhenChanged: value.TextMapOf(m.RotateWhenChanged),
		Holder: m.Holder.ValueString(), Serial: int(m.Serial.ValueInt64()),
		RevokedAt: value.InstantOf(m.RevokedAt), CertifiedAt: value.InstantOf(m.CertifiedAt), NextChangeAt: value.InstantOf(m.NextChangeAt),
		Basis: basisOf(m.Basis), EnforceFrom: value.InstantOf(m.EnforceFrom), Policy: m.PolicyDigest.ValueString(),
	}
	var err error
	if err = recall(m.Memory.ValueString(), g); err != nil {
		return nil, err
	}
	if g.Status, err = lifecycle.ParseStatus(m.Status.ValueString()); err != nil {
		return nil, err
	}
	g.Would = g.Status
	if !m.Would.IsNull() {
		if g.Would, err = lifecycle.ParseStatus(m.Would.ValueString()); err != nil {
			return nil, err
		}
	}
	if g.Action, err = lifecycle.ParseAction(m.Action.ValueString()); err != nil {
		return nil, err
	}
	if g.Rotation, err = lifecycle.ParseRotation(m.Rotation.ValueString()); err != nil {
		return nil, err
	}
	if g.Reasons, err = reasonsOf(m.Reasons); err != nil {
		return nil, err
	}
	if g.Conditions, err = conditionsOf(m.Conditions); err != nil {
		return nil, err
	}
	g.Generations, err = generationsOf(m.Generations)
	return g, err
}
