package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/backstage"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/file"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/requesttracker"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/rest"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/scim"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/sql"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// connected is one entry of systems: exactly one kind.
type connected struct {
	Backstage      *backstageModel      `tfsdk:"backstage"`
	File           *fileModel           `tfsdk:"file"`
	LDAP           *ldapModel           `tfsdk:"ldap"`
	RequestTracker *requestTrackerModel `tfsdk:"request_tracker"`
	SCIM           *scimModel           `tfsdk:"scim"`
	SQL            *sqlModel            `tfsdk:"sql"`
	REST           types.Object         `tfsdk:"rest"`
	SnipeIT        types.Object         `tfsdk:"snipeit"`
	ServiceNow     types.Object         `tfsdk:"servicenow"`
	NetBox         types.Object         `tfsdk:"netbox"`
	GLPI           types.Object         `tfsdk:"glpi"`
	Jamf           types.Object         `tfsdk:"jamf"`
}

// candidate is a kind that an entry may be of.
type candidate struct {
	kind    string
	present bool
	open    func(name string) (system.System, error)
}

// candidates lists every kind. It is the only place that knows them all.
func (c *connected) candidates() []candidate {
	all := []candidate{
		{backstage.Kind, c.Backstage != nil, c.Backstage.open},
		{file.Kind, c.File != nil, c.File.open},
		{ldap.Kind, c.LDAP != nil, c.LDAP.open},
		{requesttracker.Kind, c.RequestTracker != nil, c.RequestTracker.open},
		{scim.Kind, c.SCIM != nil, c.SCIM.open},
		{sql.Kind, c.SQL != nil, c.SQL.open},
	}
	for kind, block := range map[string]types.Object{
		rest.Kind: c.REST, "snipeit": c.SnipeIT, "servicenow": c.ServiceNow, "netbox": c.NetBox, "glpi": c.GLPI, "jamf": c.Jamf,
	} {
		all = append(all, candidate{kind, !block.IsNull(), openDescribed(kind, block)})
	}
	slices.SortFunc(all, func(a, b candidate) int { return strings.Compare(a.kind, b.kind) })
	return all
}

// kindSchemas are the blocks of the kinds inside an entry of systems.
func kindSchemas() map[string]schema.Attribute {
	all := map[string]schema.Attribute{
		backstage.Kind:      backstageSchema(),
		file.Kind:           fileSchema,
		ldap.Kind:           ldapSchema,
		requesttracker.Kind: requestTrackerSchema,
		scim.Kind:           scimSchema,
		sql.Kind:            sqlSchema(),
		rest.Kind:           restSchema(),
	}
	for _, kind := range rest.Shipped() {
		all[kind] = shippedSchema(kind)
	}
	return all
}

// connect turns the provider's systems into systems, in the order of their
// names.
func connect(ctx context.Context, configured types.Map, diags *diag.Diagnostics) []system.System {
	var entries map[string]connected
	diags.Append(configured.ElementsAs(ctx, &entries, false)...)
	if diags.HasError() {
		return nil
	}
	var out []system.System
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		entry := entries[name]
		if s := entry.connect(name, diags); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// connect opens the one kind that the entry states. It returns nil if it has
// reported an error.
func (c *connected) connect(name string, diags *diag.Diagnostics) system.System {
	at := path.Root("systems").AtMapKey(name)
	all := c.candidates()
	stated := slices.DeleteFunc(slices.Clone(all), func(k candidate) bool { return !k.present })
	if len(stated) != 1 {
		reportKinds(diags, at, name, all, stated)
		return nil
	}
	s, err := stated[0].open(name)
	if err != nil {
		reportConfig(diags, at.AtName(stated[0].kind), err)
		return nil
	}
	return s
}

// reportKinds refuses a system that is of no kind, or of several.
func reportKinds(diags *diag.Diagnostics, at path.Path, name string, all, stated []candidate) {
	names := func(kinds []candidate) string {
		out := make([]string, len(kinds))
		for i, k := range kinds {
			out[i] = k.kind
		}
		return strings.Join(out, ", ")
	}
	summary, happened := "System Has No Kind", "says nothing of what it is"
	if len(stated) > 1 {
		summary, happened = "System Has Several Kinds", "says that it is several things: "+names(stated)
	}
	diags.AddAttributeError(at, summary,
		fmt.Sprintf("The system %q %s.\n\nNothing was issued and nothing was revoked.\n\nAccepted: exactly one kind of %s, such as file = { assets = \"assets.csv\" }.",
			name, happened, names(all)))
}

// secret returns a secret of a system: the configured one, else that of the
// environment variable CUSTODY_<SYSTEM>_<FIELD>.
func secret(configured types.String, name, field string) string {
	if !configured.IsNull() {
		return configured.ValueString()
	}
	return os.Getenv(httpclient.Variable(name, field))
}

// reportConfig puts what is wrong with a system's configuration at the
// attributes that hold it.
func reportConfig(diags *diag.Diagnostics, at path.Path, err error) {
	var problems *system.ConfigError
	if !errors.As(err, &problems) {
		diags.AddAttributeError(at, "Invalid System Configuration", err.Error())
		return
	}
	for _, p := range problems.Problems {
		where := at.AtName(p.Attribute)
		if p.Key != "" {
			where = where.AtMapKey(p.Key)
		}
		diags.AddAttributeError(where, "Invalid System Configuration", value.Located(where, p.Message+"\n\nNothing was issued and nothing was revoked."))
	}
}
