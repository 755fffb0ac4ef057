// Package reviews holds the data source custody_reviews: the cases of a queue in which
// people are asked.
package reviews

import (
	"context"
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
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The summaries of warnings are fixed, so that Terraform folds them.
const (
	unreadSummary  = "Review Queue Was Not Read"
	leftOutSummary = "Reviews Are Left Out"
)

// DataSource is custody_reviews.
type DataSource struct{ run.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source custody_reviews.
func NewDataSource() datasource.DataSource { return &DataSource{run.DataSource{Name: "reviews"}} }

// Schema returns the data source's schema.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = reviewsSchema
}

// model is a custody_reviews in configuration and state.
type model struct {
	Status   types.Set    `tfsdk:"status"`
	Assignee types.Set    `tfsdk:"assignee"`
	Since    types.String `tfsdk:"since"`
	Limit    types.Int64  `tfsdk:"limit"`

	Queue   types.String `tfsdk:"queue"`
	Reviews types.List   `tfsdk:"reviews"`
	LeftOut types.Int64  `tfsdk:"left_out"`
}

// Read lists the cases. A queue that cannot be read stops no plan: what is to be revoked
// is revoked all the same.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || d.Run == nil {
		return
	}
	if d.Run.Reviews == nil {
		operation.Read.Report(&resp.Diagnostics, path.Empty(), &fault.Fault{
			Kind: fault.ErrConfig, Summary: "No Review Queue Is Connected", Happened: "custody_reviews lists the cases of the review queue, and the provider block names none.",
			Advice: "Set reviews in the provider block to the name of a system that has a review queue.",
		})
		return
	}
	m.Queue = types.StringValue(d.Run.Reviews.Name())
	if err := d.list(ctx, &m, &resp.Diagnostics); err != nil {
		m.Reviews, m.LeftOut = types.ListNull(reviewType), types.Int64Null()
		operation.Read.Warn(&resp.Diagnostics, path.Empty(), unreadSummary, unread(d.Run.Reviews.Interrupted(err)))
	}
	if ctx.Err() == nil {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	}
}

// list asks the queue.
func (d *DataSource) list(ctx context.Context, m *model, diags *diag.Diagnostics) error {
	ctx, end := d.Run.Reviews.Within(ctx)
	defer end()
	q := system.ReviewQuery{Since: d.Run.Now.Add(-usually), Most: defaultLimit}
	if !m.Since.IsNull() {
		q.Since = value.InstantOf(m.Since)
	}
	if !m.Limit.IsNull() {
		q.Most = int(m.Limit.ValueInt64())
	}
	for _, word := range value.TextsOf(m.Status.Elements()) {
		q.Statuses = append(q.Statuses, system.ReviewStatus(word))
	}
	var err error
	if q.Assignees, err = d.Run.KeysOf(ctx, value.TextsOf(m.Assignee.Elements())); err != nil {
		return err
	}
	found, err := d.Run.Reviews.ListReviews(ctx, q)
	if err != nil {
		return err
	}
	rows := make([]attr.Value, len(found.Reviews))
	for i := range found.Reviews {
		rows[i] = row(&found.Reviews[i])
	}
	m.Reviews, m.LeftOut = types.ListValueMust(reviewType, rows), types.Int64Value(int64(found.LeftOut))
	if found.LeftOut > 0 {
		diags.AddAttributeWarning(path.Root("limit"), leftOutSummary, leftOut(found.LeftOut, q.Most))
	}
	return nil
}

func row(r *system.Review) types.Object {
	return types.ObjectValueMust(reviewType.AttrTypes, map[string]attr.Value{
		"id": types.StringValue(r.ID), "key": value.Text(r.Key), "grant": value.Text(r.Grant), "url": value.Text(r.URL), "status": types.StringValue(string(r.Status)),
		"assignee": value.Text(r.Assignee), "due_at": value.Instant(r.DueAt), "answered_by": value.Text(r.AnsweredBy), "answered_at": value.Instant(r.AnsweredAt),
		"note": value.Text(r.Note),
	})
}

// usually is how far back cases that are not open are listed if nothing is stated.
const usually = 30 * 24 * time.Hour
