package grant

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/notice"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/binding"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// clampedSummary is the heading of a warning. Terraform folds warnings of one heading.
const clampedSummary = "Lifetime Shortened to the Policy's Maximum"

// transition is what one run does to a grant, and what it rested on.
type transition struct {
	question   lifecycle.Question
	binding    lifecycle.Binding
	before     *lifecycle.Grant // what the state says; nil for a grant that it does not hold
	was        types.String     // the facts in the state, as a binding writes them
	memory     *memory          // what the state remembers beside it; empty then
	prior      *lifecycle.Grant // what the decision rested on: before, or more than that from the register
	decision   lifecycle.Decision
	frameworks []string
	input      *lifecycle.Input
	asking     asking
	notices    []notice.Notice // that are due
	told       bool            // something is queued that tells others of the decision

	register string          // the register that the decision is recorded in; empty without one
	row      *register.Grant // what it holds of the grant; nil where it was not asked, or holds nothing
	tookUp   bool            // the state does not hold the grant, and the register does
}

// decide reads the arguments and the memory, checks them against the instant of
// the run and decides. It returns nil if it has reported an error.
func (r *Resource) decide(ctx context.Context, o operation.Operation, m, priorModel *model, diags *diag.Diagnostics) *transition {
	t := r.input(o, m, priorModel, diags)
	if t == nil {
		return nil
	}
	if in := t.input; !r.takeUp(ctx, o, in, t, diags) || !r.checked(ctx, o, in, diags) || !r.reach(t, o, diags) || !r.overtake(ctx, o, in, t, diags) {
		return nil
	}
	return t
}

// reach decides. It returns false if it has reported an error.
func (r *Resource) reach(t *transition, o operation.Operation, diags *diag.Diagnostics) bool {
	if err := r.decideOn(t); err != nil {
		o.Report(diags, path.Empty(), &fault.Fault{
			Summary: "Unable to Evaluate Policy Condition", Happened: err.Error() + ".", Advice: "Correct the condition in the policy.",
		})
		return false
	}
	return true
}

// decideOn decides on the input, and says what the decision asks of the review queue.
func (r *Resource) decideOn(t *transition) error {
	t.prior = t.input.Prior
	var err error
	if t.decision, err = lifecycle.Decide(*t.input); err != nil {
		return err
	}
	if err := r.foresee(t.input, t); err != nil {
		return err
	}
	queue := ""
	if r.run.Reviews != nil {
		queue = r.run.Reviews.Name()
	}
	t.asking = askFor(queue, t.memory.reviewCase(), &t.decision)
	return nil
}

// input gathers all that the decision depends on, before it is made. It returns nil if
// it has reported an error.
func (r *Resource) input(o operation.Operation, m, priorModel *model, diags *diag.Diagnostics) *transition {
	b, q, err := binding.FromFacts(m.facts().ValueString())
	if err != nil {
		o.Report(diags, path.Root("binding"), &fault.Fault{
			Summary:  "Invalid Binding",
			Happened: fmt.Sprintf("This object was not written by a custody_binding: %s.", err),
			Advice:   "Pass the whole resource: binding = custody_binding.<name>.",
		})
		return nil
	}
	spec, problem := m.spec()
	if problem != nil {
		o.Report(diags, problem.at, &fault.Fault{Summary: "Invalid Argument", Happened: value.Located(problem.at, problem.Error()+".")})
		return nil
	}
	rules := []*lifecycle.Rules{r.run.Rules}
	if !m.Policy.IsNull() {
		own, err := r.run.GrantPolicy(m.Policy.ValueString())
		if err != nil {
			o.ReportPolicy(diags, path.Root("policy"), err)
			return nil
		}
		rules = append(rules, own)
	}
	in := &lifecycle.Input{Binding: &b, Spec: spec, Policies: rules, Now: r.run.Now, MaxClockJump: r.run.MaxClockJump, Floating: !r.run.Fixed}
	t := &transition{question: q, binding: b, memory: &memory{}, frameworks: frameworks(rules), input: in}
	if priorModel == nil {
		return t
	}
	t.was = priorModel.facts()
	if t.before, t.memory, err = priorModel.prior(m.facts(), &b); err != nil {
		o.Report(diags, path.Empty(), &fault.Fault{
			Summary:  "Unable to Read Grant From State",
			Happened: fmt.Sprintf("The state of this grant cannot be read: %s.", err),
			Advice:   "Restore the state, or start again at g1 with -replace.",
		})
		return nil
	}
	in.Prior = t.before
	t.memory.reviewCase().answer(in)
	return t
}

// prior reads back what the grant remembers. The facts of a binding that is the present
// one are not read again.
func (m *model) prior(present types.String, read *lifecycle.Binding) (*lifecycle.Grant, *memory, error) {
	if read == nil || !m.facts().Equal(present) {
		b, _, err := binding.FromFacts(m.facts().ValueString())
		if err != nil {
			return nil, nil, err
		}
		read = &b
	}
	return m.recallAll(read.Asset)
}

// frameworks are the catalogues of controls that the policies choose; none where they
// choose none, and the usual ones hold.
func frameworks(policies []*lifecycle.Rules) []string { return policies[len(policies)-1].Frameworks }

// warn tells what was clamped.
func (t *transition) warn(diags *diag.Diagnostics) {
	t.warnOfAnswer(diags)
	t.warnOfStrays(diags)
	if len(t.decision.Clamped) > 0 {
		diags.AddAttributeWarning(path.Root(t.decision.Clamped[0]), clampedSummary,
			fmt.Sprintf("The policy allows less than this grant asks for in %s, so the policy's maximum holds.", strings.Join(t.decision.Clamped, ", ")))
	}
}

