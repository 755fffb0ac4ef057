package grant

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/wire"
)

// The summaries of the grant's warnings. Terraform folds warnings of one text.
const (
	newGrantSummary = "New Grant Starts With Findings"
	clampedSummary  = "Lifetime Shortened to the Policy's Maximum"
)

// transition is what one run does to a grant, and what it rested on.
type transition struct {
	question lifecycle.Question
	binding  lifecycle.Binding
	prior    *lifecycle.Grant
	decision lifecycle.Decision
}

// decide reads the arguments and the memory, checks them against the instant of
// the run and decides. It returns nil if it has reported an error.
func (r *Resource) decide(m, priorModel *model, diags *diag.Diagnostics) *transition {
	b, q, err := wire.Binding(m.Binding)
	if err != nil {
		diags.AddAttributeError(path.Root("binding"), "Invalid Binding",
			fmt.Sprintf("This object was not written by a custody_binding: %s.\n\n"+
				"Nothing was issued and nothing was revoked.\n\n"+
				"Pass the whole resource: binding = custody_binding.<name>.", err))
		return nil
	}
	spec, problem := m.spec()
	if problem != nil {
		diags.AddAttributeError(problem.at, "Invalid Argument", wire.Located(problem.at, problem.Error()+".\n\nNothing was issued and nothing was revoked."))
		return nil
	}
	rules := []*lifecycle.Rules{r.run.Rules}
	if !m.Policy.IsNull() {
		own, err := r.run.GrantPolicy(m.Policy.ValueString())
		if err != nil {
			wire.ReportPolicy(diags, path.Root("policy"), err)
			return nil
		}
		rules = append(rules, own)
	}
	t := &transition{question: q, binding: b}
	if priorModel != nil {
		if t.prior, err = priorModel.memory(); err != nil {
			diags.AddError("Unable to Read Grant From State",
				fmt.Sprintf("The state of this grant cannot be read: %s.\n\nNothing was issued and nothing was revoked.\n\n"+
					"Restore the state, or start again at g1 with -replace.", err))
			return nil
		}
	}
	if !r.timely(spec, t.prior, rules, diags) {
		return nil
	}
	t.decision, err = lifecycle.Decide(lifecycle.Input{Binding: &t.binding, Spec: spec, Prior: t.prior, Policies: rules, Now: r.run.Now})
	if err != nil {
		diags.AddError("Unable to Evaluate Policy Condition",
			err.Error()+".\n\nNothing was issued and nothing was revoked.\n\nCorrect the condition in the policy.")
		return nil
	}
	return t
}

// byExceptionMax orders rules by the longest exception that they allow.
func byExceptionMax(a, b *lifecycle.Rules) int { return cmp.Compare(a.ExceptionMax, b.ExceptionMax) }

// timely checks what the schema cannot: instants against the instant of the run.
func (r *Resource) timely(spec *lifecycle.Spec, prior *lifecycle.Grant, rules []*lifecycle.Rules, diags *diag.Diagnostics) bool {
	now := r.run.Now
	if a := spec.Attestation; a != nil && a.At.After(now) {
		diags.AddAttributeError(path.Root("attestation").AtName("at"), "Attestation Lies in the Future",
			fmt.Sprintf("The attestation is dated %s, after the instant of this run, %s. Nobody can attest yet what will be justified then.\n\n"+
				"Nothing was issued and nothing was revoked.\n\nAccepted: an instant that has passed.", wire.Instant(a.At), wire.Instant(now)))
	}
	if x := spec.Exception; x != nil {
		limit := slices.MinFunc(rules, byExceptionMax)
		if x.ExpiresAt.After(now.Add(limit.ExceptionMax)) {
			diags.AddAttributeError(path.Root("exception").AtName("expires_at"), "Exception Is Too Long",
				fmt.Sprintf("The exception would last until %s. The %s allows an exception of at most %s, which is until %s for this run.\n\n"+
					"Nothing was issued and nothing was revoked.\n\nSet an earlier expires_at, and renew the exception when it ends.",
					wire.Instant(x.ExpiresAt), limit.Name, policy.FormatDuration(limit.ExceptionMax), wire.Instant(now.Add(limit.ExceptionMax))))
		}
	}
	if prior != nil && now.Before(prior.Latest()) {
		diags.AddError("Instant of the Run Precedes the State",
			fmt.Sprintf("This run is planned at %s, but the grant's state already holds %s. A decision at an earlier instant would rewrite what has happened.\n\n"+
				"Nothing was issued and nothing was revoked.\n\n"+
				"Set plan_time = plantimestamp() in the provider block, make a new plan, and check the clock of this machine.",
				wire.Instant(now), wire.Instant(prior.Latest())))
	}
	return !diags.HasError()
}

