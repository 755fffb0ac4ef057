package run

import (
	"context"
	"errors"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// KindRefused is the kind of the event that something was refused.
const KindRefused = "run.refused"

// refusal is the body of such an event.
type refusal struct {
	During string `json:"during"`
	Reason string `json:"reason"` // the summary of the message
	What   string `json:"what"`
}

// Refused leaves an event of what was refused, in a transaction of its own: once in a run
// for each subject and reason. What was refused stays refused, whatever becomes of the
// event, so that nothing is reported if it cannot be written.
func (r *Run) Refused(ctx context.Context, during operation.Operation, subject string, err error) {
	var f *fault.Fault
	if r.Register == nil || err == nil || subject == "" || !errors.As(err, &f) || errors.Is(err, context.Canceled) {
		return
	}
	if !r.first(subject + "\x00" + f.Summary) {
		return
	}
	body := value.JSON(refusal{During: during.String(), Reason: f.Summary, What: f.Happened})
	_ = r.Register.Write(ctx, func(tx *register.Tx) error { // see above
		_, err := tx.Append(register.Draft{Kind: KindRefused, Subject: subject, Body: body})
		return err
	})
}

// Stopped leaves the event that the brake stopped a plan.
func (r *Run) Stopped(ctx context.Context, s *Stop) {
	if r.Register != nil {
		r.Refused(ctx, operation.Plan, r.Register.Workspace(), s.Fault())
	}
}

// first reports whether a refusal is the first of its name in this run.
func (r *Run) first(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refused[name] {
		return false
	}
	if r.refused == nil {
		r.refused = make(map[string]bool)
	}
	r.refused[name] = true
	return true
}
