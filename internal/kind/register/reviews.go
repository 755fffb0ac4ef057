package register

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	store "github.com/custodyhq/terraform-provider-custody/internal/register"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The kinds of events about cases. The texts of a case are in these events and nowhere else.
const (
	kindOpened    = "review.opened"
	kindAssigned  = "review.assigned"
	kindCommented = "review.commented"
	kindWithdrawn = "review.withdrawn"
)

const (
	reviewSummary = "Unable to Ask for Review"
	maxText       = 64 << 10 // bytes of a text in an event
)

var _ system.Reviews = (*System)(nil)

// happening is what an event tells of a case.
type happening struct {
	Case     string `json:"case"`
	Title    string `json:"title,omitempty"`
	Text     string `json:"text,omitempty"`
	Assignee string `json:"assignee,omitempty"`
	DueAt    string `json:"due_at,omitempty"`
}

// Review returns the case with the key. A case that was closed was withdrawn: nothing is
// answered in the register.
func (s *System) Review(ctx context.Context, key string) (*system.Review, error) {
	if !system.UsableReviewKey(key) {
		return nil, ctx.Err()
	}
	open, err := s.store.Open(ctx)
	if err != nil {
		return nil, err
	}
	v, found, err := open.Review(ctx, key)
	if err != nil || !found {
		return nil, err
	}
	r := asked(&v)
	return &r, nil
}

// ListReviews returns the cases that a query finds, of all workspaces.
func (s *System) ListReviews(ctx context.Context, q system.ReviewQuery) (*system.ReviewList, error) {
	open, err := s.store.Open(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := open.Reviews(ctx, q.Since)
	if err != nil {
		return nil, err
	}
	all := make([]system.Review, len(rows))
	for i := range rows {
		all[i] = asked(&rows[i])
	}
	return q.List(all, func(*system.Review) error { return nil })
}

// asked returns a case as a queue shows it.
func asked(v *store.Review) system.Review {
	r := system.Review{
		ID: v.Name, Key: v.Name, Grant: system.Clean(v.Subject), Status: system.ReviewOpen, Assignee: system.Clean(v.Assignee), DueAt: v.DueAt, ChangedAt: v.OpenedAt,
	}
	if !v.ClosedAt.IsZero() {
		r.Status, r.ChangedAt = system.ReviewWithdrawn, v.ClosedAt
	}
	return r
}

// HowToAnswer says that one answers in the configuration.
func (*System) HowToAnswer() []string {
	return []string{
		"This case is answered in the configuration of the grant, not in the register.",
		"Confirm it with an attestation of the grant: by says who decides, at when, and note why.",
		"Reject it by removing the grant from the configuration.",
		"To hand it over, correct the record: the owner, the manager in the directory, or the lifecycle_owner of the policy.",
	}
}

// OpenReview opens a case. The key is unique in the register, so that a case is never
// opened twice.
func (s *System) OpenReview(ctx context.Context, c system.Case) error {
	if !system.UsableReviewKey(c.Key) {
		return &fault.Fault{
			Kind: fault.ErrConfig, Summary: reviewSummary, Happened: "A case cannot have the key " + system.Clean(c.Key) + ".", Advice: "This is a defect of the provider. Report it.",
		}
	}
	to := keyOf(&c.Reviewer)
	return s.note(ctx, c.Grant, happening{
		Case: c.Key, Title: system.Clean(c.Title), Text: system.CutBytes(c.Text, maxText), Assignee: to, DueAt: stamp(c.DueAt),
	}, kindOpened, func(tx *store.Tx) (bool, error) {
		return tx.OpenReview(store.Review{Name: c.Key, Subject: c.Grant, Assignee: to, DueAt: c.DueAt})
	})
}

// AssignReview gives an open case to a reviewer, and sets when it is due.
func (s *System) AssignReview(ctx context.Context, r *system.Review, c system.Case) error {
	to := keyOf(&c.Reviewer)
	if to == "" {
		return &fault.Fault{
			Kind: fault.ErrConfig, Summary: reviewSummary, Happened: "The case " + system.Clean(r.ID) + " has no reviewer with an id, an address or a user name.",
			Advice: "Give the person one of them in the directory.",
		}
	}
	return s.note(ctx, c.Grant, happening{Case: r.ID, Assignee: to, DueAt: stamp(c.DueAt)}, kindAssigned, func(tx *store.Tx) (bool, error) {
		return tx.AssignReview(r.ID, to, c.DueAt)
	})
}

// CommentReview records a text about a case.
func (s *System) CommentReview(ctx context.Context, r *system.Review, text string) error {
	return s.note(ctx, r.Grant, happening{Case: r.ID, Text: system.CutBytes(text, maxText)}, kindCommented, func(*store.Tx) (bool, error) { return true, nil })
}

// WithdrawReview closes an open case, and records why.
func (s *System) WithdrawReview(ctx context.Context, id, why string) error {
	open, err := s.store.Open(ctx)
	if err != nil {
		return err
	}
	v, found, err := open.Review(ctx, id)
	if err != nil || !found {
		return err
	}
	return s.note(ctx, v.Subject, happening{Case: id, Text: system.CutBytes(why, maxText)}, kindWithdrawn, func(tx *store.Tx) (bool, error) { return tx.CloseReview(id) })
}

// note makes a change with the event that tells of it; no event if nothing changed.
func (s *System) note(ctx context.Context, grant string, h happening, kind string, change func(tx *store.Tx) (bool, error)) error {
	body, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, func(tx *store.Tx) error {
		changed, err := change(tx)
		if err != nil || !changed {
			return err
		}
		_, err = tx.Append(store.Draft{Kind: kind, Subject: grant, Body: string(body)})
		return err
	})
}

// keyOf returns the key by which people know a reviewer best.
func keyOf(r *system.Reviewer) string {
	for _, key := range []string{r.Email, r.User, r.ID} {
		if key = strings.TrimSpace(system.Clean(key)); key != "" {
			return key
		}
	}
	return ""
}
