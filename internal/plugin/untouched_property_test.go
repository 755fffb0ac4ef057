package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/provider"
)

// The resources in the order in which Terraform plans them.
var resourceNames = [...]string{"custody_binding", "custody_grant"}

// counted counts the plans and reads that reach the framework.
type counted struct {
	ProtocolServer
	asked int
}

func (c *counted) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	c.asked++
	return c.ProtocolServer.ReadResource(ctx, req)
}

func (c *counted) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	c.asked++
	return c.ProtocolServer.PlanResourceChange(ctx, req)
}

// core does what Terraform does between the configuration and the provider.
type core struct {
	*testing.T
	clock       *clock.Fake
	short, long ProtocolServer
	counted     *counted // what the short way passes on
	block       tftypes.Type
	schemas     map[string]*tfprotov6.Schema
	plans       int // so many instances were planned both ways
}

func newCore(t *testing.T) *core {
	t.Helper()
	c := &core{T: t, clock: clock.NewFake(epoch)}
	p := provider.New("test", c.clock)
	c.counted = &counted{ProtocolServer: detachedFrom(p)()}
	c.short = &untouched{c.counted, p.Shapes(t.Context())}
	c.long = detachedFrom(provider.New("test", c.clock))()
	schemas, err := c.long.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	c.block, c.schemas = schemas.Provider.ValueType(), schemas.ResourceSchemas
	return c
}

