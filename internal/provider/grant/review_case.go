package grant

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// reviewCase is what a grant remembers of the case in which somebody is asked. Without
// a key there is no case, and only what outlives a case is remembered.
type reviewCase struct {
	Queue    string   `json:"queue,omitempty"` // the name of the system
	Key      string   `json:"key,omitempty"`
	Round    int      `json:"round,omitempty"`    // how many cases were opened so far
	Reviewer string   `json:"reviewer,omitempty"` // who was asked, in the words of the decision
	Person   string   `json:"person,omitempty"`   // that is, "<directory>/<id>"; empty if no directory knew
	DueAt    string   `json:"due_at,omitempty"`
	Codes    []string `json:"codes,omitempty"`    // the findings that the case tells of
	Departed []string `json:"departed,omitempty"` // who was asked and has left, or is a team
	Unfit    []string `json:"unfit,omitempty"`    // who was asked and may not decide, as their answer has shown
	Unread   bool     `json:"unread,omitempty"`   // what was answered could not be read
	Ending   bool     `json:"ending,omitempty"`   // it is to be withdrawn, which has failed so far
	Strays   string   `json:"strays,omitempty"`   // the key of further open cases, which are to be withdrawn

	Closed string `json:"closed,omitempty"` // how it was closed; empty while it is open
	By     string `json:"by,omitempty"`     // who answered
	At     string `json:"at,omitempty"`
	Note   string `json:"note,omitempty"`
	Why    string `json:"why,omitempty"` // why the answer does not count
}

// How a case was closed.
const (
	closedConfirmed = "confirmed"
	closedRejected  = "rejected"
	closedUnheard   = "refused"   // answered by somebody who may not
	closedWithdrawn = "withdrawn" // without an answer, or it is gone
)

// over returns what is remembered once the case is over.
func (c *reviewCase) over() reviewCase {
	return reviewCase{Round: c.Round, Departed: c.Departed, Unfit: c.Unfit}
}

// recalled returns what a grant remembers of a case of which only the register knows. It
// was not read in this run, so the apply looks at it as at one that was to be withdrawn.
func (c *reviewCase) recalled() *reviewCase {
	is := *c
	if c.Closed != "" {
		is = c.over()
	}
	is.Ending = is.Key != ""
	return &is
}

// empty reports whether there is nothing to remember.
func (c *reviewCase) empty() bool {
	return c.Key == "" && c.Strays == "" && c.Round == 0 && len(c.Departed) == 0 && len(c.Unfit) == 0
}

// same reports whether two cases are remembered alike.
func (c *reviewCase) same(o *reviewCase) bool { return value.JSON(c) == value.JSON(o) }

// answer gives a decision what was answered.
func (c *reviewCase) answer(in *lifecycle.Input) {
	in.Departed, in.Unheard = slices.Concat(c.Departed, c.Unfit), c.Unread
	at, err := time.Parse(time.RFC3339, c.At)
	if err != nil {
		return
	}
	switch c.Closed {
	case closedConfirmed:
		// Two confirmations by one person in the same words are two attestations.
		in.Confirmation = &lifecycle.Attestation{By: c.By, At: at, Note: noted("review "+short(c.Key), c.Note)}
	case closedRejected:
		in.Rejection = &lifecycle.Rejection{By: c.By, At: at, Note: c.Note}
	}
}

func noted(what, note string) string {
	if note == "" {
		return what
	}
	return what + ": " + note
}

// short is the part of a key that tells a case from others to people.
func short(key string) string { return key[:min(len(key), len(keyStart)+8)] }

// keyStart begins every key.
const keyStart = "custody-"

// keyOf returns the key of a case: the same for the same grant, certification and
// round, and for no other. What was certified since then is another cause.
func keyOf(grant string, certified time.Time, round int) string {
	sum := sha256.New()
	for _, part := range []string{grant, value.Stamp(certified), strconv.Itoa(round)} {
		sum.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return keyStart + hex.EncodeToString(sum.Sum(nil))[:32]
}

// duty is what a run has to do in the queue.
type duty int

const (
	doNothing duty = iota
	openCase
	changeCase
	withdrawCase
)

// asking is what a decision means for the case of a grant.
type asking struct {
	duty  duty
	queue string
	was   reviewCase // in the state
	is    reviewCase // what is remembered if the duty is done, as far as the plan knows
	ask   *lifecycle.Ask

	strays string // the key of cases that are withdrawn first; empty if there are none
}

// askFor returns what is to be done in the queue, which is a pure function of the
// state and the decision. queue is empty if there is none.
func askFor(queue string, was *reviewCase, d *lifecycle.Decision) asking {
	a := asking{queue: queue, was: *was, is: *was, ask: d.Ask}
	if (was.Key != "" || was.Strays != "") && (queue == "" || was.Queue != queue) {
		a.is = was.over() // the case stands in a queue that is not connected any more
	}
	if queue == "" || d.AskStands {
		return a
	}
	a.strays, a.is.Strays = a.is.Strays, ""
	if a.is.Closed != "" {
		a.is = a.is.over()
	}
	switch {
	case d.Ask == nil && a.is.Key == "":
	case d.Ask == nil:
		a.duty, a.is = withdrawCase, a.is.over()
	case a.is.Key == "":
		a.duty = openCase
	case a.is.Ending || a.is.Reviewer != d.Ask.Reviewer.Key || a.is.DueAt != value.Stamp(d.Ask.DueAt) || len(a.newCodes()) > 0:
		a.duty = changeCase
	}
	return a
}

// newCodes are the findings of which the case does not tell yet.
func (a *asking) newCodes() []string {
	return slices.DeleteFunc(codeNames(a.ask.Codes), func(c string) bool { return slices.Contains(a.is.Codes, c) })
}

// settled reports whether there is nothing to do and nothing else to remember.
func (a *asking) settled() bool { return a.duty == doNothing && a.strays == "" && a.is.same(&a.was) }

// asked takes note of what a case tells now.
func (c *reviewCase) asked(a *asking, key string, round int, to *system.Reviewer) {
	codes := append(slices.Clone(c.Codes), codeNames(a.ask.Codes)...)
	slices.Sort(codes)
	c.Queue, c.Key, c.Round, c.Codes = a.queue, key, round, slices.Compact(codes)
	c.Reviewer, c.Person, c.DueAt, c.Ending = a.ask.Reviewer.Key, to.ID, value.Stamp(a.ask.DueAt), false
}

// reviewCase returns the case that is remembered; an empty one if there is none.
func (m *memory) reviewCase() *reviewCase {
	if m.Case == nil {
		return &reviewCase{}
	}
	return m.Case
}

// passOver takes note that somebody is not to be asked again, by any of their keys.
func (c *reviewCase) passOver(p *lifecycle.Person) {
	c.Unfit = withKeys(c.Unfit, c.Reviewer, []lifecycle.Person{*p})
}

// withKeys adds a key, and every other one by which the same people are known.
func withKeys(list []string, key string, people []lifecycle.Person) []string {
	all := []string{key}
	for i := range people {
		all = append(all, people[i].Holder(), people[i].Email, people[i].Username)
	}
	for _, k := range all {
		if k != "" && !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	return list
}
