package grant

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// AttributeTypes are the types of the attributes of a custody_grant, for objects that
// take a whole one.
func AttributeTypes() map[string]attr.Type {
	out := make(map[string]attr.Type, len(grantSchema.Attributes))
	for name, a := range grantSchema.Attributes {
		out[name] = a.GetType()
	}
	return out
}

// Standing is what becomes of a grant on the facts of this moment, by its own
// arguments, policy and memory, at the instant of the run.
type Standing struct {
	ID string
	// Active reports whether a credential that the grant has enabled stays enabled.
	Active bool
	// Given reports whether the decision is at most recertify, or only observed, so
	// that something new may be given.
	Given bool
	// Status is the status that the grant would have; empty where the facts are not
	// known.
	Status string
	// Would is the status that the policy would give, where it is only observed.
	Would string
	// Because says why, sentence by sentence.
	Because []string
	// Holder is who the access is for, and Enabled the keys of the generations that
	// stay enabled.
	Holder  string
	Enabled []string
	// ExpiresAt is the latest end of these generations; zero if one of them has none.
	ExpiresAt time.Time
	// Moved says in what the facts differ from those that the grant was decided on.
	Moved []string
}

// Stand decides a whole custody_grant again on live facts. It writes nothing, and
// counts nothing. It returns nil if it has reported an error, at the given path. Facts
// that are not known are an error, or, where the provider says to hold, a standing that
// is not active.
func Stand(ctx context.Context, current *run.Run, passed types.Object, at path.Path, diags *diag.Diagnostics) *Standing {
	m := &model{}
	if problems := passed.As(ctx, m, basetypes.ObjectAsOptions{}); problems.HasError() || m.ID.IsNull() || m.Binding.IsNull() {
		operation.Open.Report(diags, at, &fault.Fault{
			Summary:  "Invalid Grant",
			Happened: "This object was not written by a custody_grant.",
			Advice:   "Pass the whole resource: grant = custody_grant.<name>.",
		})
		return nil
	}
	var found diag.Diagnostics
	s := (&Resource{run: current}).stand(ctx, m, at, &found)
	// What is wrong with the grant stands inside the one argument.
	for _, d := range found {
		switch d.Severity() {
		case diag.SeverityError:
			diags.AddAttributeError(at, d.Summary(), d.Detail())
		default:
			diags.AddAttributeWarning(at, d.Summary(), d.Detail())
		}
	}
	if found.HasError() {
		return nil
	}
	return s
}

func (r *Resource) stand(ctx context.Context, m *model, at path.Path, diags *diag.Diagnostics) *Standing {
	t := r.input(operation.Open, m, m, diags)
	if t == nil {
		return nil
	}
	in, q := t.input, t.question
	live, err := r.run.Assess(ctx, q)
	switch {
	case err != nil && r.run.HoldsOn(err):
		operation.Open.Warn(diags, at, "Facts Unavailable, Access Not Confirmed", err)
		return &Standing{
			ID: in.Prior.ID(), Holder: in.Prior.Holder,
			Because: []string{"The facts about " + q.Asset.String() + " are not known: a system did not answer. The access is not confirmed on facts that are not known."},
		}
	case err != nil:
		r.run.Report(operation.Open, diags, run.Object{Type: "custody_grant", Name: in.Prior.ID()}, at, err)
		return nil
	}
	decidedOn := in.Binding
	in.Binding = &live
	if !r.checked(ctx, operation.Open, in, diags) {
		return nil
	}
	d, err := lifecycle.Decide(*in)
	if err != nil {
		operation.Open.Report(diags, at, &fault.Fault{
			Summary: "Unable to Evaluate Policy Condition", Happened: err.Error() + ".", Advice: "Correct the condition in the policy.",
		})
		return nil
	}
	s := standing(in.Prior, &d.Grant, r.run.Now)
	s.Because = value.TextsOf(because(&d.Grant, live.Name).Elements())
	if live.Digest() != decidedOn.Digest() {
		s.Moved = lifecycle.Differences(decidedOn, &live)
	}
	if !s.Active && d.Grant.Active() {
		s.Because = append(s.Because, "The next apply replaces the credential of "+s.ID+"; the present one is not confirmed.")
	}
	return s
}

// standing compares what a grant has given with what the decision leaves of it.
func standing(prior, decided *lifecycle.Grant, now time.Time) *Standing {
	s := &Standing{ID: decided.ID(), Status: decided.Status.String(), Holder: decided.Holder}
	s.Given = decided.Observed || decided.Would == lifecycle.StatusActive
	if decided.Would != decided.Status {
		s.Would = decided.Would.String()
	}
	endless := false
	for i := range prior.Generations {
		g := &prior.Generations[i]
		if !g.Enabled || g.Ended(now) {
			continue
		}
		for k := range decided.Generations {
			kept := &decided.Generations[k]
			if kept.Number != g.Number || !kept.Enabled {
				continue
			}
			s.Enabled = append(s.Enabled, kept.Key())
			endless = endless || kept.ExpiresAt.IsZero()
			if kept.ExpiresAt.After(s.ExpiresAt) {
				s.ExpiresAt = kept.ExpiresAt
			}
		}
	}
	if endless {
		s.ExpiresAt = time.Time{}
	}
	s.Active = len(s.Enabled) > 0
	return s
}

// Refusal says that the access is not confirmed, and why.
func (s *Standing) Refusal(summary, advice string) *fault.Fault {
	happened := fmt.Sprintf("On the facts of this moment, the access %s is not to be used", s.ID)
	if s.Status != "" {
		happened += fmt.Sprintf(": its status would be %s", s.Status)
	}
	happened += "."
	if len(s.Moved) > 0 {
		happened += " The facts have changed since the grant was decided:\n\n  " + strings.Join(s.Moved, "\n  ")
	}
	return &fault.Fault{Kind: fault.ErrChanged, Summary: summary, Happened: happened, Items: s.Because, Advice: advice}
}
