package grant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/binding"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/tell"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// errMoved says that the register no longer holds what the decision rests on.
var errMoved = &fault.Fault{
	Kind: fault.ErrChanged, Summary: "Register Changed Since Plan", Happened: "What the register holds of this grant is no longer what the plan rested on: another run has changed it.",
	Advice: "Make a new plan and have it reviewed.",
}

// recorded reports whether the register of the run holds the grant as the state says
// it. It does too where nothing is known of the register: a plan that changes nothing
// does not need it.
func (r *Resource) recorded(ctx context.Context, t *transition) bool {
	if r.run.Register == nil {
		return true
	}
	id := r.run.Register.ID(ctx)
	return id == "" || t.memory.Register == id
}

// recordable reports whether the decision can be recorded. If it could not, the apply
// would issue nothing, so the plan says it.
func (r *Resource) recordable(ctx context.Context, o operation.Operation, t *transition, diags *diag.Diagnostics) bool {
	if err := r.run.Register.Ready(ctx); err != nil {
		if o == operation.Apply {
			err = unissued(err)
		}
		r.run.Report(o, diags, t.object(), path.Root("access"), err)
		return false
	}
	t.register = r.run.Register.ID(ctx)
	return true
}

// takeUp lets the decision rest on what the register holds of a grant that the state
// does not: it was removed, renamed or replaced, or its state was lost. It returns
// false if it has reported an error.
func (r *Resource) takeUp(ctx context.Context, o operation.Operation, in *lifecycle.Input, t *transition, diags *diag.Diagnostics) bool {
	id := in.Binding.Asset.String() + "#" + in.Spec.Access
	if r.run.Register == nil || in.Prior != nil && in.Prior.ID() == id {
		return true
	}
	row, found, err := r.run.Register.Grant(ctx, id)
	if err == nil && found {
		t.row = &row
		if in.Prior == nil {
			in.Prior, t.memory.Case, err = recallRow(&row, in.Binding.Asset, in.Spec.Access)
			t.memory.reviewCase().answer(in)
			// A run after a long time is no sign of a wrong clock here, as it is not for a
			// grant that was never issued.
			t.tookUp, in.MaxClockJump = true, 0
		} else {
			in.Prior = overtaken(in.Prior, &row, true)
		}
	}
	if err != nil {
		r.run.Report(o, diags, run.Object{Type: "custody_grant", Name: id}, path.Root("access"), err)
		return false
	}
	return true
}

// overtake compares a grant that changes with what the register holds of it. One that
// another workspace manages is an error. A serial that the register knows to be higher
// is what the decision rests on: the state is an older copy. It returns false if it has
// reported an error.
func (r *Resource) overtake(ctx context.Context, o operation.Operation, in *lifecycle.Input, t *transition, diags *diag.Diagnostics) bool {
	recorded := r.recorded(ctx, t)
	if r.run.Register == nil || t.row != nil || t.before == nil || recorded && t.prior.Same(&t.decision.Grant) {
		return true
	}
	row, found, err := r.run.Register.Grant(ctx, in.Prior.ID())
	if err != nil {
		r.run.Report(o, diags, run.Object{Type: "custody_grant", Name: in.Prior.ID()}, path.Root("access"), err)
		return false
	}
	if found {
		t.row = &row
	}
	if !found || int(row.Serial) <= in.Prior.Serial {
		return true
	}
	in.Prior = overtaken(in.Prior, &row, recorded)
	return r.reach(t, o, diags)
}

// overtaken returns a grant with the serial that the register holds, if that is
// higher, and with its latch if that is to be believed.
func overtaken(prior *lifecycle.Grant, row *register.Grant, latch bool) *lifecycle.Grant {
	g := *prior
	g.Serial = max(g.Serial, int(row.Serial))
	if !latch || !row.Latched || !g.RevokedAt.IsZero() {
		return &g
	}
	if there, _, err := recallRow(row, g.Asset, g.Access); err == nil {
		g.RevokedAt, g.Memory.RevokedFor = there.RevokedAt, there.Memory.RevokedFor
	}
	return &g
}

// rowMemory is what the register holds of a grant beside its columns.
type rowMemory struct {
	Holder string  `json:"holder,omitempty"`
	Status string  `json:"status"`
	Would  string  `json:"would"`
	Memory *memory `json:"memory"`
}

