package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	document "github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/tell"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

const (
	defaultPlanAge   = 24 * time.Hour
	maxPlanAge       = 168 * time.Hour
	defaultClockJump = 48 * time.Hour
)

// model is the provider block.
type model struct {
	Systems     types.Map    `tfsdk:"systems"`
	Directories types.List   `tfsdk:"directories"`
	Reviews     types.String `tfsdk:"reviews"`
	Register    types.String `tfsdk:"register"`
	Workspace   types.String `tfsdk:"workspace"`
	Former      types.List   `tfsdk:"former_workspaces"`

	Notices *tell.Notices `tfsdk:"notices"`
	Signals *tell.Signals `tfsdk:"signals"`

	Policy        types.String `tfsdk:"policy"`
	OnUnavailable types.String `tfsdk:"on_unavailable"`
	PlanTime      types.String `tfsdk:"plan_time"`
	MaxPlanAge    types.String `tfsdk:"max_plan_age"`
	MaxClockJump  types.String `tfsdk:"max_clock_jump"`
	Limits        *limits      `tfsdk:"limits"`
}

type limits struct {
	Revocations types.Int64 `tfsdk:"revocations"`
	Rotations   types.Int64 `tfsdk:"rotations"`
	Shrink      types.Int64 `tfsdk:"shrink"`
	Confirmed   types.Map   `tfsdk:"confirmed"`
}

// start builds the run from the provider block. It returns nil if it has
// reported an error.
func (p *Provider) start(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) *run.Run {
	if !config.Raw.IsFullyKnown() {
		reportUnknown(config, diags)
		return nil
	}
	var m model
	diags.Append(config.Get(ctx, &m)...)
	if diags.HasError() {
		return nil
	}
	r := &run.Run{Clock: p.clock, Hold: m.OnUnavailable.ValueString() == onUnavailableHold, MaxClockJump: m.clockJump()}
	p.setInstant(r, &m, diags)
	r.Rules = rules(&m, diags)
	r.Register = p.register(&m, diags)
	p.connect(ctx, r, &m, diags)
	count := m.Limits.count(r.Register, diags)
	r.Tell = p.teller(r, &m, diags)
	r.Brake = run.NewBrake(m.limits(), func() (int, bool) { return r.Facts.Listed(context.WithoutCancel(ctx)) })
	if diags.HasError() {
		return nil
	}
	r.Facts.Run, r.Facts.Progress = p.configured.context(), logProgress
	r.Targets.Run = r.Facts.Run
	if r.Reviews != nil {
		r.Reviews.Run = r.Facts.Run
	}
	r.Facts.Count = count
	return r
}

// reportUnknown refuses arguments that are known after apply only: a run cannot
// be decided in part.
func reportUnknown(config tfsdk.Config, diags *diag.Diagnostics) {
	var values map[string]tftypes.Value
	if err := config.Raw.As(&values); err != nil {
		operation.Configure.Report(diags, path.Empty(), &fault.Fault{Summary: "Provider Configuration Not Known Yet", Happened: err.Error()})
		return
	}
	for name, v := range values {
		if v.IsFullyKnown() {
			continue
		}
		operation.Configure.Report(diags, path.Root(name), &fault.Fault{
			Summary:  "Provider Argument Not Known Yet",
			Happened: name + " depends on something that is known after apply only, so no decision can be planned.",
			Advice: "Pass values that are known: literals, variables, file() or plantimestamp(). " +
				"Data sources under a module with depends_on are known after apply only.",
		})
	}
}

func (m *model) limits() run.Limits {
	var l run.Limits
	if m.Limits == nil {
		return l
	}
	read := func(v types.Int64) *int {
		if v.IsNull() {
			return nil
		}
		n := int(v.ValueInt64())
		return &n
	}
	l.Revocations, l.Rotations = read(m.Limits.Revocations), read(m.Limits.Rotations)
	return l
}

// clockJump returns max_clock_jump, which the schema has checked.
func (m *model) clockJump() time.Duration {
	if d, err := document.ParseDuration(m.MaxClockJump.ValueString()); err == nil {
		return d
	}
	return defaultClockJump
}

