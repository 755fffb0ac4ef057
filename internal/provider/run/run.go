// Package run holds what one configured provider process shares between its
// resources: the instant, the policy, the facts and the brake.
package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/tell"
)

// Run is one configured provider process.
type Run struct {
	// Now is the instant of the run.
	Now time.Time
	// Clock is what the machine's clock shows, for what happens in real time only.
	Clock clock.Clock
	// Fixed reports whether plan_time set the instant, so that it is the same at
	// plan and apply and the plan can show instants.
	Fixed bool
	// Hold reports whether the last known facts are kept when a system is
	// unavailable.
	Hold bool
	// Rules is the provider's policy.
	Rules *lifecycle.Rules
	// Facts are the connected systems.
	Facts *inventory.Inventory
	// Register is what the run records in; nil without one.
	Register *record.Run
	// Tell tells people and other systems of what the run does; nil if nobody is told.
	Tell *tell.Teller
	// Targets are the systems in which accounts can be switched.
	Targets *Targets
	// Reviews is the queue in which people are asked; nil if there is none.
	Reviews *Reviews
	// MaxClockJump is how long after every instant of a grant a run may take place
	// before nothing is issued on the grant.
	MaxClockJump time.Duration
	// Brake limits how much access one plan may take away.
	Brake *Brake
	// Starts are the new grants that start with findings.
	Starts Starts

	mu       sync.Mutex
	policies map[string]compiled
	reported map[string]Object // at which object a fault was reported in full
	refused  map[string]bool   // of what an event was left
}

type compiled struct {
	rules *lifecycle.Rules
	err   error
}

// Assess reads live facts and assesses them under the provider's policy. Its
// error is a *fault.Fault.
func (r *Run) Assess(ctx context.Context, q lifecycle.Question) (lifecycle.Binding, error) {
	return r.assess(ctx, q, r.Facts.Facts)
}

// AssessPlanned is Assess on the facts that hold once the plan is carried out. Its error
// is inventory.ErrNotKnownYet if they are known after apply only.
func (r *Run) AssessPlanned(ctx context.Context, q lifecycle.Question) (lifecycle.Binding, error) {
	return r.assess(ctx, q, r.Facts.PlannedFacts)
}

func (r *Run) assess(ctx context.Context, q lifecycle.Question,
	collect func(context.Context, lifecycle.Question, *lifecycle.Rules) (lifecycle.Facts, error)) (lifecycle.Binding, error) {
	facts, err := collect(ctx, q, r.Rules)
	if err != nil {
		return lifecycle.Binding{}, err
	}
	if r.Brake != nil {
		r.Brake.Assessed(q.Asset)
	}
	return lifecycle.Assess(q, r.Rules, facts, r.Now), nil
}

// HoldsOn reports whether the error is one on which the last known facts are
// kept: a system did not answer, and the configuration says to hold.
func (r *Run) HoldsOn(err error) bool {
	return r.Hold && errors.Is(err, fault.ErrUnavailable)
}

// GrantPolicy compiles a grant's own policy document, once for all grants that
// share it.
func (r *Run) GrantPolicy(document string) (*lifecycle.Rules, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.policies[document]; ok {
		return c.rules, c.err
	}
	var c compiled
	if c.rules, c.err = policy.Load([]byte(document), "grant policy"); c.err == nil {
		c.rules = policy.GrantRules(r.Rules, c.rules)
	}
	if r.policies == nil {
		r.policies = make(map[string]compiled)
	}
	r.policies[document] = c
	return c.rules, c.err
}
