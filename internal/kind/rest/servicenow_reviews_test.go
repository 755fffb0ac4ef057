package rest

import (
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func openServiceNow(t *testing.T, address, user, password string, change ...func(*Config)) *System {
	t.Helper()
	return mustNew(t, Config{
		Name: "desk", Kind: "servicenow", URL: address, Secrets: map[string]string{"username": user, "password": password},
		Settings: map[string]string{"review_table": reviewTable}, PageSize: 3, Retries: 1, Wait: impatient, Timeout: 20 * time.Second, RequestsPerMinute: -1,
	}, change)
}

func serviceNowStage(t *testing.T, s *serviceNow, address string) *systemtest.ReviewStage {
	t.Helper()
	as := func(t *testing.T, user string) *System { return openServiceNow(t, address, user, "password of "+user) }
	who := func(name string) system.Reviewer {
		return system.Reviewer{User: name, Email: name + "@example.test", Name: strings.ToUpper(name)}
	}
	change := func(t *testing.T, user, id string, with map[string]string) {
		s.of(t, func() map[string]string { return s.change(user, id, with) })
	}
	states := map[system.ReviewStatus]string{system.ReviewConfirmed: "3", system.ReviewRejected: "4"}
	return &systemtest.ReviewStage{
		Queue: as(t, "asks"), Reader: as(t, "reads"), Another: func(t *testing.T) system.Reviews { return as(t, "asks") },
		Right: map[string]string{
			"OpenReview": "operations create and read on the table u_access_review", "AssignReview": "columns assigned_to and due_date",
			"CommentReview": "column comments", "WithdrawReview": "columns state and comments",
		},
		Ann: who("ann"), Ben: who("ben"), Unknown: who("nosuch"),
		Answer: func(t *testing.T, id string, by *system.Reviewer, status system.ReviewStatus, note string) {
			if note != "" {
				change(t, by.User, id, map[string]string{"comments": note})
			}
			change(t, by.User, id, map[string]string{"state": states[status]})
		},
		AnswerItself: func(t *testing.T, id string) { change(t, "asks", id, map[string]string{"state": "3"}) },
		Reassign: func(t *testing.T, id string, to *system.Reviewer) {
			change(t, "ann", id, map[string]string{"assigned_to": "id-of-" + to.User})
		},
		Close: func(t *testing.T, id string) { change(t, "ann", id, map[string]string{"state": "7"}) },
		Ways:  []string{`"Still needed"`, `"No longer needed"`, `"Assigned to"`},
		Stray: func(t *testing.T) string {
			return s.of(t, func() map[string]string {
				return s.open("ann", map[string]string{"short_description": "By hand", "description": "Case: custody-by-hand"})
			})["sys_id"]
		},
		Reads: func(t *testing.T, id string) (title, text string) {
			r := s.of(t, func() map[string]string { return s.change("ann", id, nil) })
			text = r["description"]
			for _, note := range s.tables["sys_journal_field"] {
				if note["element_id"] == id {
					text += "\n" + note["value"]
				}
			}
			return r["short_description"], text
		},
	}
}

// Against answers as the documentation describes them: see serviceNow.
func TestServiceNowReviewsConform(t *testing.T) {
	if leftOut("servicenow") {
		t.Skip("the queue of Gitea runs the same code under the race detector")
	}
	s := newServiceNow()
	s.open("ann", nil)
	address := systemtest.ServeHTTP(t, s)
	systemtest.Reviews(t, systemtest.ReviewsHarness{
		Open: func(t *testing.T) *systemtest.ReviewStage { return serviceNowStage(t, s, address) },
		Broken: map[string]func(*testing.T) system.Reviews{
			"another password": func(t *testing.T) system.Reviews { return openServiceNow(t, address, "asks", "guess") },
			"no right":         func(t *testing.T) system.Reviews { return openServiceNow(t, address, "guest", "password of guest") },
		},
	})
	t.Run("hidden records", func(t *testing.T) {
		stage := serviceNowStage(t, s, address)
		c := system.Case{Key: "hidden-1", Grant: "cmdb/APP-1#x", Title: "Still needed?", Text: "Facts.", Reviewer: stage.Ann}
		if err := stage.Queue.OpenReview(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		open, err := stage.Queue.Review(t.Context(), c.Key)
		if err != nil || open == nil {
			t.Fatal(open, err)
		}
		zoe := openServiceNow(t, address, "zoe", "password of zoe")
		got, err := zoe.Review(t.Context(), c.Key)
		if got != nil {
			t.Errorf("got %+v of a record that the account may not see", got)
		}
		systemtest.WantUnavailable(t, 0, err)
		systemtest.WantUnavailable(t, 0, zoe.WithdrawReview(t.Context(), open.ID, "No more."))
	})
}
