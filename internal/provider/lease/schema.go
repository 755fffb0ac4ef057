package lease

import (
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/grant"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// How long a lease lasts.
const (
	defaultTTL     = 15 * time.Minute
	defaultMaxTTL  = time.Hour
	shortestTTL    = time.Minute
	longestMaxTTL  = 24 * time.Hour
	unknownStatus  = "unknown"
	attributeGrant = "grant"
)

var leaseSchema = schema.Schema{
	MarkdownDescription: "A credential for the time of a run: a role of PostgreSQL that can log in for a few minutes, with a random name and a random password, or a dynamic secret of Vault. " +
		"It is opened only if the grant, decided again on live facts, asks for nothing worse than recertification. It is removed when the run no longer needs it; " +
		"if the run is killed, it ends by itself, and the next run removes it. Nothing of it is in the state or in the plan.\n\n" +
		"Requires Terraform 1.10 or OpenTofu 1.11.",
	Attributes: map[string]schema.Attribute{
		attributeGrant: schema.ObjectAttribute{
			Required: true, AttributeTypes: grant.AttributeTypes(),
			MarkdownDescription: "The grant that justifies the lease: pass the whole resource, `grant = custody_grant.<name>`.",
		},
		"target": schema.StringAttribute{
			Required: true, Validators: []validator.String{value.Stated()},
			MarkdownDescription: "The system that gives the lease: a name from the provider's `systems`, of the kind `postgresql` or `vault`.",
		},
		"grant_roles": schema.SetAttribute{
			Required: true, ElementType: types.StringType, Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(role())},
			MarkdownDescription: "The roles of the target that the lease has. Name roles with only the rights that the work needs; no lease of a superuser is given. In Vault, the one path of a dynamic secret, such as `[\"database/creds/reports\"]`.",
		},
		"act_as": schema.StringAttribute{
			Optional: true, Validators: []validator.String{role()},
			MarkdownDescription: "One of `grant_roles`. Sessions of the lease act as this role and with its rights only, and what they make belongs to it. A system with `functions` cannot set it. Without it, what a lease makes belongs to the lease, whose role is then kept, out of use.",
		},
		"ttl": schema.StringAttribute{
			Optional: true, Validators: []validator.String{value.Duration()},
			MarkdownDescription: "How long the lease lasts, at least `1m`. Default `15m`. While the run uses it, it is renewed. It never lasts longer than the grant's own credential.",
		},
		"max_ttl": schema.StringAttribute{
			Optional: true, Validators: []validator.String{value.Duration()},
			MarkdownDescription: "How long the lease lasts with all renewals, at most `24h`. Default `1h`, or `ttl` if that is longer.",
		},
		"enabled": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether a lease is opened. Default `true`. With `enabled = terraform.applying` plans open none, which suits write-only arguments; " +
				"a provider configuration needs the lease in plans as well.",
		},
		"strict": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Fail where no lease may be opened, with the reasons. Default `true`. With `strict = terraform.applying`, a plan in which the access is to be taken away goes on, without a lease.",
		},
		"active": schema.BoolAttribute{
			Computed: true, MarkdownDescription: "Whether the lease is open. `false` if it is not enabled.",
		},
		"status": schema.StringAttribute{
			Computed: true,
			MarkdownDescription: "The status that the grant would have on the facts of this moment: " + attribute.Words(lifecycle.Statuses()) + ". `" + unknownStatus +
				"` if a system did not answer and `on_unavailable` is `hold`. Null if the lease is not enabled.",
		},
		"because": schema.ListAttribute{
			Computed: true, ElementType: types.StringType, MarkdownDescription: "Why, in sentences, as `because` of the grant.",
		},
		"username":          computed("What logs in: the name of the role, or the user name that Vault gave. Null without a lease, as all that follows."),
		"password":          secret("The password: in PostgreSQL 43 letters, digits, `-` and `_`."),
		"expires_at":        computed("Until when the password is accepted, RFC 3339 in UTC, by the clock of the target. A renewal moves it later."),
		"host":              computed("The host of the target, as in its `dsn`. Null in Vault, which does not say where its secrets are used, as are the following."),
		"port":              schema.Int64Attribute{Computed: true, MarkdownDescription: "Its port."},
		"database":          computed("The database, as in the `dsn` of the target."),
		"connection_string": secret("A whole connection string, `postgres://…`, with the `sslmode` of custody's own connection and its `ca_file`."),
	},
}

func computed(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func secret(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: description}
}

