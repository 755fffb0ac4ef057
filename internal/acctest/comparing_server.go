package acctest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/plugin"
)

// serve returns what serves the provider over a clock. Two providers answer each
// request, the second without the short way for instances that nothing has happened
// to, and report is told where their answers differ. untouched counts the plans that
// the short way made.
func serve(c clock.Clock, untouched *atomic.Int64, report func(string)) func() tfprotov6.ProviderServer {
	short, long := plugin.Server("test", c), plugin.Framework("test", c)
	return func() tfprotov6.ProviderServer {
		//nolint:errcheck // the servers are all of it
		return &comparingServer{ProtocolServer: short().(plugin.ProtocolServer), other: long(), untouched: untouched, report: report}
	}
}

// serveOne returns what serves the provider over a clock, and nothing beside it.
func serveOne(c clock.Clock, _ *atomic.Int64, _ func(string)) func() tfprotov6.ProviderServer {
	return plugin.Server("test", c)
}

// comparingServer asks two servers and answers as the first does.
type comparingServer struct {
	plugin.ProtocolServer
	other     tfprotov6.ProviderServer
	untouched *atomic.Int64
	report    func(string)

	// turn is held by one read or plan at a time: what the brake says, and which object
	// a failure is told at in full, depends on what came before.
	turn  sync.Mutex
	once  sync.Once
	types map[string]tftypes.Type
}

// closeServer ends what a server keeps open between calls, such as a register.
func closeServer(t testing.TB, s tfprotov6.ProviderServer) {
	if both, ok := s.(*comparingServer); ok {
		closeServer(t, both.other)
		s = both.ProtocolServer
	}
	if err := s.(io.Closer).Close(); err != nil { //nolint:errcheck // the servers of plugin can be closed
		t.Error(err)
	}
}

// stateType returns the type of a resource's state.
func (t *comparingServer) stateType(ctx context.Context, name string) tftypes.Type {
	t.once.Do(func() {
		t.types = make(map[string]tftypes.Type)
		schemas, err := t.other.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
		if err != nil {
			t.report(err.Error())
			return
		}
		for name, s := range schemas.ResourceSchemas {
			t.types[name] = s.ValueType()
		}
	})
	return t.types[name]
}

// compare reports two answers that differ. Values are compared as what they say: the
// short way passes them on in the encoding in which they came.
func (t *comparingServer) compare(ctx context.Context, call, name string, short, long *tfprotov6.DynamicValue, rest ...any) {
	for i := 0; i < len(rest); i += 2 {
		if !reflect.DeepEqual(rest[i], rest[i+1]) {
			t.report(fmt.Sprintf("%s of a %s: one way answers %+v, the other %+v", call, name, rest[i], rest[i+1]))
			return
		}
	}
	if short == nil || long == nil {
		if short != long {
			t.report(fmt.Sprintf("%s of a %s: one way answers %v, the other %v", call, name, short, long))
		}
		return
	}
	if bytes.Equal(short.MsgPack, long.MsgPack) && bytes.Equal(short.JSON, long.JSON) {
		return
	}
	of := t.stateType(ctx, name)
	a, errA := short.Unmarshal(of)
	b, errB := long.Unmarshal(of)
	if errA != nil || errB != nil || !a.Equal(b) {
		t.report(fmt.Sprintf("%s of a %s: %v, %v\none way answers   %s\nthe other answers %s", call, name, errA, errB, a, b))
	}
}

// ConfigureProvider configures both.
func (t *comparingServer) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	if _, err := t.other.ConfigureProvider(ctx, req); err != nil {
		return nil, err
	}
	return t.ProtocolServer.ConfigureProvider(ctx, req)
}

// UpgradeResourceState asks both.
func (t *comparingServer) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	long, err := t.other.UpgradeResourceState(ctx, req)
	short, err2 := t.ProtocolServer.UpgradeResourceState(ctx, req)
	if err == nil && err2 == nil {
		t.compare(ctx, "upgrade", req.TypeName, short.UpgradedState, long.UpgradedState, short.Diagnostics, long.Diagnostics)
	}
	return short, err2
}

// ReadResource asks both.
func (t *comparingServer) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	t.turn.Lock()
	defer t.turn.Unlock()
	long, err := t.other.ReadResource(ctx, req)
	short, err2 := t.ProtocolServer.ReadResource(ctx, req)
	if err == nil && err2 == nil {
		t.compare(ctx, "read", req.TypeName, short.NewState, long.NewState, short.Diagnostics, long.Diagnostics, short.Private, long.Private)
	}
	return short, err2
}

// PlanResourceChange asks both.
func (t *comparingServer) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	t.turn.Lock()
	defer t.turn.Unlock()
	long, err := t.other.PlanResourceChange(ctx, req)
	short, err2 := t.ProtocolServer.PlanResourceChange(ctx, req)
	if err == nil && err2 == nil {
		if short.PlannedState == req.ProposedNewState {
			t.untouched.Add(1)
		}
		t.compare(ctx, "plan", req.TypeName, short.PlannedState, long.PlannedState, short.Diagnostics, long.Diagnostics,
			short.PlannedPrivate, long.PlannedPrivate, short.RequiresReplace, long.RequiresReplace, short.Deferred, long.Deferred,
			short.PlannedIdentity, long.PlannedIdentity)
	}
	return short, err2
}

// ApplyResourceChange asks both, so that both know of what was applied.
func (t *comparingServer) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	if _, err := t.other.ApplyResourceChange(ctx, req); err != nil {
		return nil, err
	}
	return t.ProtocolServer.ApplyResourceChange(ctx, req)
}

// StopProvider stops both.
func (t *comparingServer) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	if _, err := t.other.StopProvider(ctx, req); err != nil {
		return nil, err
	}
	return t.ProtocolServer.StopProvider(ctx, req)
}
