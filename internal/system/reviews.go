package system

import (
	"context"
	"time"
)

// ReviewStatus says how a review stands.
type ReviewStatus string

// The statuses of a review. All but ReviewOpen are final.
const (
	ReviewOpen      ReviewStatus = "open"
	ReviewConfirmed ReviewStatus = "confirmed" // the access is still justified
	ReviewRejected  ReviewStatus = "rejected"  // the access is to end
	ReviewWithdrawn ReviewStatus = "withdrawn" // custody asks no more, or it was closed without an answer
)

// Reviewer is a person or a team who is asked. The keys are those by which a queue may
// know them; empty ones are not known.
type Reviewer struct {
	ID    string // in the directory: "<directory>/<id>"
	Email string
	User  string // the user name
	Name  string // for people to read; it identifies nobody
}

// Is reports whether a queue's name of somebody is one of the reviewer's keys.
func (r *Reviewer) Is(key string) bool {
	for _, k := range []string{r.ID, r.Email, r.User} {
		if k != "" && Fold(k) == Fold(key) {
			return true
		}
	}
	return false
}

// Case is what a reviewer is asked, as it is to stand in the queue.
type Case struct {
	// Key is the same for the same grant, cause and round in every run, and for no
	// other. It has no characters but letters, digits and hyphens, at most 64.
	Key      string
	Grant    string // the id of the grant
	Title    string // one line
	Text     string // plain text: the facts, what follows and when, and how to answer
	Reviewer Reviewer
	DueAt    time.Time // zero if nothing follows from silence
}

// Review is a case as the queue shows it.
type Review struct {
	ID     string // what the queue calls the case
	Key    string
	URL    string // where a person answers; empty if the queue has no pages
	Status ReviewStatus
	// Assignee is who has to answer, in the queue's own words: an address or a user
	// name; empty if it is nobody.
	Assignee   string
	DueAt      time.Time // zero if there is none
	AnsweredBy string    // who confirmed or rejected: an address or a user name
	AnsweredAt time.Time
	Note       string // what they wrote with their answer
	// Others are the IDs of further open cases with the same key, which two runs at once
	// can leave behind. The case itself is the one that was opened first.
	Others []string
	// Seen is what the system needs in order to act on the case as it was read.
	// Callers do not look at it.
	Seen any
}

// Reviews is the capability to ask people, and to read what they answer.
//
// Review remembers nothing: every call asks the queue, so that what was done can be
// read back. The other methods return nil once the queue has accepted the change;
// whether it took effect is for Review to show. Who may answer is the queue's own
// business, but never the account with which custody connects; whether an answer
// counts is for the policy's authority to decide.
//
// An error is a *fault.Fault: of kind fault.ErrUnavailable if the queue could not be
// asked or may or may not have acted, of kind fault.ErrDenied if a right is missing,
// which it then names, and of kind fault.ErrConfig if the queue is not set up as the
// documentation says. The one other error is that of a context that ended.
type Reviews interface {
	System
	// Review returns the case with the key; nil if a healthy queue proves it absent.
	Review(ctx context.Context, key string) (*Review, error)
	// OpenReview opens a case. It does not look whether there is one.
	OpenReview(ctx context.Context, c Case) error
	// AssignReview gives an open case to a reviewer, or sets when it is due: what differs
	// from the case. A reviewer whom the queue does not know is of kind fault.ErrConfig;
	// the case then stays with whom it was.
	AssignReview(ctx context.Context, r *Review, c Case) error
	// CommentReview adds a text to a case, for its reviewer to read.
	CommentReview(ctx context.Context, r *Review, text string) error
	// WithdrawReview closes an open case of that ID without an answer, and says why. One
	// that is closed already is left alone.
	WithdrawReview(ctx context.Context, id, why string) error
}