// setInstant fixes the one instant of the run.
func (p *Provider) setInstant(r *run.Run, m *model, diags *diag.Diagnostics) {
	now := p.clock.Now()
	r.Now = now
	age := defaultPlanAge
	if !m.MaxPlanAge.IsNull() {
		var err error
		if age, err = document.ParseDuration(m.MaxPlanAge.ValueString()); err != nil || age > maxPlanAge {
			operation.Configure.Report(diags, path.Root("max_plan_age"), &fault.Fault{
				Summary:  "Invalid Plan Age",
				Happened: fmt.Sprintf("%q is longer than a saved plan may wait.", m.MaxPlanAge.ValueString()),
				Advice:   "Accepted: a duration of at most 168h, such as 24h or 7d.",
			})
			return
		}
	}
	if m.PlanTime.IsNull() {
		return
	}
	at, err := value.ParseInstant(m.PlanTime.ValueString())
	if err != nil {
		operation.Configure.Report(diags, path.Root("plan_time"), &fault.Fault{Summary: "Invalid Timestamp", Happened: err.Error() + "."})
		return
	}
	switch {
	case at.After(now):
		operation.Configure.Report(diags, path.Root("plan_time"), &fault.Fault{
			Summary:  "Plan Time Lies in the Future",
			Happened: fmt.Sprintf("plan_time is %s, but this machine's clock says %s.", value.Instant(at), value.Instant(now)),
			Advice:   "Set plan_time = plantimestamp(), and check the clocks of the machines that plan and apply.",
		})
	case now.Sub(at) > age:
		operation.Configure.Report(diags, path.Root("plan_time"), &fault.Fault{
			Summary:     "Saved Plan Is Too Old",
			Happened:    fmt.Sprintf("The plan was made at %s and may be applied for %s; it is %s now.", value.Instant(at), document.FormatDuration(age), value.Instant(now)),
			Consequence: "custody issued nothing and revoked nothing. What other providers planned to destroy may already be gone.",
			Advice:      "Make a new plan. max_plan_age sets how long a saved plan may wait, up to 168h.",
		})
	}
	r.Now, r.Fixed = at, true
}

func rules(m *model, diags *diag.Diagnostics) *lifecycle.Rules {
	if m.Policy.IsNull() {
		return document.Baseline()
	}
	compiled, err := document.Load([]byte(m.Policy.ValueString()), "provider policy")
	if err != nil {
		operation.Configure.ReportPolicy(diags, path.Root("policy"), err)
		return nil
	}
	warnOfMilder(compiled, diags)
	return compiled
}

// warnOfMilder warns once a run where the policy keeps access that the baseline
// takes away, or makes privileged access last longer.
func warnOfMilder(compiled *lifecycle.Rules, diags *diag.Diagnostics) {
	milder := document.SeriouslyMilder(compiled)
	if len(milder) == 0 {
		return
	}
	const most = 10
	if more := len(milder) - most; more > 0 {
		milder = append(milder[:most], fmt.Sprintf("%d more.", more))
	}
	diags.AddAttributeWarning(path.Root("policy"), "Policy Is Milder Than the Baseline",
		"On a terminal finding, or for privileged access, the policy gives less than the built-in baseline:\n\n- "+strings.Join(milder, "\n- ")+
			"\n\nAccess stays where the baseline would take it away.\n\nGive the entries a narrower selection if that is not meant. "+
			"data custody_policy lists all differences as milder and stricter.")
}

// connect connects the systems: as sources of facts, as targets of accounts, and as the
// queue of reviews.
func (p *Provider) connect(ctx context.Context, r *run.Run, m *model, diags *diag.Diagnostics) {
	systems := p.kinds.Systems(ctx, m.Systems, r.Register, diags)
	if diags.HasError() {
		return
	}
	var err error
	if !m.Reviews.IsNull() {
		if r.Reviews, err = run.FindReviews(systems, m.Reviews.ValueString()); err != nil {
			operation.Configure.Report(diags, path.Root("reviews"), err)
			return
		}
	}
	if r.Facts, err = inventory.New(systems, value.TextsOf(m.Directories.Elements())); err != nil {
		operation.Configure.Report(diags, path.Root("directories"), err)
		return
	}
	r.Targets = run.NewTargets(systems)
}
