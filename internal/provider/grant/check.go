package grant

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// trustSummary is the one text under which Terraform folds the warnings about
// approvers who are not checked.
const trustSummary = "Approvers Are Not Checked"

// checked checks what the schema cannot: instants against the instant of the run,
// the exception against the binding, and who speaks for the access.
func (r *Resource) checked(ctx context.Context, o operation.Operation, in *lifecycle.Input, diags *diag.Diagnostics) bool {
	if a := in.Spec.Attestation; a != nil && a.At.After(in.Now) {
		o.Report(diags, path.Root("attestation").AtName("at"), &fault.Fault{
			Summary: "Attestation Lies in the Future",
			Happened: fmt.Sprintf("The attestation is dated %s, after the instant of this run, %s. An attestation cannot be dated after the run.",
				value.Instant(a.At), value.Instant(in.Now)),
			Advice: "Accepted: an instant that has passed.",
		})
	}
	if u := in.Spec.Usage; u != nil && u.ObservedAt.After(in.Now) {
		o.Report(diags, path.Root("usage").AtName("observed_at"), &fault.Fault{
			Summary:  "Observation Lies in the Future",
			Happened: fmt.Sprintf("The use was observed at %s, after the instant of this run, %s.", value.Instant(u.ObservedAt), value.Instant(in.Now)),
			Advice:   "Accepted: an instant that has passed.",
		})
	}
	if in.Spec.Exception != nil {
		checkException(o, in, diags)
	}
	r.checkTasks(o, in, diags)
	if diags.HasError() {
		return false
	}
	return r.authorised(ctx, o, in, diags)
}

// checkException refuses an exception that names what cannot be excepted here, or
// that would begin longer than the policy allows. One that began within that and is
// moved later is cut at its limit instead: an error would stop the whole plan.
func checkException(o operation.Operation, in *lifecycle.Input, diags *diag.Diagnostics) {
	x, column := in.Spec.Exception, in.Binding.BoundTo
	if refused := x.Codes &^ lifecycle.Exceptable(column); refused != 0 {
		o.Report(diags, path.Root("exception").AtName("codes"), &fault.Fault{
			Summary: "Finding Cannot Be Excepted",
			Happened: fmt.Sprintf("The exception names %s. Where the access stands for a person, a waiver would leave one person's credential to another.",
				strings.Join(codeNames(refused), ", ")),
			Advice: "Accepted here: " + strings.Join(codeNames(lifecycle.Exceptable(column)), ", ") + ".",
		})
	}
	start, limit := lifecycle.ExceptionStart(*in)
	if start.Equal(in.Now) && x.ExpiresAt.After(limit) {
		shortest := slices.MinFunc(in.Policies, func(a, b *lifecycle.Rules) int {
			return cmp.Compare(a.ExceptionMax, b.ExceptionMax)
		})
		o.Report(diags, path.Root("exception").AtName("expires_at"), &fault.Fault{
			Summary: "Exception Is Too Long",
			Happened: fmt.Sprintf("The exception would last until %s. The %s allows an exception of at most %s, which is until %s for this run.",
				value.Instant(x.ExpiresAt), shortest.Name, policy.FormatDuration(shortest.ExceptionMax), value.Instant(limit)),
			Advice: "Set an earlier expires_at. exception_max counts from the first run that sees the exception.",
		})
	}
}

// authorised resolves the people whom the configuration names for the first time as
// approvers, and refuses those who may not say so. Who was accepted once stays so:
// that somebody leaves later undoes nothing that they said.
func (r *Resource) authorised(ctx context.Context, o operation.Operation, in *lifecycle.Input, diags *diag.Diagnostics) bool {
	keys := lifecycle.AuthorityKeys(in.Spec, in.Prior)
	if len(keys) == 0 {
		return true
	}
	authority := &r.run.Rules.Authority
	if authority.Trust {
		diags.AddWarning(trustSummary, "The policy says authority = \"trust\": who is named in attestation.by and exception.approved_by is believed, "+
			"also if no directory knows them or they speak for their own access. State in the policy who may, to have it checked.")
		return true
	}
	if a := in.Spec.Attestation; a != nil && slices.Contains(keys, a.By) {
		r.authorise(ctx, o, authority.Attest, a.By, path.Root("attestation").AtName("by"), in, diags)
	}
	if x := in.Spec.Exception; x != nil && slices.Contains(keys, x.ApprovedBy) {
		r.authorise(ctx, o, authority.Except, x.ApprovedBy, path.Root("exception").AtName("approved_by"), in, diags)
	}
	return !diags.HasError()
}

func (r *Resource) authorise(ctx context.Context, o operation.Operation, entries []lifecycle.Authorization, key string, at path.Path, in *lifecycle.Input, diags *diag.Diagnostics) {
	people, err := r.run.Facts.Resolve(ctx, key)
	if err != nil {
		r.run.Report(o, diags, run.Object{Type: "custody_grant", Name: in.Binding.Asset.String() + "#" + in.Spec.Access}, at, err)
		return
	}
	people = slices.Clone(people)
	for i := range people {
		people[i].Status = lifecycle.StatusAt(people[i], in.Now, 0) // whose end date has passed decides nothing
	}
	why := lifecycle.Permits(entries, lifecycle.Approver{Key: key, Matches: people}, in.Binding, lifecycle.AuthorityRisk(in.Spec, in.Prior))
	if why == "" {
		return
	}
	o.Report(diags, at, &fault.Fault{
		Summary:  "Approver Has No Authority",
		Happened: value.Located(at, fmt.Sprintf("%q %s.", key, why)),
		Advice: "Name a person who may decide on this access: " + whoMay(entries, in) + ". " +
			"The policy's authority says who may; authority = \"trust\" switches the check off.",
	})
}

// whoMay says in words whom the policy accepts.
func whoMay(entries []lifecycle.Authorization, in *lifecycle.Input) string {
	who := lifecycle.Authorized(entries, in.Binding, lifecycle.AuthorityRisk(in.Spec, in.Prior))
	if len(who) == 0 {
		return "the policy names no one for it"
	}
	named := make([]string, len(who))
	for i, w := range who {
		named[i] = w
		switch {
		case w == lifecycle.ByManager && in.Binding.Manager != "":
			named[i] += " (" + in.Binding.Manager + ")"
		case w == lifecycle.ByLifecycleOwner && in.Binding.LifecycleOwner != "":
			named[i] += " (" + in.Binding.LifecycleOwner + ")"
		case w == lifecycle.ByOwner && in.Binding.Holder != "":
			named[i] += " (" + in.Binding.Holder + ")"
		}
	}
	return strings.Join(named, ", ")
}

// braked reports whether the plan does more than the limits allow, and says what.
// Keys are counted by grant, so that two grants of one id would count as one: they
// are refused.
func (r *Resource) braked(ctx context.Context, e run.Effect, diags *diag.Diagnostics) bool {
	stop := r.run.Brake.Count(e)
	if stop == nil {
		return false
	}
	r.run.Stopped(ctx, stop)
	operation.Plan.Report(diags, path.Empty(), stop.Fault())
	return true
}
