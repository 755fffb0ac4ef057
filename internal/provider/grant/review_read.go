package grant

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// unreadSummary is the one text under which Terraform folds the warnings about answers
// that could not be read.
const unreadSummary = "Answers Not Read, Nothing Follows From Silence"

// ReadsNothing reports whether a read leaves a state as it is because no case is open.
// Everything else about a grant is decided in the plan.
func ReadsNothing(state tftypes.Value) bool {
	var values map[string]tftypes.Value
	if state.As(&values) != nil {
		return false
	}
	review, known := values["review"]
	return known && review.IsNull()
}

// Read reads what was answered in the review queue. The plan decides on it.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	if r.run == nil || r.run.Reviews == nil {
		return
	}
	var m model
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	mem, err := readMemory(m.memory().ValueString())
	if err != nil || mem.Case == nil || mem.Case.Key == "" || mem.Case.Queue != r.run.Reviews.Name() {
		return // the plan reports a state that cannot be read
	}
	c, before := *mem.Case, m.Review
	r.readCase(ctx, &m, &c, &resp.Diagnostics)
	if c.same(mem.Case) && m.Review.Equal(before) {
		return
	}
	mem.Case = &c
	m.keep(m.facts(), types.StringValue(mem.text()))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// readCase brings a case up to what the queue shows.
func (r *Resource) readCase(ctx context.Context, m *model, c *reviewCase, diags *diag.Diagnostics) {
	c.Unread = false
	seen, err := r.run.Reviews.Seen(ctx, c.Key)
	if err != nil {
		c.Unread = true
		operation.Read.Warn(diags, path.Root("review"), unreadSummary, unasked(err))
		return
	}
	c.Closed, c.By, c.At, c.Note, c.Why = "", "", "", "", ""
	if seen == nil {
		c.Closed = closedWithdrawn
		return
	}
	m.Review = shown(seen)
	c.noteStrays(seen)
	switch {
	case c.Ending && seen.Status == system.ReviewOpen:
	case c.Ending || seen.Status == system.ReviewWithdrawn:
		c.Closed = closedWithdrawn // an answer to what nothing asked any more is none
	case seen.Status != system.ReviewOpen:
		if err := r.hear(ctx, m, c, seen); err != nil {
			c.Unread = true
			operation.Read.Warn(diags, path.Root("review"), unreadSummary, unasked(err))
		}
		return
	}
	r.lookForReviewers(ctx, c)
}

// noteStrays takes note of further open cases with the key: another run has opened them, and
// may have ended before it could withdraw them.
func (c *reviewCase) noteStrays(seen *system.Review) {
	switch {
	case len(seen.Others) > 0:
		c.Strays = c.Key
	case c.Strays == c.Key:
		c.Strays = ""
	}
}

// hear takes an answer over, or says why it does not count. An answer that is dated
// after the instant of the run is read in a later run.
func (r *Resource) hear(ctx context.Context, m *model, c *reviewCase, seen *system.Review) error {
	if seen.AnsweredAt.After(r.run.Now) || seen.AnsweredAt.IsZero() {
		c.Unread = true
		return nil
	}
	t := r.input(operation.Read, m, m, &diag.Diagnostics{})
	if t == nil {
		return nil // the plan reports it
	}
	in := t.input
	people, err := r.run.Facts.Resolve(ctx, seen.AnsweredBy)
	if err != nil {
		return err
	}
	c.By, c.At, c.Note = system.Clean(seen.AnsweredBy), value.Stamp(seen.AnsweredAt), abridged(seen.Note)
	c.Closed = string(seen.Status)
	if c.Why = r.refuses(r.run.Rules.Authority.Attest, c.By, people, in); c.Why != "" {
		c.Closed = closedUnheard
		if len(people) == 1 && people[0].Holder() == c.Person {
			c.passOver(&people[0]) // somebody else is asked
		}
	} else if len(people) == 1 {
		c.By = people[0].Holder()
	}
	return nil
}

// refuses says why somebody may not decide on the access, as the end of a sentence that
// begins with their name; "" if they may.
func (r *Resource) refuses(entries []lifecycle.Authorization, key string, people []lifecycle.Person, in *lifecycle.Input) string {
	if r.run.Rules.Authority.Trust {
		return ""
	}
	people = slices.Clone(people)
	for i := range people {
		people[i].Status = lifecycle.StatusAt(people[i], in.Now, 0) // whose end date has passed decides nothing
	}
	return lifecycle.Permits(entries, lifecycle.Approver{Key: key, Matches: people}, in.Binding, lifecycle.AuthorityRisk(in.Spec, in.Prior))
}

// lookForReviewers finds out who of those who were asked has left, is suspended or is a
// team, which cannot answer, so that somebody else is asked. A directory that does not
// answer changes nothing.
func (r *Resource) lookForReviewers(ctx context.Context, c *reviewCase) {
	var departed []string
	for _, key := range append(slices.Clone(c.Departed), c.Reviewer) {
		people, err := r.run.Facts.Resolve(ctx, key)
		known := slices.Contains(c.Departed, key)
		gone := len(people) == 0 && (known || c.Person != "")
		for i := range people {
			switch lifecycle.StatusAt(people[i], r.run.Now, 0) {
			case lifecycle.PersonLeft, lifecycle.PersonEnded, lifecycle.PersonSuspended:
				gone = true
			default:
				gone = people[i].Kind == lifecycle.KindTeam
			}
		}
		if err != nil {
			gone = known
		}
		if gone {
			departed = withKeys(departed, key, people)
		}
	}
	c.Departed = departed
}

// abridged is a note as it is kept: one line that cannot change how a plan reads.
func abridged(note string) string {
	const longest = 200
	note = strings.Join(strings.Fields(system.Clean(note)), " ")
	if runes := []rune(note); len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return note
}

// warnOfStrays says why a plan changes a grant of which nothing else changes.
func (t *transition) warnOfStrays(diags *diag.Diagnostics) {
	if t.asking.strays == "" {
		return
	}
	diags.AddAttributeWarning(path.Root("review"), "Review Was Opened Twice", fmt.Sprintf("%s: two runs have opened a case about this access at the same time, and one of "+
		"them ended before it could withdraw the second one. The next apply withdraws it, so that people answer in one place.", t.decision.Grant.ID()))
}

// warnOfAnswer says who answered and may not, and who may.
func (t *transition) warnOfAnswer(diags *diag.Diagnostics) {
	c := &t.asking.was
	if c.Closed != closedUnheard {
		return
	}
	again := "It is asked again."
	if t.asking.duty != openCase {
		again = "Nothing asks for an answer any more."
	}
	diags.AddAttributeWarning(path.Root("review"), "Answer Does Not Count", fmt.Sprintf("%s: the review was answered by %q, who %s. %s\n\nWho may decide on this access: %s.",
		t.decision.Grant.ID(), c.By, c.Why, again, whoMay(t.input.Policies[0].Authority.Attest, t.input)))
}
