package grant

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/custodyhq/terraform-provider-custody/internal/delivery"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/notice"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// foresee finds out who has to be told now of an end of the access that comes by
// itself, and lets the grant remember it. What is remembered is a change, so that the
// plan shows it and the apply sends it.
func (r *Resource) foresee(in *lifecycle.Input, t *transition) error {
	before := r.run.Tell.Before()
	if len(before) == 0 {
		return nil
	}
	g := &t.decision.Grant
	ahead, err := lifecycle.Outlook(*in, g, in.Now.Add(notice.Horizon(before)))
	if err != nil {
		return err
	}
	a := notice.Due(notice.Question{Grant: g, Binding: in.Binding, Ahead: ahead, Before: before, Now: in.Now})
	t.notices, g.Memory.Notices = a.Due, a.Told
	if !a.Next.IsZero() && (g.NextChangeAt.IsZero() || a.Next.Before(g.NextChangeAt)) {
		g.NextChangeAt = a.Next
	}
	return nil
}

// notify tells those who are responsible. It is called once the state remembers it.
func (r *Resource) notify(ctx context.Context, t *transition, diags *diag.Diagnostics) {
	for i := range t.notices {
		n := &t.notices[i]
		var to []delivery.Recipient
		for _, key := range n.To {
			to = append(to, r.recipients(ctx, key)...)
		}
		if first := r.run.Tell.Notify(ctx, n, to, diags); first && n.Asks && r.run.Tell.Comments() {
			r.remind(ctx, &t.asking, n, diags)
		}
	}
}

// remind adds a notice to the case that waits for an answer. A case that this apply has
// opened says as much already.
func (r *Resource) remind(ctx context.Context, a *asking, n *notice.Notice, diags *diag.Diagnostics) {
	if a.duty == openCase || a.is.Key == "" || a.is.Closed != "" || a.is.Ending {
		return
	}
	ctx, end := r.run.Reviews.Within(ctx)
	defer end()
	found, err := r.run.Reviews.Review(ctx, a.is.Key)
	if err == nil && found != nil && found.Status == system.ReviewOpen {
		err = r.run.Reviews.CommentReview(ctx, found, n.Text)
	}
	if err != nil {
		r.run.Tell.Uncommented(r.run.Reviews.Name(), r.run.Reviews.Interrupted(err), diags)
	}
}

// mostMembers bounds how many members of a team without an address of its own are told.
const mostMembers = 20

// recipients looks up who a key stands for. A person who is not found, or whose
// directory does not answer, is named without an address, which the delivery reports.
func (r *Resource) recipients(ctx context.Context, key string) []delivery.Recipient {
	people, err := r.run.Facts.Resolve(ctx, key)
	if err != nil || len(people) != 1 {
		return []delivery.Recipient{{Key: key}}
	}
	p := people[0]
	out := []delivery.Recipient{{Key: p.Holder(), Email: p.Email, Name: p.Name}}
	if p.Kind != lifecycle.KindTeam || p.Email != "" {
		return out
	}
	members, err := r.run.Facts.Members(ctx, p)
	if err != nil {
		return out
	}
	for _, m := range members {
		if m.Status == lifecycle.PersonActive && m.Email != "" && len(out) <= mostMembers {
			out = append(out, delivery.Recipient{Key: m.Holder(), Email: m.Email, Name: m.Name})
		}
	}
	return out
}
