package asset

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// ListDataSource is custody_assets: the records of one system, filtered.
type ListDataSource struct{ run.DataSource }

var _ datasource.DataSourceWithConfigure = (*ListDataSource)(nil)

// NewListDataSource returns the data source custody_assets.
func NewListDataSource() datasource.DataSource {
	return &ListDataSource{run.DataSource{Name: "assets"}}
}

type listModel struct {
	System      types.String `tfsdk:"system"`
	Class       types.Set    `tfsdk:"class"`
	Owner       types.Set    `tfsdk:"owner"`
	State       types.Set    `tfsdk:"state"`
	Environment types.Set    `tfsdk:"environment"`
	Criticality types.Set    `tfsdk:"criticality"`
	IDs         types.List   `tfsdk:"ids"`
	Assets      types.Map    `tfsdk:"assets"`
}

func filter(what string, each ...validator.String) schema.SetAttribute {
	return schema.SetAttribute{
		Optional: true, ElementType: types.StringType,
		Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(append(each, value.Stated())...)},
		MarkdownDescription: "Only assets " + what + ". Default: all.",
	}
}

// Schema returns the data source's schema.
func (d *ListDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The records of an asset system, filtered and sorted by id. `assets` is a map that `for_each` takes. An id that the system holds more than once is listed once; fields in which its records disagree are null.",
		Attributes: map[string]schema.Attribute{
			"system":      schema.StringAttribute{Required: true, Validators: []validator.String{value.Stated()}, MarkdownDescription: "The system, a name from the provider's `systems`."},
			"class":       filter("of one of these classes; case is ignored"),
			"owner":       filter("that name one of these owners, by any key that a directory knows"),
			"state":       filter("in one of these lifecycle states", value.OneOf("State", lifecycle.States(), lifecycle.ParseState)),
			"environment": filter("in one of these environments; case is ignored"),
			"criticality": filter("of one of these criticalities; case is ignored"),
			"ids":         schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The ids of the assets, sorted."},
			"assets": schema.MapNestedAttribute{
				Computed: true, MarkdownDescription: "The assets by id.",
				NestedObject: schema.NestedAttributeObject{Attributes: listed.DataSource()},
			},
		},
	}
}

// Read reads the records from the run's snapshot.
func (d *ListDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m listModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	object := run.Object{Type: "custody_assets", Name: m.System.ValueString()}
	records, err := d.Run.Facts.Records(ctx, m.System.ValueString())
	if err != nil {
		d.Run.Report(operation.Read, &resp.Diagnostics, object, path.Root("system"), err)
		return
	}
	owners, err := d.Run.KeysOf(ctx, value.TextsOf(m.Owner.Elements()))
	if err != nil {
		d.Run.Report(operation.Read, &resp.Diagnostics, object, path.Root("owner"), err)
		return
	}
	element := types.ObjectType{AttrTypes: listed.Types()}
	ids, assets := []string{}, map[string]attr.Value{}
	for _, f := range grouped(m.System.ValueString(), records) {
		if !m.wants(f.Record, owners) {
			continue
		}
		values := make(map[string]attr.Value, len(listed))
		listed.Write(values, f)
		ids = append(ids, f.Asset.ID)
		assets[f.Asset.ID] = types.ObjectValueMust(element.AttrTypes, values)
	}
	m.IDs = value.Texts(ids)
	m.Assets = types.MapValueMust(element, assets)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// grouped joins the records of one id; records are sorted by id.
func grouped(system string, records []lifecycle.Record) []*found {
	var out []*found
	for i := 0; i < len(records); {
		j := i + 1
		for j < len(records) && records[j].ID == records[i].ID {
			j++
		}
		out = append(out, find(lifecycle.Ref{System: system, ID: records[i].ID}, records[i:j]))
		i = j
	}
	return out
}

func (m *listModel) wants(r lifecycle.Record, owners []string) bool {
	return among(m.Class, r.Class) && among(m.State, r.State.String()) && among(m.Environment, r.Environment) && among(m.Criticality, r.Criticality) &&
		(m.Owner.IsNull() || slices.ContainsFunc(r.Owners, func(key string) bool { return containsFold(owners, key) }))
}

func among(set types.Set, word string) bool {
	return set.IsNull() || containsFold(value.TextsOf(set.Elements()), word)
}

func containsFold(list []string, word string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return s != "" && strings.EqualFold(s, word) })
}
