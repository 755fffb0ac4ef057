package plugin

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// fill returns a value of a type in which nothing is stated but what is given: an
// object by its attributes, a map by one element.
func fill(typ tftypes.Type, given any) tftypes.Value {
	stated, ok := given.(map[string]any)
	switch typ := typ.(type) {
	case tftypes.Object:
		if !ok {
			break
		}
		values := make(map[string]tftypes.Value)
		for name, of := range typ.AttributeTypes {
			values[name] = fill(of, stated[name])
		}
		return tftypes.NewValue(typ, values)
	case tftypes.Map:
		if !ok {
			break
		}
		values := make(map[string]tftypes.Value)
		for name, element := range stated {
			values[name] = fill(typ.ElementType, element)
		}
		return tftypes.NewValue(typ, values)
	}
	return tftypes.NewValue(typ, given)
}

func dynamic(t *testing.T, typ tftypes.Type, given map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	v, err := tfprotov6.NewDynamicValue(typ, fill(typ, given))
	if err != nil {
		t.Fatal(err)
	}
	return &v
}

// An interrupted run asks nothing any more, also in calls that come after the
// stop; what is configured later is another run.
func TestAStopEndsTheRun(t *testing.T) {
	var asked atomic.Int64
	arrived := make(chan struct{}, 10)
	address := systemtest.ServeHTTP(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	ctx := t.Context()
	s := Server("test", clock.System{})()
	schemas, err := s.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	configure := func() {
		config := dynamic(t, schemas.Provider.ValueType(), map[string]any{"systems": map[string]any{"hq": map[string]any{
			"snipeit": map[string]any{"url": address, "token": "a-token"},
		}}})
		resp, err := s.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.0", Config: config})
		if err != nil || len(resp.Diagnostics) > 0 {
			t.Fatalf("%v %+v", err, resp)
		}
	}
	answers := make(chan string, 10)
	read := func(asset string) {
		config := dynamic(t, schemas.DataSourceSchemas["custody_asset"].ValueType(), map[string]any{"asset": asset})
		resp, err := s.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: "custody_asset", Config: config})
		if err != nil || len(resp.Diagnostics) != 1 {
			answers <- "no diagnostic"
			return
		}
		answers <- resp.Diagnostics[0].Detail
	}
	for run := range int64(2) {
		configure()
		go read("hq/1")
		<-arrived
		if _, err := s.StopProvider(ctx, &tfprotov6.StopProviderRequest{}); err != nil {
			t.Fatal(err)
		}
		read("hq/2")
		for range 2 {
			if detail := <-answers; !strings.Contains(detail, "Terraform was interrupted") {
				t.Errorf("a call of a stopped run ended with %q", detail)
			}
		}
		if n := asked.Load(); n != run+1 {
			t.Errorf("%d requests in %d runs", n, run+1)
		}
	}
}
