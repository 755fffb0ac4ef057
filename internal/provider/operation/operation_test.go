package operation_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
)

var (
	dark = &fault.Fault{Kind: fault.ErrUnavailable, Summary: "Unable to Read Asset Record", Happened: "It is dark.",
		Advice: "Switch the light on.", Err: errors.New("no photons")}
	misnamed = &fault.Fault{Kind: fault.ErrConfig, Summary: "Unable to Find System", Happened: "There is none.", Advice: "Name another."}
	late     = &fault.Fault{Summary: "Saved Plan Is Too Old", Happened: "It is late.", Consequence: "Others may have acted.", Advice: "Plan anew."}
)

const first = `custody_binding of "cmdb/LT-1"`

func TestErrorsBecomeDiagnosticsThatSayWhatToDo(t *testing.T) {
	var diags diag.Diagnostics
	operation.Plan.Report(&diags, path.Root("asset"), fmt.Errorf("assess: %w", dark))
	operation.Plan.Report(&diags, path.Root("asset"), misnamed)
	operation.Plan.Report(&diags, path.Empty(), errors.New("a defect"))
	operation.Plan.Repeat(&diags, path.Root("owner"), first, dark)
	operation.Configure.Report(&diags, path.Root("plan_time"), late)
	operation.Configure.ReportPolicy(&diags, path.Root("policy"), errors.New("no document"))
	operation.Configure.ReportPolicy(&diags, path.Root("policy"), policy.Problems{{Path: []any{"triggers", 1}, Summary: "Unreachable Trigger", Detail: "Move it."}})
	operation.Plan.Warn(&diags, path.Root("asset"), "System Unavailable", dark)
	want(t, diags,
		"Unable to Read Asset Record: It is dark.\n\nNothing was issued and nothing was revoked: absence cannot be told from failure.\n\nSwitch the light on.\n\nOriginal error: no photons",
		"Unable to Find System: There is none.\n\nNothing was issued and nothing was revoked.\n\nName another.",
		"Unable to Reach a Decision: a defect\n\nNothing was issued and nothing was revoked.",
		"Unable to Read Asset Record: It is dark. Nothing was issued and nothing was revoked. The full message is at the custody_binding of \"cmdb/LT-1\".",
		"Saved Plan Is Too Old: It is late.\n\nOthers may have acted.\n\nPlan anew.",
		"Invalid Policy: No document.\n\nNothing was issued and nothing was revoked.",
		"Unreachable Trigger: At triggers[1]: Move it.\n\nNothing was issued and nothing was revoked.",
		"System Unavailable: It is dark.\n\nNothing was issued and nothing was revoked: absence cannot be told from failure.\n\nSwitch the light on.\n\nOriginal error: no photons",
	)
	if diags.ErrorsCount() != 7 || diags.WarningsCount() != 1 {
		t.Errorf("%d errors and %d warnings", diags.ErrorsCount(), diags.WarningsCount())
	}
	if dark.Consequence != "" {
		t.Error("the error itself was changed")
	}
}

// At apply it would be false that nothing was revoked: what hangs on the object
// has been destroyed before.
func TestAnErrorAtApplyDoesNotSayThatNothingWasRevoked(t *testing.T) {
	var diags diag.Diagnostics
	operation.Apply.Report(&diags, path.Root("binding"), dark)
	operation.Apply.Report(&diags, path.Root("binding"), misnamed)
	operation.Apply.Repeat(&diags, path.Root("binding"), first, dark)
	want(t, diags,
		"Unable to Read Asset Record: It is dark.\n\nNothing was issued: absence cannot be told from failure. What the plan removed stays removed.\n\nSwitch the light on.\n\nOriginal error: no photons",
		"Unable to Find System: There is none.\n\nNothing was issued. What the plan removed stays removed.\n\nName another.",
		"Unable to Read Asset Record: It is dark. Nothing was issued. What the plan removed stays removed. The full message is at the custody_binding of \"cmdb/LT-1\".",
	)
	for _, o := range []operation.Operation{operation.Configure, operation.Import, operation.Read, operation.Plan} {
		var diags diag.Diagnostics
		o.Report(&diags, path.Root("binding"), misnamed)
		want(t, diags, "Unable to Find System: There is none.\n\nNothing was issued and nothing was revoked.\n\nName another.")
	}
}

// What is asked for while a plan is carried out says nothing of what others have done.
func TestAnErrorOfOpeningSaysWhatStops(t *testing.T) {
	var diags diag.Diagnostics
	operation.Open.Report(&diags, path.Root("grant"), dark)
	operation.Open.Report(&diags, path.Root("grant"), misnamed)
	want(t, diags,
		"Unable to Read Asset Record: It is dark.\n\nThe access is not confirmed: absence cannot be told from failure. What depends on it stops here.\n\nSwitch the light on.\n\nOriginal error: no photons",
		"Unable to Find System: There is none.\n\nThe access is not confirmed. What depends on it stops here.\n\nName another.",
	)
}

func want(t *testing.T, diags diag.Diagnostics, want ...string) {
	t.Helper()
	var got []string
	for _, d := range diags {
		got = append(got, d.Summary()+": "+d.Detail())
	}
	if strings.Join(got, "\n---\n") != strings.Join(want, "\n---\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n---\n"), strings.Join(want, "\n---\n"))
	}
}