// startHeading is the heading under which the plan warns of a new grant.
func startHeading(g *lifecycle.Grant) string {
	starts := "New Grants Start "
	if g.Would != g.Status {
		starts = "New Grants Would Start "
	}
	switch g.Would {
	case lifecycle.StatusBlocked:
		return starts + "Blocked"
	case lifecycle.StatusReview:
		return starts + "in Review"
	case lifecycle.StatusActive:
		return starts + "With a Recertification Due"
	default:
		return starts + "Without Access"
	}
}

// started warns of a new grant with findings, which a reviewer would not see in a
// diff.
func (r *Resource) started(t *transition, diags *diag.Diagnostics) {
	g := &t.decision.Grant
	if t.prior != nil || g.Action == lifecycle.Keep {
		return
	}
	given := "No credential is issued."
	if len(g.Generations) > 0 {
		given = "A credential is issued."
	}
	if g.Would != g.Status {
		given += " The policy is only observed here; enforced, the status would be " + g.Would.String() + "."
	}
	heading := startHeading(g)
	text := fmt.Sprintf("%s starts with status %s. %s\n\n%s", g.ID(), g.Status, given,
		strings.Join(value.TextsOf(because(g, t.binding.Name).Elements()), "\n"))
	if before := r.run.Starts.Add(heading, g.ID()); len(before) > 0 {
		text += "\n\nSo do, before it in this plan: " + strings.Join(before, ", ") + "."
	}
	diags.AddAttributeWarning(path.Root("binding"), heading, text+"\n\nThe sentences of every new grant are in its because.")
}

// effect is what the brake counts of the decision.
func (t *transition) effect() run.Effect {
	g := &t.decision.Grant
	e := run.Effect{Grant: g.ID(), Withdrawn: lifecycle.Numbers(t.decision.Withdrawn)}
	if t.prior != nil {
		for i := range t.prior.Generations {
			if x := &t.prior.Generations[i]; x.Enabled {
				e.Enabled = append(e.Enabled, x.Key())
			}
		}
	}
	if t.decision.Rotated {
		e.Rotated = lifecycle.Key(g.Serial)
	}
	return e
}

// settled reports whether the plan holds the decision already, so that nothing
// need be written.
func (t *transition) settled(plan *model) bool {
	return t.prior != nil && !plan.Status.IsUnknown() && t.prior.Same(&t.decision.Grant) && t.asking.settled()
}

// factsStand takes a last look at the facts before something is issued, renewed
// or re-enabled. A planned revocation was approved and needs none.
func (r *Resource) factsStand(ctx context.Context, t *transition, diags *diag.Diagnostics) bool {
	if !t.decision.Issues {
		return true
	}
	live, err := r.run.Assess(ctx, t.question)
	if err != nil {
		r.run.Refused(ctx, operation.Apply, t.decision.Grant.ID(), err)
		r.run.Report(operation.Apply, diags, t.object(), path.Root("binding"), err)
		return false
	}
	if live.Digest() == t.binding.Digest() {
		return true
	}
	moved := &fault.Fault{
		Kind: fault.ErrChanged, Summary: "Facts Changed Since Plan",
		Happened: fmt.Sprintf("The facts about %s are no longer those that the plan rested on:\n\n  %s", t.question.Asset, t.differences(&live)),
		Advice:   "Make a new plan and have it reviewed.",
	}
	r.run.Refused(ctx, operation.Apply, t.decision.Grant.ID(), moved)
	operation.Apply.Report(diags, path.Root("binding"), moved)
	return false
}

// object names the grant in a message.
func (t *transition) object() run.Object {
	return run.Object{Type: "custody_grant", Name: t.decision.Grant.ID()}
}

func (t *transition) differences(live *lifecycle.Binding) string {
	return strings.Join(lifecycle.Differences(&t.binding, live), "\n  ")
}

// rests reports whether the grant, which the plan leaves as it is, rests on the facts
// of this run. A grant that Terraform does not plan again at apply would otherwise
// outlive its owner in silence where its binding is frozen: by ignore_changes, by a
// copy written by hand, or by an old output. The live facts decide nothing.
func (r *Resource) rests(ctx context.Context, t *transition, diags *diag.Diagnostics) bool {
	live, err := r.run.AssessPlanned(ctx, t.question)
	switch {
	case err != nil && r.run.HoldsOn(err):
		return true
	case err != nil:
		r.run.Report(operation.Plan, diags, t.object(), path.Root("binding"), err)
		return false
	}
	if live.Digest() == t.binding.Digest() {
		return true
	}
	if t.binding.Held {
		return true // the binding says itself that its facts are the last known ones
	}
	operation.Plan.Report(diags, path.Root("binding"), &fault.Fault{
		Summary: "Grant Rests on Old Facts",
		Happened: fmt.Sprintf("The binding of this grant is not what the connected systems say of %s in this run:\n\n  %s\n\n"+
			"The plan would leave the grant as it is, on facts that no longer hold.", t.question.Asset, t.differences(&live)),
		Advice: "Pass the whole resource, binding = custody_binding.<name>. Take binding, or all, out of ignore_changes in the grant's lifecycle block, " +
			"and pass no copy of a binding that was written by hand or kept in an output. " +
			"If the binding's own plan says that the systems changed while this run was going on, plan again.",
	})
	return false
}
