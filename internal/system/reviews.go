package system

import (
	"context"
	"slices"
	"strings"
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
	Grant  string // the id of the grant, as the queue shows it; empty if it does not
	URL    string // where a person answers; empty if the queue has no pages
	Status ReviewStatus
	// Assignee is who has to answer, in the queue's own words: an address or a user
	// name; empty if it is nobody.
	Assignee string
	DueAt    time.Time // zero if there is none
	// DueUnit says how exactly the queue holds DueAt: DueSecond, DueDay or DueNever.
	DueUnit DueUnit
	// ChangedAt is when something of the case changed last. Only ListReviews fills it in.
	ChangedAt  time.Time
	AnsweredBy string // who confirmed or rejected: an address or a user name
	AnsweredAt time.Time
	Note       string // what they wrote with their answer
	// Others are the IDs of further open cases with the same key, which two runs at once
	// can leave behind. FirstReview says which of them is the case.
	Others []string
	// Seen is what the system needs in order to act on the case as it was read.
	// Callers do not look at it.
	Seen any
}

// DueUnit says how exactly a queue holds when a case is due.
type DueUnit int

// The units. A queue that holds a day shows its last second in UTC.
const (
	DueSecond DueUnit = iota
	DueDay
	DueNever // the queue holds no due dates; only the text of the case names one
)

// Stands reports whether an open case is as it is asked: given to its reviewer, and due
// when it says, as far as the queue can hold that. Otherwise AssignReview is to be called.
func (r *Review) Stands(c *Case) bool { return c.Reviewer.Is(r.Assignee) && r.IsDue(c.DueAt) }

// IsDue reports whether the case is due at an instant, as far as the queue can hold it.
func (r *Review) IsDue(at time.Time) bool {
	switch {
	case r.DueUnit == DueNever:
		return true
	case r.DueAt.IsZero() || at.IsZero():
		return r.DueAt.IsZero() == at.IsZero()
	case r.DueUnit == DueDay:
		return LastSecond(r.DueAt).Equal(LastSecond(at))
	}
	return r.DueAt.Unix() == at.Unix()
}

// LastSecond returns the last second of a day in UTC, as which a queue that holds days
// shows when a case is due. The zero time stays as it is.
func LastSecond(at time.Time) time.Time {
	const day = 24 * time.Hour
	if at.IsZero() {
		return at
	}
	return at.UTC().Truncate(day).Add(day - time.Second)
}

// FirstReview returns the case among all cases of one key, which must be in the order
// in which they were opened, with the others that are open; nil if there are none.
// An answer is never lost: the case is the first that was rejected, else confirmed, else
// is open, else was withdrawn.
func FirstReview(all []Review) *Review {
	for _, status := range []ReviewStatus{ReviewRejected, ReviewConfirmed, ReviewOpen, ReviewWithdrawn} {
		i := slices.IndexFunc(all, func(r Review) bool { return r.Status == status })
		if i < 0 {
			continue
		}
		first := all[i]
		first.Others = nil
		for j := range all {
			if j != i && all[j].Status == ReviewOpen {
				first.Others = append(first.Others, all[j].ID)
			}
		}
		return &first
	}
	return nil
}

// Remark is a text that somebody wrote in a case.
type Remark struct {
	By   string
	At   time.Time
	Text string
}

const (
	maxNote    = 1000 // characters
	noteBefore = 10 * time.Minute
	noteAfter  = time.Minute
)

// NoteOf returns what somebody wrote with an answer, on one line and without what is
// quoted from an earlier message: the last of their remarks at about that time. They may
// have written none.
func NoteOf(remarks []Remark, by string, at time.Time) string {
	var note *Remark
	for i, r := range remarks {
		with := Fold(r.By) == Fold(by) && !r.At.Before(at.Add(-noteBefore)) && !r.At.After(at.Add(noteAfter))
		if with && (note == nil || !r.At.Before(note.At)) {
			note = &remarks[i]
		}
	}
	if note == nil {
		return ""
	}
	var lines []string
	for line := range strings.Lines(strings.ToValidUTF8(note.Text, "\uFFFD")) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '>' {
			lines = append(lines, line)
		}
	}
	text := Clean(strings.Join(strings.Fields(strings.Join(lines, " ")), " "))
	if runes := []rune(text); len(runes) > maxNote {
		return string(runes[:maxNote-1]) + "…"
	}
	return text
}

// UsableReviewKey reports whether a text has the form of the key of a case.
func UsableReviewKey(key string) bool {
	const most = 64
	return key != "" && len(key) <= most && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// Reviews is the capability to ask people, and to read what they answer.
//
// Review remembers nothing: every call asks the queue, so that what was done can be
// read back. The other methods return nil once the queue has accepted the change;
// whether it took effect is for Review to show. A queue may open a case for nobody, for
// instance if it does not know the reviewer: then Review shows that it does not stand
// as it was asked (Review.Stands), and AssignReview gives it to the reviewer or says why
// that is not possible.
//
// Who may answer is the queue's own business, but never the account with which custody
// connects: a case that it has answered itself shows as withdrawn. Whether an answer
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
	// ListReviews returns the cases that a query finds, of those that custody has opened.
	// What is listed is for people to read: nothing is decided on it.
	ListReviews(ctx context.Context, q ReviewQuery) (*ReviewList, error)
	// HowToAnswer says to a reviewer, in whole sentences, how a case is confirmed,
	// rejected and handed over in this queue: which button, word or label does it.
	HowToAnswer() []string
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