// configure begins a run of a server. It reports whether there was nothing to say
// against it.
func (c *core) configure(s ProtocolServer, w *world, at time.Time) bool {
	c.clock.Set(at)
	resp, err := s.ConfigureProvider(c.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.0", Config: c.encode(valueOf(c.block, w.provider(at)))})
	if err != nil {
		c.Fatal(err)
	}
	return !refused(resp.Diagnostics)
}

func refused(all []*tfprotov6.Diagnostic) bool {
	return slices.ContainsFunc(all, func(d *tfprotov6.Diagnostic) bool { return d.Severity == tfprotov6.DiagnosticSeverityError })
}

// valueOf is fill for lists, sets and numbers too.
func valueOf(typ tftypes.Type, given any) tftypes.Value {
	elements, listed := given.([]any)
	object, stated := given.(map[string]any)
	switch typ := typ.(type) {
	case tftypes.List, tftypes.Set:
		if !listed {
			return tftypes.NewValue(typ, nil)
		}
		values := make([]tftypes.Value, len(elements))
		for i, e := range elements {
			values[i] = valueOf(tftypes.String, e)
		}
		return tftypes.NewValue(typ, values)
	case tftypes.Object:
		if !stated {
			return tftypes.NewValue(typ, nil)
		}
		values := make(map[string]tftypes.Value)
		for name, of := range typ.AttributeTypes {
			values[name] = valueOf(of, object[name])
		}
		return tftypes.NewValue(typ, values)
	case tftypes.Map:
		if !stated {
			return tftypes.NewValue(typ, nil)
		}
		values := make(map[string]tftypes.Value)
		for name, element := range object {
			values[name] = valueOf(typ.ElementType, element)
		}
		return tftypes.NewValue(typ, values)
	}
	return tftypes.NewValue(typ, given)
}

// encode writes a value as Terraform does, with the keys of maps in order.
func (c *core) encode(v tftypes.Value) *tfprotov6.DynamicValue {
	var buffer bytes.Buffer
	e := msgpack.NewEncoder(&buffer)
	e.SetSortMapKeys(true)
	if err := e.Encode(c.plain(v)); err != nil {
		c.Fatal(err)
	}
	return &tfprotov6.DynamicValue{MsgPack: buffer.Bytes()}
}

// plain returns a value in maps and slices, whose elements are encoded.
func (c *core) plain(v tftypes.Value) any {
	if v.IsKnown() && !v.IsNull() {
		switch v.Type().(type) {
		case tftypes.Object, tftypes.Map:
			out := make(map[string]any)
			for name, element := range c.fields(v) {
				out[name] = c.plain(element)
			}
			return out
		case tftypes.List, tftypes.Set:
			var elements []tftypes.Value
			if err := v.As(&elements); err != nil {
				c.Fatal(err)
			}
			out := make([]any, len(elements))
			for i := range elements {
				out[i] = c.plain(elements[i])
			}
			return out
		}
	}
	encoded, err := tfprotov6.NewDynamicValue(v.Type(), v)
	if err != nil {
		c.Fatal(err)
	}
	return msgpack.RawMessage(encoded.MsgPack)
}

// decode reads what a server answered.
func (c *core) decode(name string, v *tfprotov6.DynamicValue) tftypes.Value {
	out, err := v.Unmarshal(c.schemas[name].ValueType())
	if err != nil {
		c.Fatal(err)
	}
	return out
}

func (c *core) fields(v tftypes.Value) map[string]tftypes.Value {
	var out map[string]tftypes.Value
	if err := v.As(&out); err != nil {
		c.Fatal(err)
	}
	return out
}

// config is the block of a resource; a grant takes of the binding what its own
// argument has room for.
func (c *core) config(name string, stated map[string]any, binding tftypes.Value) tftypes.Value {
	typ := c.schemas[name].ValueType()
	config := c.fields(valueOf(typ, stated))
	if name == resourceNames[1] {
		of := config["binding"].Type().(tftypes.Object)
		config["binding"] = tftypes.NewValue(of, map[string]tftypes.Value{
			"facts": c.fields(binding)["facts"], "memory": tftypes.NewValue(tftypes.String, nil),
		})
	}
	return tftypes.NewValue(typ, config)
}

// propose joins configuration and state: what is computed and not stated stays as it
// is, or is not known yet.
func (c *core) propose(name string, config, prior tftypes.Value) tftypes.Value {
	proposed, before := c.fields(config), map[string]tftypes.Value(nil)
	if !prior.IsNull() {
		before = c.fields(prior)
	}
	c.complete(c.schemas[name].Block.Attributes, proposed, before)
	return tftypes.NewValue(config.Type(), proposed)
}

func (c *core) complete(attributes []*tfprotov6.SchemaAttribute, proposed, before map[string]tftypes.Value) {
	for _, a := range attributes {
		v := proposed[a.Name]
		switch {
		case a.NestedType != nil && a.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle && v.IsKnown() && !v.IsNull():
			inside, was := c.fields(v), map[string]tftypes.Value(nil)
			if before != nil && before[a.Name].IsKnown() && !before[a.Name].IsNull() {
				was = c.fields(before[a.Name])
			}
			c.complete(a.NestedType.Attributes, inside, was)
			proposed[a.Name] = tftypes.NewValue(v.Type(), inside)
		case !a.Computed || !v.IsNull():
		case before != nil:
			proposed[a.Name] = before[a.Name]
		default:
			proposed[a.Name] = tftypes.NewValue(a.ValueType(), tftypes.UnknownValue)
		}
	}
}

// instance is a resource in the state.
type instance struct {
	value   tftypes.Value
	private []byte
}

func (c *core) nothing(name string) instance {
	return instance{value: tftypes.NewValue(c.schemas[name].ValueType(), nil)}
}

// validate asks both servers about a configuration, and holds the answers to be the
// same.
func (c *core) validate(name string, config tftypes.Value) *tfprotov6.ValidateResourceConfigResponse {
	var valid [2]*tfprotov6.ValidateResourceConfigResponse
	for i, s := range []ProtocolServer{c.short, c.long} {
		var err error
		if valid[i], err = s.ValidateResourceConfig(c.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: name, Config: c.encode(config)}); err != nil {
			c.Fatal(err)
		}
		// The framework looks at attributes in no order.
		slices.SortStableFunc(valid[i].Diagnostics, func(a, b *tfprotov6.Diagnostic) int {
			return strings.Compare(a.Summary+a.Detail, b.Summary+b.Detail)
		})
	}
	c.same(name+" validated", valid[0].Diagnostics, valid[1].Diagnostics)
	return valid[1]
}

