package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	reviewSummary = "Unable to Ask for Review"
	maxTitle      = 150      // bytes; a short description of ServiceNow holds 160 characters
	maxReviewText = 32 << 10 // bytes; trackers hold 64 KiB in a text
	adviceSetUp   = "Set it up as the guide of this kind of system says, then plan again."
	adviceEvents  = "Give the account the right to read the history of the case, or correct the case in the system; then plan again."
)

var _ system.Reviews = (*System)(nil)

// A mark is this word with so many digits behind it.
const (
	markStart  = "custody"
	markLength = 32
)

// mark is a word for a key that is a label, and is found again, in any tracker.
func mark(key string) string {
	sum := sha256.Sum256([]byte(key))
	return markStart + hex.EncodeToString(sum[:])[:markLength]
}

// reviewQueue checks, once in a run, that what the description needs is set up.
func (s *System) reviewQueue(ctx context.Context) (*reviewRules, error) {
	if s.reviews == nil {
		return nil, s.refuse(fault.ErrConfig, fmt.Sprintf("The description of the system %q holds no reviews.", s.config.Name),
			"Describe reviews in the description of the system, or set what it asks for.")
	}
	_, err := s.setUp.Get(ctx, "", func(ctx context.Context) (struct{}, error) {
		for _, n := range s.reviews.needs {
			has := false
			rows := 0
			err := untilConsistent(s.reviewClient, func() error {
				return n.list.read(ctx, s, s.reviewClient, nil, func(item any) (string, error) {
					rows++
					yes, err := n.has.bool(s.itemVariables(item, ""))
					has = has || yes
					return strconv.Itoa(rows), err
				})
			})
			if err != nil {
				return struct{}{}, err
			}
			if !has {
				return struct{}{}, s.refuse(fault.ErrConfig, fmt.Sprintf("The system %q is not set up for reviews: %s", s.config.Name, n.message), adviceSetUp)
			}
		}
		return struct{}{}, nil
	})
	return s.reviews, err
}

// Review returns the case with the key. A case that this process has opened is asked for
// by its id as well: a tracker may find it only after a while.
func (s *System) Review(ctx context.Context, key string) (*system.Review, error) {
	rules, err := s.reviewQueue(ctx)
	if err != nil {
		return nil, err
	}
	if !system.UsableReviewKey(key) {
		return nil, ctx.Err()
	}
	found, err := s.search(ctx, rules, key)
	if err != nil {
		return nil, err
	}
	for _, id := range s.openedHere(key) {
		if slices.ContainsFunc(found, func(r system.Review) bool { return r.ID == id }) {
			continue
		}
		one, err := s.caseByID(ctx, rules, id, key)
		if err != nil {
			return nil, err
		}
		if one != nil {
			found = append(found, *one)
		}
	}
	if len(found) == 0 {
		return nil, s.showsCases(ctx, rules)
	}
	slices.SortFunc(found, inOrder)
	for i := range found {
		if err := s.readAnswer(ctx, rules, &found[i]); err != nil {
			return nil, err
		}
	}
	return system.FirstReview(found), nil
}

// seenCase is what the queue shows of a case besides the case itself.
type seenCase struct {
	opener string // the account that has opened it
	opened string // a text by which cases are in the order in which they were opened
}

// inOrder orders cases as they were opened: by opened, else by their ids.
func inOrder(a, b system.Review) int {
	x, _ := a.Seen.(seenCase)
	y, _ := b.Seen.(seenCase)
	if byOpened := compareIDs(x.opened, y.opened); byOpened != 0 {
		return byOpened
	}
	return compareIDs(a.ID, b.ID)
}

