// Package plugin serves the provider to Terraform.
package plugin

import (
	"context"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/provider"
)

// Address is the provider's source address.
const Address = "registry.terraform.io/custodyhq/custody"

// garbagePercent lets the heap grow further between collections than Go's
// default: a provider process lives for one command, and thousands of grants
// are planned in it (DESIGN.md, Cheap by construction).
const garbagePercent = 400

// Serve runs the provider as a plugin until Terraform ends it.
func Serve(_ context.Context, version string, debugging bool) error {
	quietLogs(os.Environ(), os.Setenv)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	var options []tf6server.ServeOpt
	if debugging {
		options = append(options, tf6server.WithManagedDebug())
	}
	return tf6server.Serve(Address, Server(version, clock.System{}), options...)
}

// Server returns a constructor of the protocol server over the given clock.
// Acceptance tests use it with a clock of their own.
func Server(version string, c clock.Clock) func() tfprotov6.ProviderServer {
	inner := providerserver.NewProtocol6(provider.New(version, c))
	return func() tfprotov6.ProviderServer { return &detached{inner()} }
}

// quietLogs turns the SDK's own logging off when nobody asked for logs. The SDK
// otherwise writes every trace line for Terraform to parse and to throw away,
// which costs more than the decisions.
func quietLogs(environ []string, set func(key, value string) error) {
	for _, e := range environ {
		if strings.HasPrefix(e, "TF_LOG") && !strings.HasPrefix(e, "TF_LOG_PATH") && !strings.HasSuffix(e, "=") {
			return
		}
	}
	for _, key := range []string{"TF_LOG_SDK", "TF_LOG_PROVIDER"} {
		if err := set(key, "OFF"); err != nil {
			return // logging stays as it is: slower, not wrong
		}
	}
}

// detached hands every call a context that is let go of when the call returns.
// The framework keeps a cancel function per call until the process ends; with
// it would stay the call's loggers and stream, some 130 KB for each instance.
type detached struct{ tfprotov6.ProviderServer }

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

func (d *detached) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return call(ctx, req, d.ProviderServer.ValidateResourceConfig)
}

func (d *detached) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return call(ctx, req, d.ProviderServer.UpgradeResourceState)
}

func (d *detached) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := call(ctx, req, d.ProviderServer.ReadResource)
	if resp != nil {
		resp.NewState = asJSON(resp.NewState)
	}
	return resp, err
}

func (d *detached) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return call(ctx, req, d.ProviderServer.PlanResourceChange)
}

func (d *detached) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return call(ctx, req, d.ProviderServer.ApplyResourceChange)
}
