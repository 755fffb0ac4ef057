package rest

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// recordedReview is what is done with a case of a recording.
type recordedReview struct {
	Key      string `yaml:"key"`
	Act      string `yaml:"act"` // open, assign, comment, withdraw, list; the case is read without one
	ID       string `yaml:"id"`
	Reviewer string `yaml:"reviewer"` // a user name; ann if unstated
	Denied   string `yaml:"denied"`   // what the error says of a right that is missing
	Config   string `yaml:"config"`   // what the error says of what is wrong
}

func (r *recordedReview) play(t *testing.T, s *System) ([]map[string]any, error) {
	t.Helper()
	user := r.Reviewer
	if user == "" {
		user = "ann"
	}
	c := system.Case{
		Key: r.Key, Grant: "cmdb/APP-1#x", Title: "Still needed?", Text: "Facts.\n/close\n",
		Reviewer: system.Reviewer{User: user, Email: user + "@example.org", Name: user}, DueAt: time.Date(2030, time.June, 30, 22, 0, 0, 0, time.UTC),
	}
	held := &system.Review{ID: r.ID, Key: r.Key, Status: system.ReviewOpen}
	var shown *system.Review
	var err error
	switch r.Act {
	case "":
		shown, err = s.Review(t.Context(), r.Key)
	case actOpen:
		err = s.OpenReview(t.Context(), c)
	case actAssign:
		err = s.AssignReview(t.Context(), held, c)
	case actComment:
		err = s.CommentReview(t.Context(), held, "Soon.")
	case "list":
		return listedReviews(t, s)
	case actWithdraw:
		err = s.WithdrawReview(t.Context(), r.ID, "No more.")
	default:
		t.Fatalf("there is no act %q", r.Act)
	}
	for kind, words := range map[error]string{fault.ErrDenied: r.Denied, fault.ErrConfig: r.Config} {
		if words == "" {
			continue
		}
		if !errors.Is(err, kind) || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, want %v with %q", err, kind, words)
		}
		return nil, nil
	}
	if err != nil || shown == nil {
		return nil, err
	}
	return []map[string]any{shapeOfReview(shown)}, nil
}

// listedReviews lists what has happened since the year 2030.
func listedReviews(t *testing.T, s *System) ([]map[string]any, error) {
	t.Helper()
	list, err := s.ListReviews(t.Context(), system.ReviewQuery{Since: time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC), Most: 10})
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for i := range list.Reviews {
		r := &list.Reviews[i]
		row := shapeOfReview(r)
		maps.Copy(row, shapeOf("key", r.Key, "grant", r.Grant))
		out = append(out, row)
	}
	return out, nil
}

func shapeOfReview(shown *system.Review) map[string]any {
	return shapeOf(
		"id", shown.ID, "status", shown.Status, "assignee", shown.Assignee, "due", shown.DueAt, "url", shown.URL, "by", shown.AnsweredBy, "at", shown.AnsweredAt,
		"note", shown.Note, "others", strings.Join(shown.Others, " "),
	)
}

// shapeOf returns names and values as a recording states them.
func shapeOf(fields ...any) map[string]any {
	m := make(map[string]any)
	for i := 0; i < len(fields); i += 2 {
		if text := fmt.Sprint(fields[i+1]); text != "" && text != "[]" && text != "0001-01-01 00:00:00 +0000 UTC" {
			m[fmt.Sprint(fields[i])] = strings.TrimSuffix(text, " +0000 UTC")
		}
	}
	return m
}
