package provider

import (
	"io/fs"
	"net/http"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/connect"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// toolcrib describes a system that does not come with the provider.
const toolcrib = `name: toolcrib
title: Tool Crib
about: Tools and who has them.
auth:
  - fields: [crib_key]
    headers: { X-Crib-Key: "{crib_key}" }
assets:
  id: item.code
  get:
    - path: /items/{id}
      not_found: status == 404
      item: body
  list:
    - path: /items
      items: body.items
      total: number(body.total)
  fields:
    class: item.sort
    state: item.state
    owners: item.holder
states: { scrapped: retired }
`

// A description takes no Go: the provider has the kind of every description
// that there is, and plans with it.
func TestADescriptionAddsAKind(t *testing.T) {
	server := &systemtest.Recorder{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"code": "TC-7", "sort": "drill", "state": "scrapped", "holder": "ada"}`))
	})}
	p := served(t, fstest.MapFS{"toolcrib.yaml": {Data: []byte(toolcrib)}})
	p.configure(map[string]any{"systems": map[string]any{
		"hq": map[string]any{"toolcrib": map[string]any{"url": systemtest.ServeHTTP(t, server), "crib_key": "canary-key"}},
	}})
	planned := p.plan("custody_binding", map[string]any{"asset": "hq/TC-7"})
	for name, want := range map[string]string{"class": "drill", "state": "retired"} {
		var got string
		if err := planned[name].As(&got); err != nil || got != want {
			t.Errorf("%s is planned as %q (%v), not %q", name, got, err, want)
		}
	}
	systemtest.WantSecret(t, server.Requests(), "canary-key")
}

// protocol is a provider as Terraform speaks with it.
type protocol struct {
	t      *testing.T
	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
}

// served returns the provider with the kinds that the descriptions describe.
func served(t *testing.T, descriptions fs.FS) *protocol {
	t.Helper()
	kinds, err := connect.New(descriptions)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.NewFake(time.Date(2030, 1, 15, 9, 0, 0, 0, time.UTC))
	p := &protocol{t: t, server: providerserver.NewProtocol6(&Provider{version: "test", clock: now, kinds: kinds})()}
	p.schema, err = p.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	p.fine(p.schema.Diagnostics)
	return p
}

func (p *protocol) configure(block map[string]any) {
	p.t.Helper()
	config := p.encoded(p.schema.Provider, block)
	valid, err := p.server.ValidateProviderConfig(p.t.Context(), &tfprotov6.ValidateProviderConfigRequest{Config: config})
	if err != nil {
		p.t.Fatal(err)
	}
	p.fine(valid.Diagnostics)
	resp, err := p.server.ConfigureProvider(p.t.Context(), &tfprotov6.ConfigureProviderRequest{Config: config})
	if err != nil {
		p.t.Fatal(err)
	}
	p.fine(resp.Diagnostics)
}

// plan returns the attributes that are planned for a new resource.
func (p *protocol) plan(resource string, block map[string]any) map[string]tftypes.Value {
	p.t.Helper()
	schema := p.schema.ResourceSchemas[resource]
	config := p.encoded(schema, block)
	resp, err := p.server.PlanResourceChange(p.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: resource, Config: config, ProposedNewState: config, PriorState: p.encoded(schema, nil),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.fine(resp.Diagnostics)
	state, err := resp.PlannedState.Unmarshal(schema.ValueType())
	if err != nil {
		p.t.Fatal(err)
	}
	var planned map[string]tftypes.Value
	if err := state.As(&planned); err != nil {
		p.t.Fatal(err)
	}
	return planned
}

func (p *protocol) fine(diags []*tfprotov6.Diagnostic) {
	p.t.Helper()
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			p.t.Fatalf("%s at %v: %s", d.Summary, d.Attribute, d.Detail)
		}
	}
}

// encoded returns a block, or null. What it does not state is null.
func (p *protocol) encoded(schema *tfprotov6.Schema, block map[string]any) *tfprotov6.DynamicValue {
	p.t.Helper()
	var stated any
	if block != nil {
		stated = block
	}
	out, err := tfprotov6.NewDynamicValue(schema.ValueType(), valueOf(schema.ValueType(), stated))
	if err != nil {
		p.t.Fatal(err)
	}
	return &out
}

// valueOf returns a value of the given type. An attribute that is not stated is null.
func valueOf(typ tftypes.Type, stated any) tftypes.Value {
	given, ok := stated.(map[string]any)
	if !ok {
		return tftypes.NewValue(typ, stated)
	}
	inside := make(map[string]tftypes.Value)
	switch typ := typ.(type) {
	case tftypes.Object:
		for name, t := range typ.AttributeTypes {
			inside[name] = valueOf(t, given[name])
		}
	case tftypes.Map:
		for key, v := range given {
			inside[key] = valueOf(typ.ElementType, v)
		}
	}
	return tftypes.NewValue(typ, inside)
}
