package provider

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	defaultShrink = 20
	noShrink      = 100 // percent that no list exceeds
)

var limitsAttribute = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "How much one plan may do. The count starts anew for each plan and for each configuration of this provider (an alias runs in its own process); " +
		"the summary of scheduled runs counts over the whole plan.",
	Attributes: map[string]schema.Attribute{
		"revocations": schema.Int64Attribute{
			Optional: true, Validators: []validator.Int64{int64validator.AtLeast(run.NoLimit)},
			MarkdownDescription: fmt.Sprintf("How many enabled credentials one plan may take away, whatever the reason: a decision, a date, the clock, a list that shrank, a grant that is destroyed. "+
				"A plan that would take away more fails and lists them. Accounts that a plan disables are counted apart, with the same limit. The end of an overlap, an expiry that the state announced, and `revoke_generations` are not counted. "+
				"0 allows none, and -1 allows all, which `terraform destroy` needs. Default: %d, or a fifth of the records that the systems list or of the credentials and assets that the run has seen, "+
				"whichever is smaller, and at least 3.", run.DefaultRevocations),
		},
		"rotations": schema.Int64Attribute{
			Optional: true, Validators: []validator.Int64{int64validator.AtLeast(run.NoLimit)},
			MarkdownDescription: fmt.Sprintf("How many credentials one plan may rotate with overlap; -1 for any number. Default %d.", run.DefaultRotations),
		},
		"shrink": shrinkAttribute, "confirmed": confirmedAttribute,
	},
}

var shrinkAttribute = schema.Int64Attribute{
	Optional: true, Validators: []validator.Int64{int64validator.Between(0, noShrink)},
	MarkdownDescription: fmt.Sprintf("By how many percent a list of assets or people may shrink from one run to the next. A list that lost more records, more than three of them, or all, "+
		"may be cut off: its system counts as unavailable until the number is `confirmed`. The register remembers the numbers, so this needs one. %d switches it off. Default %d.", noShrink, defaultShrink),
}

var confirmedAttribute = schema.MapAttribute{
	Optional: true, ElementType: types.Int64Type,
	MarkdownDescription: "Lists that may be as short as this: `\"<system>/assets\"` or `\"<system>/people\"` = the fewest records that they may have now. " +
		"What is confirmed is written into the ledger once, and can then be taken out.",
}

// count returns what judges the length of lists; nil without a register.
func (l *limits) count(r *record.Run, diags *diag.Diagnostics) inventory.Count {
	if r == nil {
		l.needRegister(diags)
		return nil
	}
	shrink := record.Shrink{Percent: defaultShrink, Confirmed: make(map[string]int64)}
	if l == nil {
		return r.Count(shrink)
	}
	if !l.Shrink.IsNull() {
		shrink.Percent = int(l.Shrink.ValueInt64())
	}
	for _, name := range slices.Sorted(maps.Keys(l.Confirmed.Elements())) {
		n, ok := l.Confirmed.Elements()[name].(types.Int64)
		of, list, _ := strings.Cut(name, "/")
		if of == "" || (list != string(system.CanReadAssets) && list != string(system.CanReadPeople)) || !ok || n.IsNull() || n.ValueInt64() < 0 {
			operation.Configure.Report(diags, path.Root("limits"), &fault.Fault{
				Summary:  "Invalid Confirmation",
				Happened: fmt.Sprintf("limits.confirmed: %q with %s does not say how many records a list may have.", name, l.Confirmed.Elements()[name]),
				Advice:   "Write the system and its list, and the fewest records that it may have: confirmed = { \"cmdb/assets\" = 120 }.",
			})
			return nil
		}
		shrink.Confirmed[name] = n.ValueInt64()
	}
	return r.Count(shrink)
}

// needRegister refuses limits that have no effect without a register.
func (l *limits) needRegister(diags *diag.Diagnostics) {
	if l == nil || (l.Shrink.IsNull() && l.Confirmed.IsNull()) {
		return
	}
	operation.Configure.Report(diags, path.Root("limits"), &fault.Fault{
		Kind: fault.ErrConfig, Summary: "Limit Needs a Register",
		Happened: "limits has shrink or confirmed, and there is no register: without one no run knows how many records a list had before.",
		Advice:   "Set register and workspace in the provider block, or take the limit out.",
	})
}
