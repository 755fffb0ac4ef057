package grant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The summaries of warnings are fixed, so that Terraform folds them.
const (
	unaskedSummary     = "Reviewer Was Not Asked"
	unwithdrawnSummary = "Review Was Not Withdrawn"
	foundSummary       = "Interrupted Act Was Found"
)

// The names of steps. The step that gives a case to somebody has their keys and the due
// date behind its name.
const (
	stepOpen     = "open"
	stepOne      = "withdraw duplicates"
	stepWithdraw = "withdraw"
	stepGive     = "give to "
	orKey        = " or "
	dueBehind    = ", due "
	dueNever     = "never"
)

// showsStep reports whether a case shows a step done.
func showsStep(r *system.Review, step string) bool {
	switch {
	case step == stepOpen:
		return r != nil
	case r == nil:
		return step != stepOpen && !strings.HasPrefix(step, stepGive)
	case step == stepOne:
		return len(r.Others) == 0
	case step == stepWithdraw:
		return r.Status != system.ReviewOpen && len(r.Others) == 0
	}
	keys, due, _ := strings.Cut(strings.TrimPrefix(step, stepGive), dueBehind)
	at, err := time.Parse(time.RFC3339, due)
	if err != nil && due != dueNever || !r.IsDue(at) && r.Status == system.ReviewOpen {
		return false
	}
	for _, key := range strings.Split(keys, orKey) {
		if system.Fold(key) == system.Fold(r.Assignee) {
			return true
		}
	}
	return r.Status != system.ReviewOpen
}

// giveTo names the step that gives a case to its reviewer.
func giveTo(c *system.Case) string {
	var keys []string
	for _, key := range []string{c.Reviewer.Email, c.Reviewer.User, c.Reviewer.ID} {
		if key != "" {
			keys = append(keys, key)
		}
	}
	due := dueNever
	if !c.DueAt.IsZero() {
		due = c.DueAt.UTC().Format(time.RFC3339)
	}
	return stepGive + strings.Join(keys, orKey) + dueBehind + due
}

// act returns an act on the case with a key.
func (r *Resource) act(key, because string, steps ...effect.Step[*system.Review]) effect.Act[*system.Review] {
	q := r.run.Reviews
	return effect.Act[*system.Review]{
		System: q.Name(), Object: key, Because: because, Shows: showsStep, Steps: steps,
		Read: func(ctx context.Context) (*system.Review, error) { return q.Review(ctx, key) },
	}
}

// do does an act, and says what earlier runs have left open.
func (r *Resource) do(ctx context.Context, a effect.Act[*system.Review], diags *diag.Diagnostics) effect.Result[*system.Review] {
	result := effect.Do(ctx, r.run.Register.Recorder(), a)
	for _, found := range result.Found {
		diags.AddAttributeWarning(path.Root("review"), foundSummary, found)
	}
	return result
}

// askQueue does in the queue what the decision asks for, and takes note of it. What
// cannot be done there keeps no decision from being carried out: the next run tries
// again.
func (r *Resource) askQueue(ctx context.Context, t *transition, m *model, diags *diag.Diagnostics) {
	a := &t.asking
	if a.duty == doNothing && a.strays == "" {
		return
	}
	ctx, end := r.run.Reviews.Within(ctx)
	defer end()
	left := r.withdrawStrays(ctx, t, diags)
	switch a.duty {
	case withdrawCase:
		if err := r.withdraw(ctx, a.was.Key, withdrawnBecause(t), diags); err != nil {
			r.warn(ctx, t.decision.Grant.ID(), diags, unwithdrawnSummary, err)
			a.is, a.is.Ending = a.was, true
		}
	case openCase:
		m.showReview(r.openCase(ctx, t, diags))
	case changeCase:
		m.showReview(r.changeCase(ctx, t, diags))
	}
	if left != "" {
		a.is.Queue, a.is.Strays = a.queue, left
	}
}