// rowOf returns what the register is to hold of a grant.
func rowOf(g *lifecycle.Grant, t *transition, instance string) register.Grant {
	return register.Grant{
		ID: g.ID(), Instance: instance, Serial: int64(g.Serial), Latched: !g.RevokedAt.IsZero(),
		Memory: value.JSON(rowMemory{Holder: g.Holder, Status: g.Status.String(), Would: g.Would.String(), Memory: t.memorise(g)}),
	}
}

// recallRow returns the grant that the register holds, without its generations: they
// are gone, or no state knows them. The case is the one that was open when it was recorded;
// nil if there was none.
func recallRow(row *register.Grant, asset lifecycle.Ref, access string) (*lifecycle.Grant, *reviewCase, error) {
	g := &lifecycle.Grant{Asset: asset, Access: access, Serial: int(row.Serial)}
	var m rowMemory
	err := json.Unmarshal([]byte(row.Memory), &m)
	if err == nil && m.Memory != nil {
		err = m.Memory.recall(g)
		g.Holder = m.Holder
		if g.Status, err = orParse(err, m.Status, lifecycle.ParseStatus); err == nil {
			g.Would, err = lifecycle.ParseStatus(m.Would)
		}
	}
	if err != nil {
		return nil, nil, &fault.Fault{
			Summary: "Unable to Read Grant From Register", Happened: fmt.Sprintf("What the register holds of the grant %q cannot be read: %s.", row.ID, err),
			Advice: "It was edited, or written by another version of the provider. Restore the register, or upgrade the provider.",
		}
	}
	g.Serial = int(row.Serial)
	if m.Memory == nil || m.Memory.Case == nil {
		return g, nil, nil
	}
	return g, m.Memory.Case.recalled(), nil
}

func orParse[T any](err error, text string, parse func(string) (T, error)) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return parse(text)
}

// warnRegister says what the plan does because of the register. settled says that the
// decision changes nothing.
func (t *transition) warnRegister(settled bool, diags *diag.Diagnostics) {
	t.warnTakenUp(diags)
	t.warnOvertaken(diags)
	if settled {
		t.warnUnrecorded(diags)
	}
}

// warnTakenUp says what a grant that the state does not hold takes up from the register.
func (t *transition) warnTakenUp(diags *diag.Diagnostics) {
	if !t.tookUp {
		return
	}
	was := "It is there, but this state does not hold it: it is replaced, or its state was lost."
	if at := t.row.RemovedAt; !at.IsZero() {
		was = "It was removed at " + value.Stamp(at) + "."
	}
	text := fmt.Sprintf("The register knows %s already. %s It goes on with what it remembers: its last key was %s.", t.row.ID, was, lifecycle.Key(int(t.row.Serial)))
	if t.row.Serial == 0 {
		text = fmt.Sprintf("The register knows %s already. %s It goes on with what it remembers; no key was ever issued.", t.row.ID, was)
	}
	if t.row.Latched {
		text += " It is revoked, and stays so until that is released, as for any other revoked grant."
	}
	diags.AddAttributeWarning(path.Root("access"), "Grant Goes On From the Register", text)
}

// warnOvertaken says why a key is left out. If another run issues it between the plan and
// the apply, Terraform plans this grant anew, finds another key than it had planned, and
// takes that for a defect of the provider: the warning is shown with its error.
func (t *transition) warnOvertaken(diags *diag.Diagnostics) {
	if t.tookUp || t.before == nil || t.row == nil || int(t.row.Serial) <= t.before.Serial {
		return
	}
	last := lifecycle.Key(int(t.row.Serial))
	diags.AddAttributeWarning(path.Root("access"), "State Is Older Than the Register", fmt.Sprintf(
		"The last key of %s in the register is %s, recorded at %s, and in this state it is %s: another run has issued %s, or this state is an older copy. "+
			"No key is used twice, so a new one comes after it.\n\nIf Terraform says here that the provider produced an inconsistent final plan, the other run did so while this one was going on: "+
			"nothing was issued. Wait until the other run has ended, and make a new plan.",
		t.row.ID, last, value.Stamp(t.row.UpdatedAt), lifecycle.Key(t.before.Serial), last))
}

// warnUnrecorded says why an unchanged grant is in the plan.
func (t *transition) warnUnrecorded(diags *diag.Diagnostics) {
	diags.AddAttributeWarning(path.Root("access"), "Grant Will Be Recorded",
		"The register does not hold what this state says of "+t.decision.Grant.ID()+", so the apply records it. Nothing else changes because of that.")
}