// apply plans and applies on the framework's way. Where that is refused the instance
// stays as it is.
func (c *core) apply(name string, config tftypes.Value, before instance) instance {
	valid := c.validate(name, config)
	if refused(valid.Diagnostics) {
		c.Fatalf("%s: %s", name, valid.Diagnostics[0].Detail)
	}
	prior := c.encode(before.value)
	plan, err := c.long.PlanResourceChange(c.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: name, Config: c.encode(config), PriorState: prior, PriorPrivate: before.private, ProposedNewState: c.encode(c.propose(name, config, before.value)),
	})
	if err != nil {
		c.Fatal(err)
	}
	if refused(plan.Diagnostics) {
		return before
	}
	applied, err := c.long.ApplyResourceChange(c.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: name, Config: c.encode(config), PriorState: prior, PlannedState: plan.PlannedState, PlannedPrivate: plan.PlannedPrivate,
	})
	if err != nil {
		c.Fatal(err)
	}
	if after := c.decode(name, applied.NewState); after.IsFullyKnown() && !after.IsNull() {
		return instance{after, applied.Private}
	}
	return before
}

// compare plans an instance as Terraform does, both ways, and holds the answers to be
// the same. It returns the plan.
func (c *core) compare(name string, config func(planned tftypes.Value) tftypes.Value, before instance) tftypes.Value {
	text := asJSON(c.encode(before.value)).JSON
	upgrade := &tfprotov6.UpgradeResourceStateRequest{TypeName: name, Version: c.schemas[name].Version, RawState: &tfprotov6.RawState{JSON: text}}
	var upgraded [2]*tfprotov6.UpgradeResourceStateResponse
	var read [2]*tfprotov6.ReadResourceResponse
	var planned [2]*tfprotov6.PlanResourceChangeResponse
	for i, s := range []ProtocolServer{c.short, c.long} {
		var err error
		if upgraded[i], err = s.UpgradeResourceState(c.Context(), upgrade); err != nil {
			c.Fatal(err)
		}
		state := c.encode(c.decode(name, upgraded[i].UpgradedState))
		if read[i], err = s.ReadResource(c.Context(), &tfprotov6.ReadResourceRequest{TypeName: name, CurrentState: state, Private: before.private}); err != nil {
			c.Fatal(err)
		}
		if refused(read[i].Diagnostics) {
			continue
		}
		prior := c.decode(name, read[i].NewState)
		block := config(prior)
		if planned[i], err = s.PlanResourceChange(c.Context(), &tfprotov6.PlanResourceChangeRequest{
			TypeName: name, Config: c.encode(block), PriorState: c.encode(prior), PriorPrivate: read[i].Private, ProposedNewState: c.encode(c.propose(name, block, prior)),
		}); err != nil {
			c.Fatal(err)
		}
	}
	c.plans++
	c.same(name+" upgraded", c.answer(name, upgraded[0].UpgradedState), c.answer(name, upgraded[1].UpgradedState))
	c.same(name+" read", c.answer(name, read[0].NewState, read[0].Private, read[0].Diagnostics, read[0].Deferred, read[0].NewIdentity),
		c.answer(name, read[1].NewState, read[1].Private, read[1].Diagnostics, read[1].Deferred, read[1].NewIdentity))
	if planned[0] == nil || planned[1] == nil {
		c.same(name+" planned", planned[0] == nil, planned[1] == nil)
		return before.value
	}
	a, b := planned[0], planned[1]
	c.same(name+" planned", c.answer(name, a.PlannedState, a.PlannedPrivate, a.Diagnostics, a.RequiresReplace, a.Deferred, a.PlannedIdentity),
		c.answer(name, b.PlannedState, b.PlannedPrivate, b.Diagnostics, b.RequiresReplace, b.Deferred, b.PlannedIdentity))
	if refused(b.Diagnostics) {
		return before.value
	}
	return c.decode(name, b.PlannedState)
}

// answer is all that a server answered, the value in one form of encoding.
func (c *core) answer(name string, v *tfprotov6.DynamicValue, rest ...any) []any {
	if v == nil {
		return append(rest, nil)
	}
	return append(rest, string(c.encode(c.decode(name, v)).MsgPack))
}