// withdrawStrays withdraws what another run has opened besides a case. It returns the key
// again if that failed.
func (r *Resource) withdrawStrays(ctx context.Context, t *transition, diags *diag.Diagnostics) (left string) {
	key := t.asking.strays
	if key == "" {
		return ""
	}
	result := r.do(ctx, r.act(key, "the case was opened twice", r.stepOne()), diags)
	if result.Err == nil {
		return ""
	}
	r.warn(ctx, t.decision.Grant.ID(), diags, unwithdrawnSummary, result.Err)
	return key
}

// warn says what could not be done in the queue about a grant, and leaves an event of it.
func (r *Resource) warn(ctx context.Context, id string, diags *diag.Diagnostics, summary string, err error) {
	r.run.Refused(ctx, operation.Apply, id, err)
	operation.Apply.Warn(diags, path.Root("review"), summary, unasked(r.run.Reviews.Interrupted(err)))
}

// unasked says of an error of the queue what it means for the access.
func unasked(err error) error {
	said := fault.Fault{Summary: unaskedSummary, Happened: fault.Sentence(err)}
	var f *fault.Fault
	if errors.As(err, &f) {
		said = *f
	}
	said.Consequence = strings.TrimSpace(said.Consequence + " The access is decided and carried out all the same, and the next run tries again. " +
		"While answers cannot be read, nothing follows from silence.")
	return &said
}

// withdrawnBecause says to a reviewer why a case is withdrawn.
func withdrawnBecause(t *transition) string {
	g := &t.decision.Grant
	if g.Status == lifecycle.StatusRevoked {
		return "The access was revoked, so no answer is needed any more."
	}
	return "Nothing asks for an answer any more: the access is " + g.Status.String() + "."
}

// withdraw closes every open case with a key.
func (r *Resource) withdraw(ctx context.Context, key, why string, diags *diag.Diagnostics) error {
	result := r.do(ctx, r.act(key, why, effect.Step[*system.Review]{
		Name: stepWithdraw, Yes: "The case is withdrawn.", No: "The case is not withdrawn.",
		Do: func(ctx context.Context, s *system.Review) error {
			ids := s.Others
			if s.Status == system.ReviewOpen {
				ids = append([]string{s.ID}, ids...)
			}
			return r.withdrawAll(ctx, ids, why)
		},
	}), diags)
	return result.Err
}

func (r *Resource) withdrawAll(ctx context.Context, ids []string, why string) error {
	for _, id := range ids {
		if err := r.run.Reviews.WithdrawReview(ctx, id, why); err != nil {
			return err
		}
	}
	return nil
}

// maxRounds bounds how many closed cases are passed over to find a key that is free.
const maxRounds = 50

// openCase opens a case, or takes over the one that an interrupted run has opened. It
// returns the case as it was read last; nil if there is none.
func (r *Resource) openCase(ctx context.Context, t *transition, diags *diag.Diagnostics) *system.Review {
	a := &t.asking
	for round := a.is.Round + 1; round <= a.is.Round+maxRounds; round++ {
		key, found, err := r.findCase(ctx, t, round)
		if err != nil {
			r.warn(ctx, t.decision.Grant.ID(), diags, unaskedSummary, err)
			return nil
		}
		if !usable(found, t.prior) {
			continue
		}
		c := t.newCase(ctx, r, key)
		var steps []effect.Step[*system.Review]
		steps = append(steps, r.stepOpen(&c), r.stepOne())
		if found == nil || (found.Status == system.ReviewOpen && found.Assignee == "") {
			steps = append(steps, r.stepGive(&c)...)
		}
		result := r.do(ctx, r.act(key, "the decision asks for "+a.ask.Action.String(), steps...), diags)
		return r.took(ctx, a, &c, round, &result, diags)
	}
	r.warn(ctx, t.decision.Grant.ID(), diags, unaskedSummary, &fault.Fault{
		Kind: fault.ErrConfig, Summary: unaskedSummary,
		Happened: fmt.Sprintf("%d closed cases about %q are in the queue already, which no state remembers.", maxRounds, t.decision.Grant.ID()),
		Advice:   "Look in the queue for what closes the cases. Restore the state if it was lost.",
	})
	return nil
}

