// Package events holds the data source custody_events: the ledger of a register,
// whether its chain holds, and evidence made of it.
package events

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// The summaries of warnings are fixed, so that Terraform folds them.
const (
	brokenSummary    = "Ledger Does Not Hold"
	truncatedSummary = "Events Are Left Out"
)

// DataSource is custody_events.
type DataSource struct{ run.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source custody_events.
func NewDataSource() datasource.DataSource { return &DataSource{run.DataSource{Name: "events"}} }

// Schema returns the data source's schema.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = eventsSchema
}

// model is a custody_events in configuration and state.
type model struct {
	Workspace   types.String `tfsdk:"workspace"`
	Subject     types.String `tfsdk:"subject"`
	Kinds       types.List   `tfsdk:"kinds"`
	Controls    types.List   `tfsdk:"controls"`
	Since       types.String `tfsdk:"since"`
	Until       types.String `tfsdk:"until"`
	Limit       types.Int64  `tfsdk:"limit"`
	Formats     types.List   `tfsdk:"formats"`
	Checkpoints types.List   `tfsdk:"checkpoints"`
	PublicKeys  types.List   `tfsdk:"public_keys"`

	Workspaces types.List   `tfsdk:"workspaces"`
	Events     types.List   `tfsdk:"events"`
	LeftOut    types.Int64  `tfsdk:"left_out"`
	Chain      types.Object `tfsdk:"chain"`
	Unfinished types.List   `tfsdk:"unfinished"`
	Checkpoint types.String `tfsdk:"checkpoint"`
	Export     types.Map    `tfsdk:"export"`
}

// Read reads the ledger.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || d.Run == nil {
		return
	}
	if d.Run.Register == nil {
		operation.Read.Report(&resp.Diagnostics, path.Empty(), &fault.Fault{
			Kind: fault.ErrConfig, Summary: "No Register Is Configured", Happened: "custody_events reads the register, and the provider block names none.",
			Advice: "Set register and workspace in the provider block.",
		})
		return
	}
	q := m.query(d.Run.Register.Workspace(), &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	r, err := d.Run.Register.Open(ctx)
	if err == nil {
		err = d.fill(ctx, r, q, &m, &resp.Diagnostics)
	}
	if err != nil {
		d.Run.Report(operation.Read, &resp.Diagnostics, run.Object{Type: "custody_events", Name: q.workspace}, path.Root("workspace"), err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// fill reads everything that the data source shows.
func (d *DataSource) fill(ctx context.Context, r *register.Register, q *query, m *model, diags *diag.Diagnostics) error {
	heads, err := r.Heads(ctx)
	if err != nil {
		return err
	}
	report, err := r.Verify(ctx, q.workspace, q.checkpoints, q.keys...)
	if err != nil {
		return err
	}
	found, err := q.read(ctx, r)
	if err != nil {
		return err
	}
	acts, err := r.UnfinishedActs(ctx, q.workspace)
	if err != nil {
		return err
	}
	var names []string
	for _, h := range heads {
		names = append(names, h.Workspace)
	}
	m.Workspace = types.StringValue(q.workspace)
	m.Workspaces, m.Events, m.LeftOut = texts(names), eventList(found.events), types.Int64Value(int64(found.leftOut))
	m.Chain, m.Unfinished = chain(&report), unfinished(acts)
	if m.Checkpoint, err = d.checkpoint(q, &report); err != nil {
		return err
	}
	m.export(q, found, &report, d.Run.Now)
	warn(q, found, &report, diags)
	return nil
}

// warn says what the plan itself does not show.
func warn(q *query, found *result, report *register.Report, diags *diag.Diagnostics) {
	if report.Break != nil {
		diags.AddAttributeWarning(path.Root("workspace"), brokenSummary, fmt.Sprintf(
			"The ledger of the workspace %q does not hold at event %d (%s). %s What it says from there on proves nothing.\n\n"+
				"Find out who could write to the register, and restore it from a backup. No plan changes because of this.",
			q.workspace, report.Break.Sequence, report.Break.Cause, report.Break.Message))
	}
	if found.leftOut > 0 {
		diags.AddAttributeWarning(path.Root("limit"), truncatedSummary, fmt.Sprintf(
			"%d older events match too, and are left out: limit is %d. Raise it, or read in parts with since and until.", found.leftOut, q.limit))
	}
}

// checkpoint signs the head of a chain that holds, if the environment has a key. A head
// that a checkpoint proves already is not signed again, so that quiet runs stay quiet.
func (d *DataSource) checkpoint(q *query, report *register.Report) (types.String, error) {
	if report.Break != nil || report.Head.Sequence == 0 {
		return types.StringNull(), nil
	}
	at := slices.IndexFunc(q.checkpoints, func(c register.Checkpoint) bool {
		return c.Workspace == q.workspace && c.Sequence == report.Head.Sequence
	})
	if at >= 0 {
		return types.StringValue(q.checkpoints[at].String()), nil
	}
	key, err := signingKey()
	if key == nil || err != nil {
		return types.StringNull(), err
	}
	c, err := register.Sign(report.Head, d.Run.Now, key)
	if err != nil {
		return types.StringNull(), err
	}
	return types.StringValue(c.String()), nil
}

func texts(list []string) types.List {
	out := make([]attr.Value, len(list))
	for i, s := range list {
		out[i] = types.StringValue(s)
	}
	return types.ListValueMust(types.StringType, out)
}

func eventList(list []entry) types.List {
	out := make([]attr.Value, len(list))
	for i := range list {
		e := &list[i]
		out[i] = types.ObjectValueMust(eventType.AttrTypes, map[string]attr.Value{
			"sequence": types.Int64Value(e.Sequence), "at": types.StringValue(e.At.UTC().Format(time.RFC3339)), "kind": types.StringValue(e.Kind),
			"subject": types.StringValue(e.Subject), "actor": value.Text(e.Actor), "run": types.StringValue(e.Run),
			"controls": texts(e.controls()), "body": types.StringValue(e.Body), "hash": types.StringValue(e.Hash),
		})
	}
	return types.ListValueMust(eventType, out)
}

func chain(r *register.Report) types.Object {
	problem, cause, at := types.StringNull(), types.StringNull(), types.Int64Null()
	if b := r.Break; b != nil {
		problem, cause, at = types.StringValue(b.Message), types.StringValue(string(b.Cause)), types.Int64Value(b.Sequence)
	}
	return types.ObjectValueMust(chainTypes, map[string]attr.Value{
		"holds": types.BoolValue(r.Break == nil), "events": types.Int64Value(r.Head.Sequence), "hash": value.Text(r.Head.Hash),
		"proven": types.Int64Value(r.Proven), "problem": problem, "cause": cause, "problem_at": at,
	})
}

func unfinished(acts []register.Act) types.List {
	out := make([]attr.Value, len(acts))
	for i, a := range acts {
		out[i] = types.ObjectValueMust(actType.AttrTypes, map[string]attr.Value{
			"sequence": types.Int64Value(a.Sequence), "target": types.StringValue(a.Target), "subject": types.StringValue(a.Subject),
			"action": types.StringValue(a.Action), "run": types.StringValue(a.Run), "began_at": types.StringValue(a.BeganAt.UTC().Format(time.RFC3339)),
		})
	}
	return types.ListValueMust(actType, out)
}
