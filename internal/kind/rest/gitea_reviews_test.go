package rest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

const (
	giteaIssues = "/repos/boss/reviews/issues"
	giteaScopes = "write:issue,read:repository" // what the description says, and nothing else
)

// giteaQueue is a repository with the people and labels that reviews need.
func giteaQueue(t *testing.T) *servers.GiteaServer {
	t.Helper()
	g := servers.Gitea(t)
	for _, name := range []string{"asks", "ann", "ben", "zoe"} {
		g.AddUser(t, servers.GiteaUser{Username: name, Email: name + "@example.test"})
	}
	g.Call(t, http.MethodPost, "/user/repos", map[string]any{"name": "reviews", "private": true}, nil)
	for _, name := range []string{"asks", "ann", "ben"} {
		g.Call(t, http.MethodPut, "/repos/boss/reviews/collaborators/"+name, map[string]any{"permission": "write"}, nil)
	}
	for _, name := range []string{"access-confirmed", "access-rejected"} {
		g.Call(t, http.MethodPost, "/repos/boss/reviews/labels", map[string]any{"name": name, "color": "#00aabb"}, nil)
	}
	return g
}

func openGiteaQueue(t *testing.T, address, token string, change ...func(*Config)) *System {
	t.Helper()
	return mustNew(t, Config{
		Name: "git", Kind: "gitea", URL: address, Secrets: map[string]string{"token": token},
		Settings: map[string]string{"owner": "boss", "repository": "reviews"}, Retries: 1, Wait: impatient, Timeout: 20 * time.Second,
	}, change)
}

// labelOf returns the number of a label.
func labelOf(t *testing.T, g *servers.GiteaServer, name string) int64 {
	t.Helper()
	var all []struct {
		ID   int64
		Name string
	}
	g.Call(t, http.MethodGet, "/repos/boss/reviews/labels", nil, &all)
	for _, l := range all {
		if l.Name == name {
			return l.ID
		}
	}
	t.Fatalf("there is no label %q", name)
	return 0
}

func giteaStage(t *testing.T, g *servers.GiteaServer) *systemtest.ReviewStage {
	t.Helper()
	asks, reads := g.TokenOf(t, "asks", giteaScopes), g.TokenOf(t, "asks", "read:issue,read:repository")
	who := func(name string) system.Reviewer {
		return system.Reviewer{User: name, Email: name + "@example.test", Name: strings.ToUpper(name)}
	}
	answer := func(t *testing.T, id, by string, status system.ReviewStatus, note string) bool {
		t.Helper()
		if note != "" && !g.Ask(t, by, http.MethodPost, giteaIssues+"/"+id+"/comments", map[string]any{"body": note}, nil) {
			t.Errorf("%s could not comment on %s", by, id)
		}
		return g.Ask(t, by, http.MethodPost, giteaIssues+"/"+id+"/labels", map[string]any{"labels": []int64{labelOf(t, g, "access-"+string(status))}}, nil)
	}
	right := map[string]string{}
	for _, method := range []string{"OpenReview", "AssignReview", "CommentReview", "WithdrawReview"} {
		right[method] = "write:issue"
	}
	return &systemtest.ReviewStage{
		Queue: openGiteaQueue(t, g.URL, asks), Reader: openGiteaQueue(t, g.URL, reads), Right: right,
		Another: func(t *testing.T) system.Reviews { return openGiteaQueue(t, g.URL, asks) },
		Ann:     who("ann"), Ben: who("ben"), Unknown: who("nosuch"),
		Answer: func(t *testing.T, id string, by *system.Reviewer, status system.ReviewStatus, note string) {
			if !answer(t, id, by.User, status, note) {
				t.Fatalf("%s could not answer %s", by.User, id)
			}
		},
		AnswerItself: func(t *testing.T, id string) { answer(t, id, "asks", system.ReviewConfirmed, "") },
		Reassign: func(t *testing.T, id string, to *system.Reviewer) {
			g.Call(t, http.MethodPatch, giteaIssues+"/"+id, map[string]any{"assignees": []string{to.User}}, nil)
		},
		Close: func(t *testing.T, id string) {
			g.Call(t, http.MethodPatch, giteaIssues+"/"+id, map[string]any{"state": "closed"}, nil)
		},
		Ways: []string{`"access-confirmed"`, `"access-rejected"`, "assignees"},
		Stray: func(t *testing.T) string {
			var made struct{ Number int64 }
			g.Call(t, http.MethodPost, giteaIssues, map[string]any{"title": "By hand", "body": "Case: custody-by-hand"}, &made)
			return strconv.FormatInt(made.Number, 10)
		},
		Reads: func(t *testing.T, id string) (title, text string) {
			var issue struct{ Title, Body string }
			var comments []struct{ Body string }
			if !g.Ask(t, "ann", http.MethodGet, giteaIssues+"/"+id, nil, &issue) || !g.Ask(t, "ann", http.MethodGet, giteaIssues+"/"+id+"/comments", nil, &comments) {
				t.Fatalf("a reviewer cannot read %s", id)
			}
			text = issue.Body
			for _, c := range comments {
				text += "\n" + c.Body
			}
			return issue.Title, text
		},
	}
}

