package register

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Review is what the register remembers of a case in a review queue.
type Review struct {
	Name       string // the same for the same grant, cause and round, in every run
	Workspace  string
	Subject    string // the id of the grant
	Queue      string // the system that holds the case
	Reference  string // the case there; empty until it is open there
	Status     string
	Assignee   string
	AnsweredBy string
	Body       string // a JSON text with everything else; {} if empty
	OpenedAt   time.Time
	DueAt      time.Time // zero if nothing follows from silence
	ClosedAt   time.Time // zero while the case is open
}

const reviewColumns = "name, workspace, subject, queue, reference, status, assignee, answered_by, body, opened_at, due_at, closed_at"

func (v *Review) columns() []any {
	return []any{
		&v.Name, &v.Workspace, &v.Subject, &v.Queue, &v.Reference, &v.Status, &v.Assignee, &v.AnsweredBy, &v.Body,
		(*stamp)(&v.OpenedAt), (*stamp)(&v.DueAt), (*stamp)(&v.ClosedAt),
	}
}

// Review returns a review, and whether there is one.
func (r *Register) Review(ctx context.Context, name string) (Review, bool, error) {
	return one(list(ctx, r, (*Review).columns, "SELECT "+reviewColumns+" FROM custody_reviews WHERE name = $1", name))
}

// OpenReviews returns the reviews of all workspaces that are not closed, by their
// names.
func (r *Register) OpenReviews(ctx context.Context) ([]Review, error) {
	out, err := list(ctx, r, (*Review).columns, "SELECT "+reviewColumns+" FROM custody_reviews WHERE closed_at = ''")
	slices.SortFunc(out, func(a, b Review) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

// OpenReview stores a review of the run's workspace, unless one of that name is
// there: then that is returned, and opened is false. If two runs open it at
// the same time, one of them does.
func (t *Tx) OpenReview(v Review) (review Review, opened bool, err error) {
	if err := v.check(); err != nil {
		return Review{}, false, err
	}
	v.Workspace, v.OpenedAt = t.run.Workspace, t.run.At.UTC()
	n, err := t.change("INSERT INTO custody_reviews ("+reviewColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (name) DO NOTHING",
		v.Name, v.Workspace, v.Subject, v.Queue, v.Reference, v.Status, v.Assignee, v.AnsweredBy, v.Body, stamp(v.OpenedAt), stamp(v.DueAt), stamp(v.ClosedAt))
	if err != nil {
		return Review{}, false, err
	}
	if n == 1 {
		return v, true, nil
	}
	var there Review
	_, err = t.get("SELECT "+reviewColumns+" FROM custody_reviews WHERE name = $1", []any{v.Name}, there.columns()...)
	return there, false, err
}

// SaveReview stores what changes of a review: everything but its name, its
// workspace and when it was opened.
func (t *Tx) SaveReview(v Review) error {
	if err := v.check(); err != nil {
		return err
	}
	n, err := t.change(`UPDATE custody_reviews SET subject = $1, queue = $2, reference = $3, status = $4, assignee = $5, answered_by = $6, body = $7,
		due_at = $8, closed_at = $9 WHERE name = $10`,
		v.Subject, v.Queue, v.Reference, v.Status, v.Assignee, v.AnsweredBy, v.Body, stamp(v.DueAt), stamp(v.ClosedAt), v.Name)
	if err == nil && n == 0 {
		err = fmt.Errorf("the review %q was not opened before it was saved", v.Name)
	}
	return err
}

// check reports what cannot be stored, and puts the body into canonical form.
func (v *Review) check() (err error) {
	if v.Body == "" {
		v.Body = "{}"
	}
	if v.Body, err = Canonical(v.Body); err != nil {
		return fmt.Errorf("body of the review %.40q: %w", v.Name, err)
	}
	for _, n := range []struct {
		what, text string
		optional   bool
	}{
		{"name", v.Name, false}, {"subject", v.Subject, false}, {"queue", v.Queue, false}, {"status", v.Status, false},
		{"reference", v.Reference, true}, {"assignee", v.Assignee, true}, {"answer", v.AnsweredBy, true},
	} {
		if err := checkName(n.what+" of the review", n.text, n.optional); err != nil {
			return err
		}
	}
	return nil
}

// Notice is a message that a person was sent, or is about to be sent.
type Notice struct {
	Name      string // the same for the same cause and date, in every run
	Workspace string
	Subject   string
	Recipient string
	At        time.Time
}

const noticeColumns = "name, workspace, subject, recipient, at"

// RememberNotice stores a notice of the run's workspace and reports whether it is
// the first of that name. Only the first is to be sent.
func (t *Tx) RememberNotice(n Notice) (bool, error) {
	for what, text := range map[string]string{"name": n.Name, "subject": n.Subject, "recipient": n.Recipient} {
		if err := checkName(what+" of the notice", text, false); err != nil {
			return false, err
		}
	}
	rows, err := t.change("INSERT INTO custody_notices ("+noticeColumns+") VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING",
		n.Name, t.run.Workspace, n.Subject, n.Recipient, stamp(t.run.At))
	return rows == 1, err
}

// Notices returns the notices about a subject, by their names.
func (r *Register) Notices(ctx context.Context, subject string) ([]Notice, error) {
	out, err := list(ctx, r, func(n *Notice) []any {
		return []any{&n.Name, &n.Workspace, &n.Subject, &n.Recipient, (*stamp)(&n.At)}
	}, "SELECT "+noticeColumns+" FROM custody_notices WHERE subject = $1", subject)
	slices.SortFunc(out, func(a, b Notice) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}
