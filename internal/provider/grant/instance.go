package grant

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

// private is what Terraform keeps of a resource without showing it.
type private interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// instanceKey is where the instance is kept: what tells this resource apart from
// another one of the same id in the register.
const instanceKey = "instance"

// instanceIn returns the instance of a resource; empty if the register never held it.
func instanceIn(ctx context.Context, p private) string {
	text, _ := p.GetKey(ctx, instanceKey)
	var instance string
	if json.Unmarshal(text, &instance) != nil {
		return ""
	}
	return instance
}

func setInstance(ctx context.Context, p private, instance string) diag.Diagnostics {
	text, err := json.Marshal(instance)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to Keep Instance", err.Error())}
	}
	return p.SetKey(ctx, instanceKey, text)
}

// object names the grant in messages.
func (m *model) object() run.Object {
	return run.Object{Type: "custody_grant", Name: m.ID.ValueString()}
}

// enter records the first decision on a grant of this state. Without that, nothing is
// issued.
func (r *Resource) enter(ctx context.Context, t *transition, plan *model, p private, diags *diag.Diagnostics) bool {
	if !r.recordable(ctx, operation.Apply, t, diags) || !r.planned(ctx, t, plan, diags) {
		return false
	}
	if t.register == "" {
		return true
	}
	instance := record.NewInstance()
	if err := r.record(ctx, t, instance, true); err != nil {
		operation.Apply.Report(diags, path.Root("access"), unissued(err))
		return false
	}
	diags.Append(setInstance(ctx, p, instance)...)
	return !diags.HasError()
}

// follow records a later decision. One that issues something is not carried out
// without that. One that only takes away is, because what it takes away is gone
// already: it is recorded by the next run, and the latch must not be lost.
func (r *Resource) follow(ctx context.Context, t *transition, plan *model, p private, diags *diag.Diagnostics) bool {
	var found diag.Diagnostics
	ok := r.recordable(ctx, operation.Apply, t, &found) && r.planned(ctx, t, plan, &found)
	if ok && t.register != "" {
		instance := instanceIn(ctx, p)
		claim := instance == "" || t.memory.Register != t.register
		if instance == "" {
			instance = record.NewInstance()
		}
		if err := r.record(ctx, t, instance, claim); err != nil {
			operation.Apply.Report(&found, path.Root("access"), unissued(err))
			ok = false
		} else {
			found.Append(setInstance(ctx, p, instance)...)
		}
	}
	diags.Append(found...)
	if !ok && !t.decision.Issues {
		t.register = ""
		return true
	}
	return ok
}

// planned reports whether the decision gives the generations that the plan shows.
func (r *Resource) planned(ctx context.Context, t *transition, plan *model, diags *diag.Diagnostics) bool {
	if t.asPlanned(plan) {
		return true
	}
	r.run.Refused(ctx, operation.Apply, t.decision.Grant.ID(), errMoved)
	operation.Apply.Report(diags, path.Root("access"), errMoved)
	return false
}

// unissued says of a decision that was not recorded what follows.
func unissued(err error) error {
	return meaning(err, "Nothing was issued: what cannot be recorded is not done. What the plan removed stays removed.")
}

// removalUnrecorded says of a removal that was not recorded what follows.
func removalUnrecorded(err error) error {
	return meaning(err, "The grant stays in the state until its removal can be recorded. What the plan removed stays removed.")
}

// meaning returns a fault with another consequence.
func meaning(err error, consequence string) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err
	}
	said := *f
	said.Consequence = consequence
	return &said
}
