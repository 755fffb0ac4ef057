package register

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Review is a case of the queue that the register is: somebody is asked about a grant. It
// is open or closed. There is no place for an answer, because every account that may write
// to the table could answer as anybody.
type Review struct {
	Name      string // the same for the same grant, cause and round, in every run
	Workspace string // that opened it
	Subject   string // the id of the grant
	Assignee  string // a key of who has to answer; may be empty
	OpenedAt  time.Time
	DueAt     time.Time // zero if nothing follows from silence
	ClosedAt  time.Time // zero while the case is open
}

const reviewColumns = "name, workspace, subject, assignee, opened_at, due_at, closed_at"

func (v *Review) columns() []any {
	return []any{&v.Name, &v.Workspace, &v.Subject, &v.Assignee, (*stamp)(&v.OpenedAt), (*stamp)(&v.DueAt), (*stamp)(&v.ClosedAt)}
}

// Review returns a review, and whether there is one.
func (r *Register) Review(ctx context.Context, name string) (Review, bool, error) {
	return one(list(ctx, r, (*Review).columns, "SELECT "+reviewColumns+" FROM custody_reviews WHERE name = $1", name))
}

// Reviews returns the reviews of all workspaces that are open or were closed at an
// instant or later, by their names.
func (r *Register) Reviews(ctx context.Context, since time.Time) ([]Review, error) {
	out, err := list(ctx, r, (*Review).columns, "SELECT "+reviewColumns+" FROM custody_reviews WHERE closed_at = '' OR closed_at >= $1", stamp(since))
	slices.SortFunc(out, func(a, b Review) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

// OpenReview stores a review of the run's workspace, and reports whether it did: one of
// that name that is there already stays as it is. If two runs open it at the same time,
// one of them does.
func (t *Tx) OpenReview(v Review) (opened bool, err error) {
	if err := v.check(); err != nil {
		return false, err
	}
	n, err := t.change("INSERT INTO custody_reviews ("+reviewColumns+") VALUES ($1, $2, $3, $4, $5, $6, '') ON CONFLICT (name) DO NOTHING",
		v.Name, t.run.Workspace, v.Subject, v.Assignee, stamp(t.run.At), stamp(v.DueAt))
	return n == 1, err
}

// AssignReview stores who has to answer an open review, and until when. It reports whether
// a review of that name is open.
func (t *Tx) AssignReview(name, assignee string, due time.Time) (bool, error) {
	if err := checkName("assignee of the review", assignee, true); err != nil {
		return false, err
	}
	n, err := t.change("UPDATE custody_reviews SET assignee = $1, due_at = $2 WHERE name = $3 AND closed_at = ''", assignee, stamp(due), name)
	return n == 1, err
}

// CloseReview closes a review, and reports whether it was open.
func (t *Tx) CloseReview(name string) (bool, error) {
	n, err := t.change("UPDATE custody_reviews SET closed_at = $1 WHERE name = $2 AND closed_at = ''", stamp(t.run.At), name)
	return n == 1, err
}

// check reports what cannot be stored.
func (v *Review) check() error {
	for _, n := range []struct {
		what, text string
		optional   bool
	}{{"name", v.Name, false}, {"subject", v.Subject, false}, {"assignee", v.Assignee, true}} {
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
