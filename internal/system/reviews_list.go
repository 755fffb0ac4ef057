package system

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// ReviewQuery says which cases of a queue are listed.
type ReviewQuery struct {
	Statuses  []ReviewStatus // those that are listed; all if empty
	Assignees []string       // keys of those who have to answer, any of them; all cases if empty
	// Since leaves out cases that are not open and have not changed since then. Open ones
	// are listed whenever they were opened.
	Since time.Time
	Most  int // how many cases are listed at most
}

// ReviewList are the cases that a query finds: the open ones first, those due soonest
// before others, then the others, those that changed last first.
type ReviewList struct {
	Reviews []Review
	LeftOut int // how many further cases the query finds
}

// OpenOnly reports whether only open cases are asked for.
func (q *ReviewQuery) OpenOnly() bool {
	return len(q.Statuses) > 0 && !slices.ContainsFunc(q.Statuses, func(s ReviewStatus) bool { return s != ReviewOpen })
}

// List makes the list of all cases that a queue shows, whose answers are not read yet.
// answer reads the answer of one; it is called for those that are listed, because it can
// take several requests.
func (q *ReviewQuery) List(all []Review, answer func(*Review) error) (*ReviewList, error) {
	found := slices.DeleteFunc(slices.Clone(all), func(r Review) bool { return !q.finds(&r) })
	slices.SortStableFunc(found, inOrder)
	out := &ReviewList{Reviews: found}
	if len(found) > q.Most {
		out.Reviews, out.LeftOut = found[:q.Most], len(found)-q.Most
	}
	for i := range out.Reviews {
		if !out.Reviews[i].answered() {
			continue
		}
		if err := answer(&out.Reviews[i]); err != nil {
			return nil, err
		}
	}
	// An answer that does not count leaves a case withdrawn.
	out.Reviews = slices.DeleteFunc(out.Reviews, func(r Review) bool { return !q.wants(r.Status) })
	return out, nil
}

func (r *Review) answered() bool { return r.Status == ReviewConfirmed || r.Status == ReviewRejected }

func (q *ReviewQuery) wants(s ReviewStatus) bool {
	return len(q.Statuses) == 0 || slices.Contains(q.Statuses, s)
}

// finds reports whether a case is listed, as far as that is known before its answer.
func (q *ReviewQuery) finds(r *Review) bool {
	switch {
	case !q.wants(r.Status) && (!r.answered() || !q.wants(ReviewWithdrawn)),
		r.Status != ReviewOpen && r.ChangedAt.Before(q.Since):
		return false
	}
	return len(q.Assignees) == 0 || slices.ContainsFunc(q.Assignees, func(key string) bool {
		return r.Assignee != "" && Fold(key) == Fold(r.Assignee)
	})
}

func inOrder(a, b Review) int {
	switch aOpen, bOpen := a.Status == ReviewOpen, b.Status == ReviewOpen; {
	case aOpen && !bOpen:
		return -1
	case bOpen && !aOpen:
		return 1
	case !aOpen:
		return cmp.Or(b.ChangedAt.Compare(a.ChangedAt), strings.Compare(a.ID, b.ID))
	case a.DueAt.IsZero() != b.DueAt.IsZero():
		return map[bool]int{true: 1, false: -1}[a.DueAt.IsZero()]
	}
	return cmp.Or(a.DueAt.Compare(b.DueAt), strings.Compare(a.ID, b.ID))
}

// The lines by which a text names its case.
const (
	grantLine = "Grant: "
	caseLine  = "Case: "
)

// Body returns the text of a case as it stands in the queue: what is asked, at most so
// many bytes of it, and two lines that name the grant and the case.
func (c *Case) Body(most int) string {
	return strings.TrimRight(CutBytes(c.Text, most), "\n") + "\n\n" + grantLine + Clean(c.Grant) + "\n" + caseLine + c.Key + "\n"
}

// NamedIn returns the grant and the key that the last lines of Body name in a text. A
// text can be changed by people: both count only if something else of the case agrees
// with the key.
func NamedIn(text string) (grant, key string) {
	before := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if k, ok := strings.CutPrefix(line, caseLine); ok && UsableReviewKey(k) {
			grant, key = Clean(strings.TrimPrefix(before, grantLine)), k
			if !strings.HasPrefix(before, grantLine) {
				grant = ""
			}
		}
		before = line
	}
	return grant, key
}

// CutBytes returns as much of a text as a number of bytes holds.
func CutBytes(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