// findCase returns the key of a round, and the case that has it. A case that was opened
// with the grant has a key from before the first certification: where the state was lost,
// the case may still be open under it.
func (r *Resource) findCase(ctx context.Context, t *transition, round int) (key string, found *system.Review, err error) {
	id := t.decision.Grant.ID()
	if t.tookUp {
		key = keyOf(id, time.Time{}, round)
		if found, err = r.run.Reviews.Review(ctx, key); err != nil || found != nil && found.Status == system.ReviewOpen {
			return key, found, err
		}
	}
	var certified time.Time
	if t.prior != nil {
		certified = t.prior.CertifiedAt
	}
	key = keyOf(id, certified, round)
	found, err = r.run.Reviews.Review(ctx, key)
	return key, found, err
}

// usable reports whether the case with a key can be the next one: it is free, it waits
// for an answer, or it was answered after an interrupted run had opened it. Before the
// first certification an answered case may be about an earlier grant of that id.
func usable(r *system.Review, prior *lifecycle.Grant) bool {
	if r == nil || r.Status == system.ReviewOpen {
		return true
	}
	answered := r.Status == system.ReviewConfirmed || r.Status == system.ReviewRejected
	return answered && prior != nil && !prior.CertifiedAt.IsZero()
}

// took takes note of a case that was opened or changed, as far as it was.
func (r *Resource) took(ctx context.Context, a *asking, c *system.Case, round int, result *effect.Result[*system.Review], diags *diag.Diagnostics) *system.Review {
	if result.Err != nil {
		subject := c.Grant
		if result.Begun {
			subject = "" // the outcome of the act says so
		}
		r.warn(ctx, subject, diags, unaskedSummary, result.Err)
	}
	if !result.Known || result.State == nil {
		return nil
	}
	a.is.asked(a, c.Key, round, &c.Reviewer)
	if result.Err != nil {
		a.is.Reviewer, a.is.Person = "", "" // so that the next run tries again
		if people, err := r.run.Facts.Resolve(ctx, a.ask.Reviewer.Key); err == nil && !answers(people) {
			a.is.Departed = withKeys(a.is.Departed, a.ask.Reviewer.Key, people) // with somebody else
		}
	}
	return result.State
}

// answers reports whether one of the people whom a reviewer's key names can answer: a team
// cannot, and the answer of somebody whom no directory knows would not count.
func answers(people []lifecycle.Person) bool {
	return slices.ContainsFunc(people, func(p lifecycle.Person) bool { return p.Kind != lifecycle.KindTeam })
}

// changeCase gives an open case to another reviewer, sets when it is due, and tells what
// has joined it.
func (r *Resource) changeCase(ctx context.Context, t *transition, diags *diag.Diagnostics) *system.Review {
	a := &t.asking
	found, err := r.run.Reviews.Review(ctx, a.is.Key)
	if err != nil {
		r.warn(ctx, t.decision.Grant.ID(), diags, unaskedSummary, err)
		return nil
	}
	if found == nil || found.Status != system.ReviewOpen {
		a.is.Ending = false // the next run reads what became of it
		return found
	}
	joined := len(a.newCodes()) > 0
	c := t.newCase(ctx, r, a.is.Key)
	if a.is.Reviewer == a.ask.Reviewer.Key && found.Assignee != "" {
		c.Reviewer = system.Reviewer{ID: a.is.Person, User: found.Assignee} // it may have been handed over
	}
	steps := []effect.Step[*system.Review]{r.stepOne()}
	if a.is.Reviewer != a.ask.Reviewer.Key || a.is.DueAt != value.Stamp(a.ask.DueAt) {
		steps = append(steps, r.stepGive(&c)...)
	}
	result := r.do(ctx, r.act(a.is.Key, "the question has changed", steps...), diags)
	codes := a.is.Codes
	last := r.took(ctx, a, &c, a.is.Round, &result, diags)
	if last == nil || !joined || last.Status != system.ReviewOpen {
		return last
	}
	if err := r.run.Reviews.CommentReview(ctx, last, t.addition(t.input, r.run.Reviews.HowToAnswer(), r.run.Now)); err != nil {
		r.warn(ctx, t.decision.Grant.ID(), diags, unaskedSummary, err)
		a.is.Codes = codes // so that the next run tries again
	}
	return last
}