func (c *core) same(what string, short, long any) {
	if !reflect.DeepEqual(short, long) {
		c.Fatalf("%s:\none way   %s\nthe other %s", what, shown(short), shown(long))
	}
}

func shown(v any) string {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// state is what a world's resources are in the state, by their kinds.
type state [assetsInOne][len(resourceNames)]instance

// run configures the servers for an instant and does something with each resource, if
// the configuration is accepted.
func (c *core) run(w *world, at time.Time, servers []ProtocolServer, do func(asset, kind int, config func(tftypes.Value) tftypes.Value) tftypes.Value) {
	for _, server := range servers {
		if !c.configure(server, w, at) {
			return
		}
	}
	for i := range w.assets {
		a := &w.assets[i]
		bound := do(i, 0, func(tftypes.Value) tftypes.Value { return c.config(resourceNames[0], a.binding, tftypes.Value{}) })
		if !bound.IsNull() {
			do(i, 1, func(prior tftypes.Value) tftypes.Value {
				if a.frozen && !prior.IsNull() {
					return c.config(resourceNames[1], a.grant, c.fields(prior)["binding"])
				}
				return c.config(resourceNames[1], a.grant, bound)
			})
		}
	}
}

// timestamps are what may be an instant at which a grant changes by itself.
var timestamps = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// instant returns an instant to plan at: now, or about one that the state of some grant
// names.
func (c *core) instant(w *world, s *state) time.Time {
	named := []time.Time{w.now, w.now, w.now.Add(day), w.now.Add(-2 * time.Hour)}
	for i := range s {
		if s[i][1].value.IsNull() {
			continue
		}
		for _, text := range timestamps.FindAllString(string(asJSON(c.encode(s[i][1].value)).JSON), -1) {
			if at, err := time.Parse(time.RFC3339, text); err == nil && at.After(w.now) {
				named = append(named, at, at.Add(-time.Second), at.Add(time.Second))
			}
		}
	}
	return pick(w.dice, named...)
}

// TestTheShortWayAnswersAsTheFrameworkDoes brings random bindings and grants to random
// states on the framework's way, and plans them at instants around those that they
// name, both ways.
func TestTheShortWayAnswersAsTheFrameworkDoes(t *testing.T) {
	worlds := uint64(10)
	if testing.Short() {
		worlds = 4
	}
	t.Parallel()
	c := newCore(t)
	for seed := range worlds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			c.T = t
			c.live(newWorld(t, seed))
		})
	}
	c.T = t
	if direct := 2*c.plans - c.counted.asked; c.plans < 20*int(worlds) || direct < c.plans/2 {
		t.Errorf("of %d reads and plans the short way answered %d itself", 2*c.plans, direct)
	}
}

// live lives a world for some time. In each step everything is applied on the
// framework's way; then it is planned as it is and, at another instant, with what has
// happened meanwhile.
func (c *core) live(w *world) {
	var s state
	for i := range s {
		s[i] = [...]instance{c.nothing(resourceNames[0]), c.nothing(resourceNames[1])}
	}
	for range 3 {
		w.write(c.T, false)
		c.run(w, w.now, []ProtocolServer{c.long}, func(asset, kind int, config func(tftypes.Value) tftypes.Value) tftypes.Value {
			one := &s[asset][kind]
			*one = c.apply(resourceNames[kind], config(one.value), *one)
			return one.value
		})
		c.plan(w, &s, w.now)
		w.happen()
		w.write(c.T, w.chance(15))
		w.now = c.instant(w, &s)
		c.plan(w, &s, w.now)
		if w.chance(30) {
			w.now = w.now.Add(time.Duration(1+w.IntN(40*24)) * time.Hour)
		}
	}
}

// plan plans what is in the state both ways.
func (c *core) plan(w *world, s *state, at time.Time) {
	c.run(w, at, []ProtocolServer{c.short, c.long}, func(asset, kind int, config func(tftypes.Value) tftypes.Value) tftypes.Value {
		if s[asset][kind].value.IsNull() {
			return s[asset][kind].value
		}
		return c.compare(resourceNames[kind], config, s[asset][kind])
	})
}