// compareIDs orders ids by the number that they end in: APP-9 comes before APP-10.
func compareIDs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// search asks for the cases with a key.
func (s *System) search(ctx context.Context, rules *reviewRules, key string) ([]system.Review, error) {
	var out []system.Review
	asked := map[string]string{keyPlace: key, markPlace: mark(key)}
	err := untilConsistent(s.reviewClient, func() error {
		out = nil
		return rules.find.read(ctx, s, s.reviewClient, asked, func(item any) (string, error) {
			r, keys, err := s.reviewOf(rules, item, "")
			if err != nil {
				return "", err
			}
			switch {
			case slices.Contains(keys, key) || slices.Contains(keys, mark(key)):
				r.Key = key
				out = append(out, r)
			case !slices.ContainsFunc(keys, func(have string) bool { return system.Fold(have) == system.Fold(key) }):
				return "", s.reviewClient.Unusable(fmt.Sprintf("it was asked for the case %q and answered with another", key), adviceFilter)
			}
			return r.ID, nil
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// showsCases checks that the queue shows anything, if it leaves out what is hidden.
func (s *System) showsCases(ctx context.Context, rules *reviewRules) error {
	if rules.shows == nil {
		return nil
	}
	rows, err := rules.shows.first(ctx, s, s.reviewClient, 1)
	if err == nil && len(rows) == 0 {
		err = s.reviewClient.Unusable("its queue shows nothing at all, so a missing case proves nothing", adviceRights)
	}
	return err
}

// reviewOf reads a case, without its answer, and its keys.
func (s *System) reviewOf(rules *reviewRules, item any, id string) (system.Review, []string, error) {
	if _, ok := item.(map[string]any); !ok {
		return system.Review{}, nil, errors.New("a case is not an object")
	}
	f := reader{fields: rules.fields, dates: s.dates, variables: s.itemVariables(item, id)}
	r := system.Review{
		ID: f.text("id"), URL: f.text("url"), Status: system.ReviewStatus(f.text("status")), Assignee: rules.personOf(f.text("assignee")), DueUnit: rules.due,
		Seen: seenCase{opener: f.text("opener"), opened: f.text("opened")},
	}
	keys := f.list("keys", choice)
	r.ChangedAt = f.date("changed", false)
	if grant, key := system.NamedIn(f.raw("text")); slices.Contains(keys, key) || slices.Contains(keys, mark(key)) {
		r.Grant, r.Key = grant, key
	}
	switch due := f.text("due"); {
	case due == "" || rules.due == system.DueNever:
	case rules.due == system.DueDay && len(due) > len(time.DateOnly):
		// The day is that of the system's own time zone.
		r.DueAt, f.err = s.dates.parse(due[:len(time.DateOnly)], true)
	default:
		r.DueAt, f.err = s.dates.parse(due, true)
	}
	switch {
	case f.err != nil:
		return system.Review{}, nil, f.err
	case r.ID == "":
		return system.Review{}, nil, errors.New("a case has no id")
	case !slices.Contains([]system.ReviewStatus{system.ReviewOpen, system.ReviewConfirmed, system.ReviewRejected, system.ReviewWithdrawn}, r.Status):
		return system.Review{}, nil, fmt.Errorf("the status %q of a case is not accepted", r.Status)
	}
	return r, keys, nil
}

// caseByID asks for one case; nil if it does not exist.
func (s *System) caseByID(ctx context.Context, rules *reviewRules, id, key string) (*system.Review, error) {
	response, err := rules.one.ask(ctx, s, s.reviewClient, map[string]string{idPlace: id}, nil, nil)
	if err != nil {
		return nil, err
	}
	a, err := s.answer(s.reviewClient, response, id)
	if err != nil {
		return nil, err
	}
	missing, err := rules.oneMissing.bool(a.variables)
	if err == nil && missing {
		return nil, nil //nolint:nilnil // the answer says that it does not exist
	}
	if failed := s.failed(s.reviewClient, a); failed != nil {
		return nil, failed
	}
	item, err := rules.got.eval(a.variables)
	if err != nil {
		return nil, s.reviewClient.Malformed(response, err.Error())
	}
	r, _, err := s.reviewOf(rules, item.Value(), id)
	switch {
	case err != nil:
		return nil, s.reviewClient.Malformed(response, err.Error())
	case r.ID != id:
		return nil, s.reviewClient.Malformed(response, fmt.Sprintf("it was asked for the case %q and answered with another", id))
	}
	r.Key = key
	return &r, nil
}

// event is an entry of the history of a case.
type event struct {
	by, text string
	at       time.Time
}

// readAnswer reads who has answered a case, when and with which note: from its events,
// and never from a text. An answer by the account that has opened the case does not count.
func (s *System) readAnswer(ctx context.Context, rules *reviewRules, r *system.Review) error {
	seen, _ := r.Seen.(seenCase)
	r.Seen = nil
	if r.Status != system.ReviewConfirmed && r.Status != system.ReviewRejected {
		return nil
	}
	given, err := s.events(ctx, &rules.answers, "status", r.ID)
	if err != nil {
		return err
	}
	given = slices.DeleteFunc(given, func(e event) bool { return system.ReviewStatus(e.text) != r.Status })
	if len(given) == 0 {
		return s.reviewClient.Unusable(fmt.Sprintf("the case %q is %s, and its history does not say who has answered", r.ID, r.Status), adviceEvents)
	}
	last := given[0]
	for _, e := range given[1:] {
		if !e.at.Before(last.at) {
			last = e
		}
	}
	if last.by == "" || seen.opener == "" || system.Fold(last.by) == system.Fold(seen.opener) {
		r.Status = system.ReviewWithdrawn
		return nil
	}
	written, err := s.events(ctx, &rules.notes, "text", r.ID)
	if err != nil {
		return err
	}
	var notes []system.Remark
	for _, e := range written {
		notes = append(notes, system.Remark{By: e.by, At: e.at, Text: e.text})
	}
	r.AnsweredBy, r.AnsweredAt = rules.personOf(last.by), last.at
	r.Note = system.NoteOf(notes, last.by, last.at)
	return nil
}

// events reads the events of a case, in their order.
func (s *System) events(ctx context.Context, of *events, text, id string) ([]event, error) {
	var out []event
	for _, l := range of.lists {
		rows := 0
		err := untilConsistent(s.reviewClient, func() error {
			out, rows = nil, 0
			return l.read(ctx, s, s.reviewClient, map[string]string{idPlace: id}, func(item any) (string, error) {
				rows++
				f := reader{fields: of.fields, dates: s.dates, variables: s.itemVariables(item, id)}
				e := event{by: f.text("by"), at: f.date("at", false), text: f.raw(text)}
				if e.text != "" && f.err == nil {
					if e.at.IsZero() {
						return "", errors.New("an event has no time")
					}
					out = append(out, e)
				}
				return strconv.Itoa(rows), f.err
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// personOf returns by which key custody knows somebody whom the queue names.
func (r *reviewRules) personOf(name string) string {
	if key, mapped := r.people[system.Fold(name)]; mapped {
		return key
	}
	return name
}

// reviewerOf returns how the queue names a reviewer; empty if it cannot.
func (r *reviewRules) reviewerOf(who *system.Reviewer) string {
	for _, key := range []string{who.ID, who.Email, who.User} {
		if name, mapped := r.reviewers[system.Fold(key)]; mapped && key != "" {
			return name
		}
	}
	key := who.User
	if r.byEmail {
		key = who.Email
	}
	if key, usable := system.UsableKey(key); usable {
		return key
	}
	return ""
}

// openedHere returns the ids of the cases with a key that this process has opened.
func (s *System) openedHere(key string) []string {
	s.openedLock.Lock()
	defer s.openedLock.Unlock()
	return slices.Clone(s.openedIDs[key])
}

func (s *System) rememberOpened(key, id string) {
	s.openedLock.Lock()
	defer s.openedLock.Unlock()
	if s.openedIDs == nil {
		s.openedIDs = make(map[string][]string)
	}
	s.openedIDs[key] = append(s.openedIDs[key], id)
}

func (s *System) refuse(kind error, happened, advice string) error {
	return &fault.Fault{Kind: kind, Summary: reviewSummary, Happened: happened, Advice: advice}
}