func (r *Resource) stepOpen(c *system.Case) effect.Step[*system.Review] {
	return effect.Step[*system.Review]{
		Name: stepOpen, Yes: "The case is open.", No: "No case is open.",
		Do: func(ctx context.Context, _ *system.Review) error { return r.run.Reviews.OpenReview(ctx, *c) },
	}
}

// stepOne withdraws what two runs at once have opened besides the case.
func (r *Resource) stepOne() effect.Step[*system.Review] {
	return effect.Step[*system.Review]{
		Name: stepOne, Yes: "It is the only one.", No: "It is not the only one.",
		Do: func(ctx context.Context, s *system.Review) error {
			return r.withdrawAll(ctx, s.Others, "This question was opened twice; the case "+s.ID+" is the one to answer.")
		},
	}
}

// stepGive gives the case to its reviewer; nothing if no one is known.
func (r *Resource) stepGive(c *system.Case) []effect.Step[*system.Review] {
	if c.Reviewer.ID == "" && c.Reviewer.Email == "" && c.Reviewer.User == "" {
		return nil
	}
	return []effect.Step[*system.Review]{{
		Name: giveTo(c), Yes: "It is with its reviewer.", No: "It is not with its reviewer.",
		Do: func(ctx context.Context, s *system.Review) error { return r.run.Reviews.AssignReview(ctx, s, *c) },
	}}
}

// newCase writes what is to stand in the queue.
func (t *transition) newCase(ctx context.Context, r *Resource, key string) system.Case {
	return system.Case{
		Key: key, Grant: t.decision.Grant.ID(), Title: t.caseTitle(), Text: t.caseText(t.input, r.run.Reviews.HowToAnswer()),
		Reviewer: r.reviewer(ctx, t.asking.ask.Reviewer.Key), DueAt: t.asking.ask.DueAt,
	}
}

// reviewer finds the keys by which a queue may know who is asked.
func (r *Resource) reviewer(ctx context.Context, key string) system.Reviewer {
	if people, err := r.run.Facts.Resolve(ctx, key); err == nil && len(people) == 1 {
		p := &people[0]
		return system.Reviewer{ID: p.Holder(), Email: p.Email, User: p.Username, Name: p.Name}
	}
	bare := key
	if _, own, found := strings.Cut(key, "/"); found {
		bare = own
	}
	if strings.Contains(bare, "@") {
		return system.Reviewer{Email: bare, Name: key}
	}
	return system.Reviewer{User: bare, Name: key}
}

// withdrawRemoved withdraws what was asked about a grant that is removed.
func (r *Resource) withdrawRemoved(ctx context.Context, prior *model, diags *diag.Diagnostics) {
	if r.run == nil || r.run.Reviews == nil {
		return
	}
	mem, err := readMemory(prior.memory().ValueString())
	if err != nil {
		return // what cannot be read must still be possible to destroy
	}
	c := mem.reviewCase()
	key := c.Key
	if c.Closed != "" || key == "" {
		key = c.Strays
	}
	if key == "" || r.run.Reviews.Name() != c.Queue {
		return
	}
	ctx, end := r.run.Reviews.Within(ctx)
	defer end()
	if err := r.withdraw(ctx, key, "The grant was removed from the configuration, so no answer is needed any more.", diags); err != nil {
		r.warn(ctx, prior.ID.ValueString(), diags, unwithdrawnSummary, err)
	}
}