// braked reports whether the plan takes away more credentials than the limits
// allow, and says which.
func (r *Resource) braked(t *transition, diags *diag.Diagnostics) bool {
	taken := r.run.Brake.Take(t.decision.Grant.ID(), lifecycle.Numbers(t.decision.Withdrawn))
	if taken == nil {
		return false
	}
	diags.AddError("Too Many Revocations in One Plan",
		fmt.Sprintf("This plan takes away more credentials by block, revoke or rotation at once than limits.revocations = %d allows. So far:\n\n  %s\n\n"+
			"Nothing was issued and nothing was revoked.\n\n"+
			"If a system delivered wrong facts, correct them and plan again. If all of this is meant, raise limits.revocations in the provider block for this run.",
			r.run.Brake.Limit(), strings.Join(taken, "\n  ")))
	return true
}

// warn tells what a reviewer of a new grant would not see in a diff, and what
// was clamped.
func (t *transition) warn(diags *diag.Diagnostics) {
	g := &t.decision.Grant
	if len(t.decision.Clamped) > 0 {
		diags.AddAttributeWarning(path.Root(t.decision.Clamped[0]), clampedSummary,
			fmt.Sprintf("The policy allows less than this grant asks for in %s, so the policy's maximum holds.", strings.Join(t.decision.Clamped, ", ")))
	}
	if t.prior != nil || g.Action == lifecycle.Keep {
		return
	}
	given := "No credential is issued."
	if len(g.Generations) > 0 {
		given = "A credential is issued."
	}
	messages := make([]string, len(g.Reasons))
	for i, reason := range g.Reasons {
		messages[i] = reason.Code.String() + ": " + reason.Message
	}
	diags.AddAttributeWarning(path.Root("binding"), newGrantSummary,
		fmt.Sprintf("%s starts with status %s and action %s. %s\n\n%s", g.ID(), g.Status, g.Action, given, strings.Join(messages, "\n")))
}

// settled reports whether the plan holds the decision already, so that nothing
// need be written.
func (t *transition) settled(plan *model) bool {
	if t.prior == nil || plan.Status.IsUnknown() {
		return false
	}
	p, g := t.prior, &t.decision.Grant
	return p.ID() == g.ID() && p.Status == g.Status && p.Action == g.Action && p.Rotation == g.Rotation && p.Holder == g.Holder &&
		p.Serial == g.Serial && p.RevokedAt.Equal(g.RevokedAt) && p.CertifiedAt.Equal(g.CertifiedAt) && p.NextChangeAt.Equal(g.NextChangeAt) &&
		slices.Equal(p.Generations, g.Generations) && slices.Equal(p.Conditions, g.Conditions) &&
		slices.EqualFunc(p.Reasons, g.Reasons, func(a, b lifecycle.Reason) bool {
			return a.Code == b.Code && a.Message == b.Message && slices.Equal(a.Controls, b.Controls)
		})
}

// factsStand takes a last look at the facts before something is issued, renewed
// or re-enabled. A planned revocation was approved and needs none.
func (r *Resource) factsStand(ctx context.Context, t *transition, diags *diag.Diagnostics) bool {
	if !t.decision.Issues {
		return true
	}
	live, err := r.run.Assess(ctx, t.question)
	if err != nil {
		r.run.Report(diags, path.Root("binding"), err)
		return false
	}
	if live.Digest() == t.binding.Digest() {
		return true
	}
	changes := lifecycle.Differences(&t.binding, &live)
	diags.AddAttributeError(path.Root("binding"), "Facts Changed Since Plan",
		fmt.Sprintf("The facts about %s are no longer those that the plan rested on:\n\n  %s\n\n"+
			"Nothing was issued. What the plan removed stays removed.\n\nMake a new plan and have it reviewed.",
			t.question.Asset, strings.Join(changes, "\n  ")))
	return false
}