func role() validator.String {
	return value.Checked("Invalid Role", fmt.Sprintf("the name of a role, of at most %d bytes, without control characters", system.LongestKey), func(s string) error {
		if key, ok := system.UsableKey(s); !ok || key != s {
			return fmt.Errorf("%q cannot name a role", system.Clean(s))
		}
		return nil
	})
}

// model is a custody_lease.
type model struct {
	Grant            types.Object `tfsdk:"grant"`
	Target           types.String `tfsdk:"target"`
	GrantRoles       types.Set    `tfsdk:"grant_roles"`
	ActAs            types.String `tfsdk:"act_as"`
	TTL              types.String `tfsdk:"ttl"`
	MaxTTL           types.String `tfsdk:"max_ttl"`
	Enabled          types.Bool   `tfsdk:"enabled"`
	Strict           types.Bool   `tfsdk:"strict"`
	Active           types.Bool   `tfsdk:"active"`
	Status           types.String `tfsdk:"status"`
	Because          types.List   `tfsdk:"because"`
	Username         types.String `tfsdk:"username"`
	Password         types.String `tfsdk:"password"`
	ExpiresAt        types.String `tfsdk:"expires_at"`
	Host             types.String `tfsdk:"host"`
	Port             types.Int64  `tfsdk:"port"`
	Database         types.String `tfsdk:"database"`
	ConnectionString types.String `tfsdk:"connection_string"`
}

// without leaves everything null that only a lease has.
func (m *model) without() {
	m.Active, m.Because = types.BoolValue(false), types.ListNull(types.StringType)
	m.Status, m.Username, m.Password, m.ExpiresAt = types.StringNull(), types.StringNull(), types.StringNull(), types.StringNull()
	m.Host, m.Port, m.Database, m.ConnectionString = types.StringNull(), types.Int64Null(), types.StringNull(), types.StringNull()
}

// show fills in where the lease can be used.
func (m *model) show(o *system.LeaseOrder, expires time.Time, a system.LeaseAddress) {
	m.Active, m.Username, m.Password, m.ExpiresAt = types.BoolValue(true), types.StringValue(o.Username), types.StringValue(o.Password), value.Instant(expires)
	m.Host, m.Database, m.ConnectionString = value.Text(a.Host), value.Text(a.Database), value.Text(a.URL)
	if a.Port != 0 {
		m.Port = types.Int64Value(int64(a.Port))
	}
}

// spans reads how long the lease lasts, each time and with all renewals.
func (m *model) spans(diags *diag.Diagnostics) (ttl, longest time.Duration) {
	ttl, longest = defaultTTL, defaultMaxTTL
	if !m.TTL.IsNull() {
		ttl, _ = policy.ParseDuration(m.TTL.ValueString()) // the schema has checked it
		longest = max(longest, ttl)
	}
	if !m.MaxTTL.IsNull() {
		longest, _ = policy.ParseDuration(m.MaxTTL.ValueString())
	}
	refuse := func(at, happened, advice string) {
		operation.Open.Report(diags, path.Root(at), &fault.Fault{Summary: "Invalid Duration", Happened: happened, Advice: advice})
	}
	switch {
	case ttl < shortestTTL:
		refuse("ttl", fmt.Sprintf("A lease of %s would end before it could be used.", policy.FormatDuration(ttl)), "Accepted: a duration of at least 1m, such as 15m.")
	case longest > longestMaxTTL:
		at := "max_ttl"
		if m.MaxTTL.IsNull() {
			at = "ttl"
		}
		refuse(at, fmt.Sprintf("%s is longer than a lease may last.", policy.FormatDuration(longest)), "Accepted: a duration of at most 24h, such as 1h.")
	case ttl > longest:
		refuse("ttl", fmt.Sprintf("ttl is %s, and longer than max_ttl, which is %s.", policy.FormatDuration(ttl), policy.FormatDuration(longest)), "Make ttl shorter, or max_ttl longer.")
	}
	return ttl, longest
}

// acting checks act_as.
func (m *model) acting(diags *diag.Diagnostics) {
	roles := value.TextsOf(m.GrantRoles.Elements())
	if m.ActAs.IsNull() || slices.Contains(roles, m.ActAs.ValueString()) {
		return
	}
	operation.Open.Report(diags, path.Root("act_as"), &fault.Fault{
		Summary: "Invalid Role", Happened: fmt.Sprintf("%q is not one of grant_roles.", m.ActAs.ValueString()), Advice: "Name one of grant_roles, or add it there.",
	})
}
