package plugin

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/provider"
)

// untouched answers for unchanged instances, instead of the framework, with the
// state that was sent. The framework decodes a state attribute by attribute,
// several times a call, which costs far more than all decisions (DESIGN.md, Cost).
// Every other call is passed to the framework.
type untouched struct {
	ProtocolServer
	shapes map[string]provider.Shape
}

var (
	_ tfprotov6.ProviderServer     = (*untouched)(nil)
	_ tfprotov6.ListResourceServer = (*untouched)(nil)
	_ tfprotov6.ActionServer       = (*untouched)(nil)
	_ tfprotov6.StateStoreServer   = (*untouched)(nil)
)

// ValidateResourceConfig answers for a configuration about which there is nothing to
// say: Terraform asks for every instance in every plan.
func (u *untouched) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	if shape, known := u.shapes[req.TypeName]; known && !isNull(req.Config) {
		if config, err := req.Config.Unmarshal(shape.Type); err == nil && shape.Valid(ctx, config) {
			return &tfprotov6.ValidateResourceConfigResponse{}, nil
		}
	}
	return u.ProtocolServer.ValidateResourceConfig(ctx, req)
}

// UpgradeResourceState returns a state of the current version, if it has exactly
// the attributes of the schema: Terraform decodes it by that schema.
func (u *untouched) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	shape, known := u.shapes[req.TypeName]
	if known && req.RawState != nil && req.Version == shape.Version && fits(req.RawState.JSON, shape.Type) {
		return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &tfprotov6.DynamicValue{JSON: req.RawState.JSON}}, nil
	}
	return u.ProtocolServer.UpgradeResourceState(ctx, req)
}

// ReadResource answers with the state if the facts are still the same.
func (u *untouched) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	if shape, known := u.shapes[req.TypeName]; known && !isNull(req.CurrentState) && req.CurrentIdentity == nil {
		if state, err := req.CurrentState.Unmarshal(shape.Type); err == nil && shape.Read(ctx, state) {
			return &tfprotov6.ReadResourceResponse{NewState: asJSON(req.CurrentState), Private: req.Private}, nil
		}
	}
	return u.ProtocolServer.ReadResource(ctx, req)
}

// PlanResourceChange answers with the state if the plan would not change it.
func (u *untouched) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if shape, known := u.shapes[req.TypeName]; known && proposesTheState(req) && req.PriorIdentity == nil {
		state, err := req.PriorState.Unmarshal(shape.Type)
		if err == nil {
			var config tftypes.Value
			if config, err = req.Config.Unmarshal(shape.Type); err == nil && shape.Plan(ctx, config, state) {
				return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.ProposedNewState, PlannedPrivate: req.PriorPrivate}, nil
			}
		}
	}
	return u.ProtocolServer.PlanResourceChange(ctx, req)
}

// proposesTheState reports whether a plan proposes the state byte for byte.
func proposesTheState(req *tfprotov6.PlanResourceChangeRequest) bool {
	return req.Config != nil && !isNull(req.PriorState) && req.ProposedNewState != nil &&
		bytes.Equal(req.PriorState.MsgPack, req.ProposedNewState.MsgPack)
}

// isNull reports whether a value is missing, null, or in another encoding than
// MessagePack.
func isNull(v *tfprotov6.DynamicValue) bool {
	const null = 0xc0
	return v == nil || len(v.MsgPack) == 0 || v.MsgPack[0] == null
}

// fits reports whether a state in JSON has exactly the attributes of a type, in every
// object of it. Terraform checks the values.
func fits(text []byte, object tftypes.Object) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if !fitsType(d, object) {
		return false
	}
	return len(bytes.TrimSpace(text[d.InputOffset():])) == 0
}

// fitsType reads one value of a type.
func fitsType(d *json.Decoder, of tftypes.Type) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	delim, nested := token.(json.Delim)
	switch of := of.(type) {
	case tftypes.Object:
		return token == nil || nested && delim == '{' && fitsObject(d, of)
	case tftypes.Map:
		return token == nil || nested && delim == '{' && fitsElements(d, of.ElementType, true)
	case tftypes.List:
		return token == nil || nested && delim == '[' && fitsElements(d, of.ElementType, false)
	case tftypes.Set:
		return token == nil || nested && delim == '[' && fitsElements(d, of.ElementType, false)
	}
	return !nested
}

func fitsObject(d *json.Decoder, of tftypes.Object) bool {
	seen := make(map[string]bool, len(of.AttributeTypes))
	for d.More() {
		name, ok := key(d)
		attribute, known := of.AttributeTypes[name]
		if !ok || !known || seen[name] || !fitsType(d, attribute) {
			return false
		}
		seen[name] = true
	}
	_, err := d.Token()
	return err == nil && len(seen) == len(of.AttributeTypes)
}

func fitsElements(d *json.Decoder, of tftypes.Type, named bool) bool {
	for d.More() {
		if named {
			if _, ok := key(d); !ok {
				return false
			}
		}
		if !fitsType(d, of) {
			return false
		}
	}
	_, err := d.Token()
	return err == nil
}

func key(d *json.Decoder) (string, bool) {
	token, err := d.Token()
	name, ok := token.(string)
	return name, err == nil && ok
}
