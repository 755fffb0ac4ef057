package run_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

func TestARepeatedFaultNamesTheObjectThatHasItInFull(t *testing.T) {
	var r run.Run
	var diags diag.Diagnostics
	dark := &fault.Fault{Kind: fault.ErrUnavailable, Summary: "Unable to Read", Happened: "It is dark.", Advice: "Switch the light on."}
	other := &fault.Fault{Kind: fault.ErrUnavailable, Summary: "Unable to Read", Happened: "It is loud.", Advice: "Close the door."}
	r.Report(operation.Plan, &diags, run.Object{Type: "custody_binding", Name: "cmdb/LT-1"}, path.Root("asset"), dark)
	r.Report(operation.Plan, &diags, run.Object{Type: "custody_grant", Name: "cmdb/LT-2#vpn"}, path.Root("binding"), dark)
	r.Report(operation.Plan, &diags, run.Object{Type: "custody_owner", Name: "ann"}, path.Root("owner"), other)
	r.Report(operation.Plan, &diags, run.Object{Type: "custody_owner", Name: "ann"}, path.Root("owner"), errors.New("a defect"))
	for i, want := range []string{"Switch the light on.", `The full message is at the custody_binding of "cmdb/LT-1".`, "Close the door.", "a defect"} {
		if got := diags[i].Detail(); !strings.Contains(got, want) || strings.Contains(got, "full message") != (i == 1) {
			t.Errorf("%d: %s", i, got)
		}
	}
}