// With a token that has the scopes of the description and no others.
func TestGiteaReviewsConform(t *testing.T) {
	g := giteaQueue(t)
	systemtest.Reviews(t, systemtest.ReviewsHarness{
		Open: func(t *testing.T) *systemtest.ReviewStage { return giteaStage(t, g) },
		Broken: map[string]func(*testing.T) system.Reviews{
			"no such token": func(t *testing.T) system.Reviews { return openGiteaQueue(t, g.URL, fmt.Sprintf("%040d", 1)) },
			"hidden": func(t *testing.T) system.Reviews {
				return openGiteaQueue(t, g.URL, g.TokenOf(t, "zoe", giteaScopes))
			},
		},
	})
}

func TestGiteaReviews(t *testing.T) {
	g := giteaQueue(t)
	s := giteaStage(t, g)
	t.Run("people of other names", func(t *testing.T) {
		q := openGiteaQueue(t, g.URL, g.TokenOf(t, "asks", giteaScopes), func(c *Config) { c.Reviewers = map[string]string{"Ann.Archer@corp.example": "ann"} })
		c := system.Case{Key: "other-1", Title: "Still needed?", Text: "Facts.", Reviewer: system.Reviewer{User: "aarcher", Email: "ann.archer@corp.example", Name: "Ann"}}
		if err := q.OpenReview(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		r, err := q.Review(t.Context(), c.Key)
		if err != nil || r == nil {
			t.Fatal(r, err)
		}
		if err := q.AssignReview(t.Context(), r, c); err != nil {
			t.Fatal(err)
		}
		s.Answer(t, r.ID, &system.Reviewer{User: "ann"}, system.ReviewConfirmed, "Yes.")
		if r, err = q.Review(t.Context(), c.Key); err != nil || r.AnsweredBy != "Ann.Archer@corp.example" || r.Assignee != r.AnsweredBy || r.Note != "Yes." {
			t.Errorf("got %+v, %v", r, err)
		}
	})
	t.Run("both labels", func(t *testing.T) {
		c := system.Case{Key: "both-1", Title: "Still needed?", Text: "Facts.", Reviewer: s.Ann}
		if err := s.Queue.OpenReview(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		r, err := s.Queue.Review(t.Context(), c.Key)
		if err != nil || r == nil {
			t.Fatal(r, err)
		}
		s.Answer(t, r.ID, &s.Ann, system.ReviewRejected, "")
		s.Answer(t, r.ID, &s.Ben, system.ReviewConfirmed, "")
		if r, err = s.Queue.Review(t.Context(), c.Key); err != nil || r.Status != system.ReviewRejected || r.AnsweredBy != "ann" {
			t.Errorf("got %+v, %v", r, err)
		}
	})
	t.Run("gone", func(t *testing.T) {
		if err := s.Queue.WithdrawReview(t.Context(), "999", "No more."); err != nil {
			t.Error(err)
		}
	})
	t.Run("without its labels", func(t *testing.T) {
		g.Call(t, http.MethodDelete, fmt.Sprintf("/repos/boss/reviews/labels/%d", labelOf(t, g, "access-rejected")), nil, nil)
		q := openGiteaQueue(t, g.URL, g.TokenOf(t, "asks", giteaScopes))
		_, err := q.Review(t.Context(), "k")
		if !errors.Is(err, fault.ErrConfig) || !strings.Contains(err.Error(), "access-rejected") {
			t.Errorf("got %v", err)
		}
	})
}