// asPlanned reports whether the decision gives the generations that were planned. It
// may not where the register has changed in between.
func (t *transition) asPlanned(plan *model) bool {
	if t.register == "" || plan.Generations.IsUnknown() {
		return true
	}
	now := generations(t.decision.Grant.Generations).Elements()
	return slices.Equal(slices.Sorted(maps.Keys(now)), slices.Sorted(maps.Keys(plan.Generations.Elements())))
}

// record writes the decision into the register, together with the event that says it.
// A grant without an instance is claimed first. The error says what follows.
func (r *Resource) record(ctx context.Context, t *transition, instance string, claim bool) error {
	if t.register == "" {
		return nil
	}
	g, was := &t.decision.Grant, r.facts(t.was)
	return r.run.Register.Write(ctx, func(tx *register.Tx) error {
		renamed := t.before != nil && t.before.ID() != g.ID()
		if claim || renamed {
			if err := r.claim(tx, t, instance); err != nil {
				return err
			}
		}
		if renamed {
			if _, err := tx.RemoveGrant(t.before.ID(), instance); err != nil {
				return err
			}
			if _, err := tx.RemoveBinding(t.before.Asset.String()); err != nil {
				return err
			}
		}
		if err := tx.SaveGrant(rowOf(g, t, instance)); err != nil {
			return err
		}
		// A text in the text, because the register takes no fractions.
		rests := register.Binding{Asset: g.Asset.String(), Digest: t.binding.Digest(), Facts: value.JSON(binding.Facts(&t.binding, &t.question))}
		if err := tx.SaveBinding(rests); err != nil {
			return err
		}
		if _, err := tx.Append(register.Draft{Kind: kindDecided, Subject: g.ID(), Body: t.event(g)}); err != nil {
			return err
		}
		var err error
		t.told, err = r.run.Tell.OnGrant(tx, tell.Change{Before: t.before, After: g, Was: was, Is: &t.binding})
		return err
	})
}

// facts returns the facts of a state, for what others are told of their change; nil if
// nobody is told, or if there are none.
func (r *Resource) facts(text types.String) *lifecycle.Binding {
	if r.run.Tell == nil || text.IsNull() {
		return nil
	}
	b, _, err := binding.FromFacts(text.ValueString())
	if err != nil {
		return nil // the decision has read them, or rests on others
	}
	return &b
}

// claim makes the grant this instance's, if the register still holds what the decision
// rests on.
func (r *Resource) claim(tx *register.Tx, t *transition, instance string) error {
	row, how, err := r.run.Register.Claim(tx, t.decision.Grant.ID(), instance)
	switch {
	case err != nil, how == register.ClaimedNew, how == register.ClaimedOwn:
		return err
	case t.row == nil && row.Serial > 0, t.row != nil && (row.Serial != t.row.Serial || row.Memory != t.row.Memory):
		return errMoved
	}
	return nil
}

// forget records that a grant is removed, and leaves behind what it remembers. It reports
// whether others are to be told.
func (r *Resource) forget(ctx context.Context, m *model, instance string) (told bool, err error) {
	g, mem, err := m.prior(m.facts(), nil)
	id := m.ID.ValueString()
	claim := err == nil && (instance == "" || mem.Register != r.run.Register.ID(ctx))
	if instance == "" {
		instance = record.NewInstance()
	}
	write := func(claim bool) error {
		return r.run.Register.Write(ctx, func(tx *register.Tx) error {
			body := "{}"
			if g != nil {
				body = removal(g)
				if claim {
					row, _, err := r.run.Register.Claim(tx, id, instance)
					if err != nil {
						return err
					}
					kept := rowOf(g, &transition{frameworks: mem.Frameworks, asking: asking{is: mem.reviewCase().over()}}, instance)
					kept.Serial = max(kept.Serial, row.Serial)
					if err := tx.SaveGrant(kept); err != nil {
						return err
					}
				}
			}
			if _, err := tx.RemoveGrant(id, instance); err != nil {
				return err
			}
			if g != nil {
				if _, err := tx.RemoveBinding(g.Asset.String()); err != nil {
					return err
				}
			}
			if _, err := tx.Append(register.Draft{Kind: kindRemoved, Subject: id, Body: body}); err != nil {
				return err
			}
			var err error
			told, err = r.run.Tell.OnGrant(tx, tell.Change{Before: g})
			return err
		})
	}
	err = write(claim)
	if errors.Is(err, register.ErrDuplicate) {
		err = write(false) // another resource has it, and goes on with it
	}
	return told, err
}
