// Package notice says who has to be told of an end of access that comes by itself, when,
// and in which words. It is pure: it sends nothing, and remembers only what it returns.
package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

const day = 24 * time.Hour

// Usual is how long before an end people are told where the policy states nothing.
func Usual() []time.Duration { return []time.Duration{30 * day, 7 * day, day} }

// Notice is one message about one end of one grant.
type Notice struct {
	// Name is the same for the same grant, end and time before it, in every run.
	Name  string
	Grant string // the id of the grant
	// To are the keys of those who are responsible: all of one rank, who are told
	// together. Empty if the facts name nobody.
	To      []string
	EndsAt  time.Time
	Asks    bool   // an answer to the review of the access prevents it
	Subject string // one line
	Text    string // plain text, in lines that end with a line feed
}

// Question is what Due depends on.
type Question struct {
	Grant   *lifecycle.Grant
	Binding *lifecycle.Binding
	Ahead   []lifecycle.Ahead
	Before  []time.Duration // how long before an end somebody is told
	Now     time.Time
}

// Answer is what follows from a question.
type Answer struct {
	Due []Notice
	// Told is what the grant has to remember after the notices that are due were sent.
	Told []string
	// Next is when the next notice becomes due if nothing changes; zero if none does.
	Next time.Time
}

// Due returns the notices that are due now and were not sent. If runs were missed, so
// that several times before one end have passed, only the notice nearest to the end is
// due.
func Due(q Question) Answer {
	a := Answer{Told: q.Grant.Memory.Notices}
	for i := range q.Ahead {
		end := &q.Ahead[i]
		told := toldOf(q.Grant.Memory.Notices, end)
		mark, passed := nearest(q.Before, end.At.Sub(q.Now))
		if passed && (told == 0 || mark < told) {
			a.Due = append(a.Due, q.notice(end, mark))
			a.Told = remember(a.Told, end, mark, q.Now)
		}
		if at := nextMark(q.Before, end.At, q.Now); !at.IsZero() && (a.Next.IsZero() || at.Before(a.Next)) {
			a.Next = at
		}
	}
	return a
}

// Horizon is how far ahead ends have to be known: the longest time before one at which
// somebody is told. A notice that becomes due later is known by then.
func Horizon(before []time.Duration) time.Duration {
	if len(before) == 0 {
		return 0
	}
	return slices.Max(before)
}

// nearest returns the shortest of the times before an end that is not shorter than what
// is left until it, and whether there is one.
func nearest(before []time.Duration, left time.Duration) (mark time.Duration, ok bool) {
	for _, b := range before {
		if left <= b && (!ok || b < mark) {
			mark, ok = b, true
		}
	}
	return mark, ok
}

// nextMark returns the first instant after now at which an end is announced.
func nextMark(before []time.Duration, end, now time.Time) (next time.Time) {
	for _, b := range before {
		if at := end.Add(-b); at.After(now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// kind names an end in the memory of a grant and in the names of notices.
func kind(a *lifecycle.Ahead) string {
	if a.Becomes == lifecycle.Keep {
		return "end"
	}
	return a.Becomes.String()
}

// entry is what a grant remembers of an end that was announced: "block
// 2030-02-01T00:00:00Z 7d".
func entry(a *lifecycle.Ahead, mark time.Duration) string {
	return entryOf(a) + lifecycle.Span(mark)
}

func entryOf(a *lifecycle.Ahead) string {
	return kind(a) + " " + a.At.UTC().Format(time.RFC3339) + " "
}

// toldOf returns the shortest time before the end at which it was announced; zero if it
// was not.
func toldOf(told []string, a *lifecycle.Ahead) (shortest time.Duration) {
	for _, t := range told {
		text, ok := strings.CutPrefix(t, entryOf(a))
		if !ok {
			continue
		}
		if mark, ok := parseSpan(text); ok && (shortest == 0 || mark < shortest) {
			shortest = mark
		}
	}
	return shortest
}

// remember adds an end that is announced, in the place of what was said of it before,
// and forgets ends that have come. What is forgotten only when something is added
// gives no plan by itself.
func remember(told []string, a *lifecycle.Ahead, mark time.Duration, now time.Time) []string {
	out := make([]string, 0, len(told)+1)
	for _, t := range told {
		if !strings.HasPrefix(t, entryOf(a)) && liesAhead(t, now) {
			out = append(out, t)
		}
	}
	out = append(out, entry(a, mark))
	slices.Sort(out)
	return out
}

func liesAhead(told string, now time.Time) bool {
	parts := strings.Split(told, " ")
	if len(parts) != 3 {
		return false
	}
	at, err := time.Parse(time.RFC3339, parts[1])
	return err == nil && at.After(now)
}

// parseSpan reads what lifecycle.Span has written.
func parseSpan(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * day, err == nil && n > 0 && n <= 10_000
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}

// maxName is the longest name that the register takes, in bytes.
const maxName = 1024

// name names a notice. A grant whose id is too long for it is named by a hash.
func name(grant string, a *lifecycle.Ahead, mark time.Duration) string {
	rest := " " + entry(a, mark)
	if len(grant)+len(rest) > maxName {
		sum := sha256.Sum256([]byte(grant))
		grant = "sha256:" + hex.EncodeToString(sum[:])
	}
	return grant + rest
}
