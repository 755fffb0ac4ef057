package rest

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// OpenReview opens a case.
func (s *System) OpenReview(ctx context.Context, c system.Case) error {
	rules, err := s.reviewQueue(ctx)
	if err != nil {
		return err
	}
	if !system.UsableReviewKey(c.Key) {
		return s.refuse(fault.ErrConfig, fmt.Sprintf("A case cannot have the key %.80q.", c.Key), "Report this: it is a defect of the provider.")
	}
	reviewer, err := s.known(ctx, rules, rules.reviewerOf(&c.Reviewer))
	if err != nil {
		return err
	}
	text := rules.markup(c.Body(maxReviewText)) + "\n\n" + mark(c.Key) + "\n"
	made, err := s.act(ctx, rules, actOpen, &actCase{Case: c, text: text, reviewer: reviewer})
	if err != nil {
		return err
	}
	r, _, err := s.reviewOf(rules, made, "")
	if err != nil {
		return s.reviewClient.Unusable("it does not say which case it has opened: "+err.Error(), adviceDescription)
	}
	s.rememberOpened(c.Key, r.ID)
	return nil
}

// AssignReview gives a case to a reviewer, and sets when it is due.
func (s *System) AssignReview(ctx context.Context, r *system.Review, c system.Case) error {
	rules, now, err := s.openCase(ctx, r.ID, c.Key)
	if err != nil || now == nil || now.Stands(&c) {
		return err
	}
	name := rules.reviewerOf(&c.Reviewer)
	value, err := s.known(ctx, rules, name)
	if err != nil {
		return err
	}
	if value == "" {
		return s.unknownReviewer(&c.Reviewer, name)
	}
	_, err = s.act(ctx, rules, actAssign, &actCase{Case: c, id: r.ID, reviewer: value})
	if err != nil {
		return err
	}
	after, err := s.caseByID(ctx, rules, r.ID, c.Key)
	if err != nil || after == nil {
		return err
	}
	switch {
	case after.Status != system.ReviewOpen:
		return nil
	case !c.Reviewer.Is(after.Assignee):
		return s.unknownReviewer(&c.Reviewer, name)
	case !after.IsDue(c.DueAt):
		acts := rules.acts[actAssign]
		return s.lacks(acts[len(acts)-1].right)
	}
	return nil
}

// known returns by what a case is given to somebody; empty if it cannot be.
func (s *System) known(ctx context.Context, rules *reviewRules, name string) (string, error) {
	value, rows := "", 0
	if name == "" {
		return "", ctx.Err()
	}
	if rules.askable != nil {
		if safe, err := rules.askable.bool(s.variables(name)); err != nil || !safe {
			return "", err
		}
	}
	err := untilConsistent(s.reviewClient, func() error {
		value, rows = "", 0
		return rules.known.read(ctx, s, s.reviewClient, map[string]string{reviewerPlace: name}, func(item any) (string, error) {
			rows++
			variables := s.itemVariables(item, "")
			have, err := rules.name.text(variables)
			if err == nil && system.Fold(have) == system.Fold(name) {
				value, err = rules.value.text(variables)
			}
			return strconv.Itoa(rows), err
		})
	})
	return value, err
}

func (s *System) unknownReviewer(r *system.Reviewer, name string) error {
	return s.refuse(fault.ErrConfig,
		fmt.Sprintf("The system %q does not give a case to the reviewer %.80q, whom it would know as %.80q.", s.config.Name, system.Clean(r.Name), system.Clean(name)),
		"Let the reviewer take part where the cases are, name them in reviewers if the queue knows them by another name, or name another reviewer in the record or in the policy.")
}

// CommentReview adds a comment to a case.
func (s *System) CommentReview(ctx context.Context, r *system.Review, text string) error {
	rules, err := s.reviewQueue(ctx)
	if err != nil {
		return err
	}
	_, err = s.act(ctx, rules, actComment, &actCase{id: r.ID, text: rules.markup(system.CutBytes(text, maxReviewText))})
	return err
}

