package run

import (
	"context"
	"errors"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Targets are the systems of a run in which accounts can be switched.
type Targets struct {
	// Run is the context of the run; nil for one that never ends. It is set before the
	// first question.
	Run context.Context

	systems []system.System
	seen    memo.Memo[*system.Account]
}

// NewTargets returns the targets among the systems.
func NewTargets(systems []system.System) *Targets { return &Targets{systems: systems} }

// Find returns the target of a name. Its error is a fault of kind fault.ErrConfig.
func (t *Targets) Find(name string) (system.Accounts, error) {
	return find(t.systems, name, search[system.Accounts]{
		as: system.AsAccounts, summary: "Unable to Find Target", lacks: "The system %q is of the kind %s, in which custody switches no accounts.",
		none: "None of the configured systems holds accounts that custody can switch; the page of custody_account lists the kinds that do.",
	})
}

// Leases returns the system of the name that gives leases. Its error is a fault of kind
// fault.ErrConfig.
func (t *Targets) Leases(name string) (system.Leases, error) {
	return find(t.systems, name, search[system.Leases]{
		as: system.AsLeases, summary: "Unable to Find Target", lacks: "The system %q is of the kind %s, in which custody gives no leases.",
		none: "None of the configured systems gives leases; those of the kinds postgresql and vault do.",
	})
}

// Keeper returns the system of the name that keeps asset records. Its error is a fault of
// kind fault.ErrConfig.
func (t *Targets) Keeper(name string) (system.Keeper, error) {
	return find(t.systems, name, search[system.Keeper]{
		as: system.AsKeeper, summary: "Unable to Find System", lacks: "The system %q is of the kind %s, in which custody writes no asset records.",
		none: "None of the configured systems keeps asset records; give the provider a register, and a system of the kind register.",
	})
}

// Seen returns the account of a target as it was when it was first asked for in this
// run, so that all that is planned in one run rests on one answer. What is done rests
// on answers of its own.
func (t *Targets) Seen(ctx context.Context, target system.Accounts, subject string) (*system.Account, error) {
	ctx, end := t.Within(ctx)
	defer end()
	ref := lifecycle.Ref{System: target.Name(), ID: subject}
	a, err := t.seen.Get(ctx, ref.String(), func(ctx context.Context) (*system.Account, error) { return target.Account(ctx, subject) })
	return a, t.Interrupted(err)
}

// Within returns a context that ends with the run as well.
func (t *Targets) Within(ctx context.Context) (_ context.Context, end func()) {
	return within(ctx, t.Run)
}

// Interrupted says so of an error that comes from a run which has ended.
func (t *Targets) Interrupted(err error) error { return interrupted(t.Run, err) }

// within returns a context that ends with a run as well; nil is a run that never ends.
func within(ctx, run context.Context) (_ context.Context, end func()) {
	if run == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(memo.WithRun(ctx, run))
	stop := context.AfterFunc(run, cancel)
	if run.Err() != nil {
		cancel()
	}
	return ctx, func() { stop(); cancel() }
}

// interrupted says so of an error that comes from a run which has ended.
func interrupted(run context.Context, err error) error {
	if !errors.Is(err, context.Canceled) || run == nil || run.Err() == nil {
		return err
	}
	var known *fault.Fault
	if errors.As(err, &known) {
		return err
	}
	return &fault.Fault{
		Kind: context.Canceled, Summary: "Run Was Interrupted", Happened: "Terraform was interrupted, so the systems are not asked any more.",
		Advice: "Plan again.",
	}
}
