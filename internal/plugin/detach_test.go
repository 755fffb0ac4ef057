package plugin

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/provider"
)

// Terraform's protocol server looks for optional interfaces by type assertion,
// and answers "not implemented" for one that the wrapper hides. Whatever the
// framework's server answers, the wrapper must answer too; methods say it of
// interfaces that a later version of the framework brings as well.
func TestTheWrapperForwardsEveryInterface(t *testing.T) {
	inner := providerserver.NewProtocol6(provider.New("test", clock.System{}))()
	if _, ok := inner.(ProtocolServer); !ok {
		t.Fatalf("the framework's server is not all of %v", reflect.TypeFor[ProtocolServer]())
	}
	outer := reflect.TypeOf(Server("test", clock.System{})())
	for m := range reflect.TypeOf(inner).Methods() {
		if _, ok := outer.MethodByName(m.Name); !ok {
			t.Errorf("the wrapper hides %s", m.Name)
		}
	}
	for _, optional := range []reflect.Type{
		reflect.TypeFor[tfprotov6.ProviderServer](), reflect.TypeFor[tfprotov6.ResourceServer](), reflect.TypeFor[tfprotov6.DataSourceServer](),
		reflect.TypeFor[tfprotov6.FunctionServer](), reflect.TypeFor[tfprotov6.EphemeralResourceServer](),
		reflect.TypeFor[tfprotov6.ListResourceServer](), reflect.TypeFor[tfprotov6.ActionServer](), reflect.TypeFor[tfprotov6.StateStoreServer](),
	} {
		if reflect.TypeOf(inner).Implements(optional) && !outer.Implements(optional) {
			t.Errorf("the wrapper hides %v", optional)
		}
	}
}

// Ephemeral resources are opened through the wrapper.
func TestTheWrapperServesEphemeralResources(t *testing.T) {
	outer := Server("test", clock.System{})()
	metadata, err := outer.GetMetadata(t.Context(), &tfprotov6.GetMetadataRequest{})
	if err != nil || len(metadata.EphemeralResources) == 0 {
		t.Fatalf("got %+v, %v", metadata, err)
	}
	schema, err := outer.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range metadata.EphemeralResources {
		of := schema.EphemeralResourceSchemas[e.TypeName].ValueType()
		null, err := tfprotov6.NewDynamicValue(of, tftypes.NewValue(of, nil))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := outer.OpenEphemeralResource(t.Context(), &tfprotov6.OpenEphemeralResourceRequest{TypeName: e.TypeName, Config: &null})
		if err != nil || len(resp.Diagnostics) == 0 {
			t.Errorf("%s without a configuration answers %+v, %v", e.TypeName, resp, err)
		}
	}
}

// keptWhole are the calls that keep their context: they come once a process, or
// are about state stores.
var keptWhole = slices.Concat([]string{
	"GetMetadata", "GetProviderSchema", "GetResourceIdentitySchemas", "GetFunctions", "ValidateProviderConfig", "ConfigureProvider", "StopProvider",
}, methods(reflect.TypeFor[tfprotov6.StateStoreServer]()))

func methods(of reflect.Type) []string {
	var out []string
	for m := range of.Methods() {
		out = append(out, m.Name)
	}
	return out
}

type contextKey struct{}

func TestTheContextOfACallIsReleasedWhenItReturns(t *testing.T) {
	inner := &kept{}
	outer := reflect.ValueOf(&detached{inner})
	for _, name := range methods(reflect.TypeFor[ProtocolServer]()) {
		if slices.Contains(keptWhole, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.WithValue(context.Background(), contextKey{}, name))
			call := outer.MethodByName(name)
			answers := call.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.Zero(call.Type().In(1))})
			read(answers[0].Interface())
			if inner.during != name {
				t.Error("the call did not see its context")
			}
			cancel()
			if inner.ctx.Value(contextKey{}) != nil || inner.ctx.Err() != nil || inner.ctx.Done() != nil {
				t.Error("the call's context is still reachable")
			}
		})
	}
}

// read reads an answer to its end, if it is a stream.
func read(answer any) (items int) {
	switch s := answer.(type) {
	case *tfprotov6.ListResourceServerStream:
		for range s.Results {
			items++
		}
	case *tfprotov6.InvokeActionServerStream:
		for range s.Events {
			items++
		}
	}
	return items
}