// WithdrawReview closes an open case.
func (s *System) WithdrawReview(ctx context.Context, id, why string) error {
	rules, now, err := s.openCase(ctx, id, "")
	if err != nil || now == nil {
		return err
	}
	_, err = s.act(ctx, rules, actWithdraw, &actCase{id: id, text: rules.markup(system.CutBytes(why, maxReviewText))})
	return err
}

// openCase returns the case with an id; nil if it is not open.
func (s *System) openCase(ctx context.Context, id, key string) (*reviewRules, *system.Review, error) {
	rules, err := s.reviewQueue(ctx)
	if err != nil {
		return nil, nil, err
	}
	now, err := s.caseByID(ctx, rules, id, key)
	if err != nil || now == nil || now.Status != system.ReviewOpen {
		return rules, nil, err
	}
	return rules, now, nil
}

// actCase is what the requests of an act can read of a case.
type actCase struct {
	system.Case
	id, text, reviewer string
}

// variables are what the bodies of requests can read. A case that is never due has no
// day, no time and no noon of that day.
func (c *actCase) variables() map[string]any {
	out := map[string]any{
		"id": c.id, "key": c.Key, "mark": mark(c.Key), "grant": system.Clean(c.Grant), "title": system.CutBytes(system.Clean(c.Title), maxTitle), "text": c.text,
		"reviewer": c.reviewer, "due_day": nil, "due_time": nil, "due_noon": nil,
	}
	if at := c.DueAt.UTC(); !c.DueAt.IsZero() {
		out["due_day"], out["due_time"], out["due_noon"] = at.Format(time.DateOnly), at.Format(time.RFC3339), at.Format(time.DateOnly)+"T12:00:00Z"
	}
	return out
}

// act sends the requests of an act and returns the answer to the last one.
func (s *System) act(ctx context.Context, rules *reviewRules, name string, of *actCase) (made any, err error) {
	asked := map[string]string{idPlace: of.id, keyPlace: of.Key, markPlace: mark(of.Key)}
	variables := map[string]any{"settings": s.settings, "case": of.variables()}
	for i := range rules.acts[name] {
		variables["made"] = made
		if made, err = s.request(ctx, &rules.acts[name][i], of, asked, variables); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// request sends one request of an act.
func (s *System) request(ctx context.Context, a *act, of *actCase, asked map[string]string, variables map[string]any) (any, error) {
	v, err := a.body.eval(variables)
	if err != nil {
		return nil, s.reviewClient.Unusable(err.Error(), adviceDescription)
	}
	body, err := toJSON(v)
	if err != nil {
		return nil, s.reviewClient.Unusable(err.Error(), adviceDescription)
	}
	response, err := s.reviewClient.Do(ctx, httpclient.Request{
		Method: a.method, Path: a.path.fill(asked), TrailingSlash: a.path.slash, Query: a.query.fill(asked), Body: body,
	})
	if err != nil {
		return nil, err
	}
	if response.Status == http.StatusNoContent {
		response.Body = []byte("null")
	}
	answered, err := s.answer(s.reviewClient, response, of.id)
	if err != nil {
		return nil, err
	}
	if denied, err := a.denied.bool(answered.variables); err == nil && denied {
		return nil, s.lacks(a.right)
	}
	if err := s.failed(s.reviewClient, answered); err != nil {
		return nil, err
	}
	if done, err := a.done.bool(answered.variables); err != nil || !done {
		return nil, s.reviewClient.Malformed(response, "it does not say that the change was made")
	}
	if a.item == nil {
		return answered.variables["body"], nil
	}
	item, err := a.item.eval(answered.variables)
	if err != nil {
		return nil, s.reviewClient.Malformed(response, err.Error())
	}
	return item.Value(), nil
}

// lacks returns the fault of a change that was refused, or that did not take effect,
// because the account lacks a right.
func (s *System) lacks(right string) error {
	return s.refuse(fault.ErrDenied, fmt.Sprintf("The system %q refused a change of a case: the account lacks %s.", s.config.Name, right),
		fmt.Sprintf("Give the account %s.", right))
}
