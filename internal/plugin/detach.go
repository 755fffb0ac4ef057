package plugin

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// ProtocolServer is every interface that the protocol may use of a provider. Each of
// them is found by a type assertion, so a wrapper that lacks one hides it without an
// error.
type ProtocolServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// detached gives calls a context that is released when the call returns. The
// framework keeps a cancel function per call until the process ends, which would
// also keep the call's loggers and stream, some 130 KB for each instance. Calls
// that are made once a process, and those about state stores, of which the
// provider has none, keep their context.
type detached struct{ ProtocolServer }

var (
	_ tfprotov6.ProviderServer     = (*detached)(nil)
	_ tfprotov6.ListResourceServer = (*detached)(nil)
	_ tfprotov6.ActionServer       = (*detached)(nil)
	_ tfprotov6.StateStoreServer   = (*detached)(nil)
)

// callContext forwards to the context of a call while it runs.
type callContext struct {
	parent atomic.Pointer[context.Context]
}

func newCallContext(ctx context.Context) *callContext {
	c := &callContext{}
	c.parent.Store(&ctx)
	return c
}

func (c *callContext) get() context.Context { return *c.parent.Load() }

func (c *callContext) release() {
	background := context.Background()
	c.parent.Store(&background)
}

func (c *callContext) Deadline() (time.Time, bool) { return c.get().Deadline() }
func (c *callContext) Done() <-chan struct{}       { return c.get().Done() }
func (c *callContext) Err() error                  { return c.get().Err() }
func (c *callContext) Value(key any) any           { return c.get().Value(key) }

func call[Request, Response any](ctx context.Context, req Request, f func(context.Context, Request) (Response, error)) (Response, error) {
	c := newCallContext(ctx)
	defer c.release()
	return f(c, req)
}

// streamed makes a call whose answer is a stream. The stream is made while it
// is read, so the context is released at its end.
func streamed[Request, Stream, Item any](
	ctx context.Context, req Request, f func(context.Context, Request) (*Stream, error), items func(*Stream) *iter.Seq[Item],
) (*Stream, error) {
	c := newCallContext(ctx)
	stream, err := f(c, req)
	if err != nil || stream == nil {
		c.release()
		return stream, err
	}
	all := items(stream)
	inner := *all
	*all = func(yield func(Item) bool) {
		defer c.release()
		inner(yield)
	}
	return stream, nil
}

func (d *detached) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return call(ctx, req, d.ProtocolServer.ValidateResourceConfig)
}

func (d *detached) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return call(ctx, req, d.ProtocolServer.UpgradeResourceState)
}

func (d *detached) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return call(ctx, req, d.ProtocolServer.UpgradeResourceIdentity)
}

func (d *detached) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := call(ctx, req, d.ProtocolServer.ReadResource)
	if resp != nil {
		resp.NewState = asJSON(resp.NewState)
	}
	return resp, err
}

func (d *detached) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return call(ctx, req, d.ProtocolServer.PlanResourceChange)
}

func (d *detached) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return call(ctx, req, d.ProtocolServer.ApplyResourceChange)
}

func (d *detached) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return call(ctx, req, d.ProtocolServer.ImportResourceState)
}

func (d *detached) MoveResourceState(ctx context.Context, req *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return call(ctx, req, d.ProtocolServer.MoveResourceState)
}

func (d *detached) GenerateResourceConfig(ctx context.Context, req *tfprotov6.GenerateResourceConfigRequest) (*tfprotov6.GenerateResourceConfigResponse, error) {
	return call(ctx, req, d.ProtocolServer.GenerateResourceConfig)
}

func (d *detached) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return call(ctx, req, d.ProtocolServer.ValidateDataResourceConfig)
}

func (d *detached) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return call(ctx, req, d.ProtocolServer.ReadDataSource)
}

func (d *detached) CallFunction(ctx context.Context, req *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return call(ctx, req, d.ProtocolServer.CallFunction)
}

func (d *detached) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return call(ctx, req, d.ProtocolServer.ValidateEphemeralResourceConfig)
}

func (d *detached) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return call(ctx, req, d.ProtocolServer.OpenEphemeralResource)
}

func (d *detached) RenewEphemeralResource(ctx context.Context, req *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	return call(ctx, req, d.ProtocolServer.RenewEphemeralResource)
}

func (d *detached) CloseEphemeralResource(ctx context.Context, req *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	return call(ctx, req, d.ProtocolServer.CloseEphemeralResource)
}

func (d *detached) ValidateListResourceConfig(ctx context.Context, req *tfprotov6.ValidateListResourceConfigRequest) (*tfprotov6.ValidateListResourceConfigResponse, error) {
	return call(ctx, req, d.ProtocolServer.ValidateListResourceConfig)
}

func (d *detached) ListResource(ctx context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	return streamed(ctx, req, d.ProtocolServer.ListResource, func(s *tfprotov6.ListResourceServerStream) *iter.Seq[tfprotov6.ListResourceResult] { return &s.Results })
}

func (d *detached) ValidateActionConfig(ctx context.Context, req *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	return call(ctx, req, d.ProtocolServer.ValidateActionConfig)
}

func (d *detached) PlanAction(ctx context.Context, req *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	return call(ctx, req, d.ProtocolServer.PlanAction)
}

func (d *detached) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	return streamed(ctx, req, d.ProtocolServer.InvokeAction, func(s *tfprotov6.InvokeActionServerStream) *iter.Seq[tfprotov6.InvokeActionEvent] { return &s.Events })
}