// What is in a stream is made while it is read, when the call has returned.
func TestAStreamIsReadInItsContext(t *testing.T) {
	inner := &kept{}
	outer := &detached{inner}
	ctx := context.WithValue(context.Background(), contextKey{}, "stream")
	stream, err := outer.ListResource(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := inner.ctx.Value(contextKey{}); got != "stream" {
		t.Errorf("before the stream is read its context holds %v", got)
	}
	if read(stream) != 2 || inner.during != "stream" {
		t.Errorf("the stream was read in a context with %v", inner.during)
	}
	inner.fails = errors.New("no answer")
	if _, err := outer.InvokeAction(ctx, nil); !errors.Is(err, inner.fails) || inner.ctx.Value(contextKey{}) != nil {
		t.Errorf("a stream that there is not: %v, in a context with %v", err, inner.ctx.Value(contextKey{}))
	}
}

// A call that fails has no answer to translate.
func TestAFailedReadAnswersNothing(t *testing.T) {
	inner := &kept{fails: errors.New("no answer")}
	if resp, err := (&detached{inner}).ReadResource(context.Background(), nil); resp != nil || !errors.Is(err, inner.fails) {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestACallSeesItsContextEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := newCallContext(ctx)
	cancel()
	<-c.Done()
	if !errors.Is(c.Err(), context.Canceled) {
		t.Errorf("the error is %v", c.Err())
	}
	if _, ok := c.Deadline(); ok {
		t.Error("there is a deadline")
	}
}

// kept is a server that keeps the context of a call, as the framework does.
type kept struct {
	ProtocolServer
	ctx    context.Context
	during any
	fails  error
}

func keep[Response any](ctx context.Context, k *kept) (*Response, error) {
	k.ctx, k.during = ctx, ctx.Value(contextKey{})
	if k.fails != nil {
		return nil, k.fails
	}
	return new(Response), nil
}

// keepStream yields two items, and keeps the context anew before the last.
func keepStream[Item any](ctx context.Context, k *kept) func(yield func(Item) bool) {
	return func(yield func(Item) bool) {
		var item Item
		if yield(item) {
			k.during = ctx.Value(contextKey{})
			yield(item)
		}
	}
}

func (k *kept) ListResource(ctx context.Context, _ *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	stream, err := keep[tfprotov6.ListResourceServerStream](ctx, k)
	if err == nil {
		stream.Results = keepStream[tfprotov6.ListResourceResult](ctx, k)
	}
	return stream, err
}

func (k *kept) InvokeAction(ctx context.Context, _ *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	stream, err := keep[tfprotov6.InvokeActionServerStream](ctx, k)
	if err == nil {
		stream.Events = keepStream[tfprotov6.InvokeActionEvent](ctx, k)
	}
	return stream, err
}

func (k *kept) ValidateResourceConfig(ctx context.Context, _ *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return keep[tfprotov6.ValidateResourceConfigResponse](ctx, k)
}

func (k *kept) UpgradeResourceState(ctx context.Context, _ *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return keep[tfprotov6.UpgradeResourceStateResponse](ctx, k)
}

func (k *kept) UpgradeResourceIdentity(ctx context.Context, _ *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return keep[tfprotov6.UpgradeResourceIdentityResponse](ctx, k)
}

func (k *kept) ReadResource(ctx context.Context, _ *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return keep[tfprotov6.ReadResourceResponse](ctx, k)
}

func (k *kept) PlanResourceChange(ctx context.Context, _ *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return keep[tfprotov6.PlanResourceChangeResponse](ctx, k)
}

func (k *kept) ApplyResourceChange(ctx context.Context, _ *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return keep[tfprotov6.ApplyResourceChangeResponse](ctx, k)
}

func (k *kept) ImportResourceState(ctx context.Context, _ *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return keep[tfprotov6.ImportResourceStateResponse](ctx, k)
}

func (k *kept) MoveResourceState(ctx context.Context, _ *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return keep[tfprotov6.MoveResourceStateResponse](ctx, k)
}

func (k *kept) GenerateResourceConfig(ctx context.Context, _ *tfprotov6.GenerateResourceConfigRequest) (*tfprotov6.GenerateResourceConfigResponse, error) {
	return keep[tfprotov6.GenerateResourceConfigResponse](ctx, k)
}

func (k *kept) ValidateDataResourceConfig(ctx context.Context, _ *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return keep[tfprotov6.ValidateDataResourceConfigResponse](ctx, k)
}

func (k *kept) ReadDataSource(ctx context.Context, _ *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return keep[tfprotov6.ReadDataSourceResponse](ctx, k)
}

func (k *kept) CallFunction(ctx context.Context, _ *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return keep[tfprotov6.CallFunctionResponse](ctx, k)
}

func (k *kept) ValidateEphemeralResourceConfig(ctx context.Context, _ *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return keep[tfprotov6.ValidateEphemeralResourceConfigResponse](ctx, k)
}

func (k *kept) OpenEphemeralResource(ctx context.Context, _ *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return keep[tfprotov6.OpenEphemeralResourceResponse](ctx, k)
}

func (k *kept) RenewEphemeralResource(ctx context.Context, _ *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	return keep[tfprotov6.RenewEphemeralResourceResponse](ctx, k)
}

func (k *kept) CloseEphemeralResource(ctx context.Context, _ *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	return keep[tfprotov6.CloseEphemeralResourceResponse](ctx, k)
}

func (k *kept) ValidateListResourceConfig(ctx context.Context, _ *tfprotov6.ValidateListResourceConfigRequest) (*tfprotov6.ValidateListResourceConfigResponse, error) {
	return keep[tfprotov6.ValidateListResourceConfigResponse](ctx, k)
}

func (k *kept) ValidateActionConfig(ctx context.Context, _ *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	return keep[tfprotov6.ValidateActionConfigResponse](ctx, k)
}

func (k *kept) PlanAction(ctx context.Context, _ *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	return keep[tfprotov6.PlanActionResponse](ctx, k)
}
