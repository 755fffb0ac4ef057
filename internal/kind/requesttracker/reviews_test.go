package requesttracker

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

var (
	ann = system.Reviewer{ID: "corp/ann", User: "ann", Email: "ann@example.org", Name: "Ann Archer"}
	dan = system.Reviewer{ID: "corp/dan", User: "dan", Email: "dan@example.org", Name: "Dan Draper"}
)

// asking returns the configuration of an account that asks for reviews.
func asking(rt *servers.RequestTracker) Config {
	return Config{Name: "hq", URL: rt.URL, Token: rt.Asks, Reviews: &ReviewConfig{Queue: "Access Review"}}
}

// answerTicket answers as a person does on the page of the ticket: with a comment and a
// status in one request.
func answerTicket(t *testing.T, rt *servers.RequestTracker, id, token string, status system.ReviewStatus, note string) {
	t.Helper()
	if note == "" {
		if !rt.Ask(t, token, http.MethodPut, "/ticket/"+id, map[string]any{"Status": status}, nil) {
			t.Fatalf("ticket %s could not be answered", id)
		}
		return
	}
	if !rt.Ask(t, token, http.MethodPost, "/ticket/"+id+"/comment", map[string]any{"Content": note, "ContentType": "text/plain", "Status": status}, nil) {
		t.Fatalf("ticket %s could not be answered with a note", id)
	}
}

// ticketText returns the subject of a ticket and everything that was written there, as
// somebody can read it.
func ticketText(t *testing.T, rt *servers.RequestTracker, id, token string) (subject, text string) {
	t.Helper()
	var ticket struct{ Subject string }
	if !rt.Ask(t, token, http.MethodGet, "/ticket/"+id, nil, &ticket) {
		t.Fatalf("the reviewer cannot see ticket %s", id)
	}
	var history struct{ Items []struct{ ID any } }
	rt.Ask(t, token, http.MethodGet, "/ticket/"+id+"/history?per_page=100", nil, &history)
	var b strings.Builder
	for _, x := range history.Items {
		name, _ := x.ID.(string)
		var one struct {
			Links []struct {
				Ref string `json:"ref"`
				URL string `json:"_url"`
			} `json:"_hyperlinks"`
		}
		rt.Ask(t, token, http.MethodGet, "/transaction/"+name, nil, &one)
		for _, link := range one.Links {
			if link.Ref != "attachment" {
				continue
			}
			var part struct{ Content string }
			rt.Ask(t, token, http.MethodGet, "/attachment/"+path.Base(link.URL), nil, &part)
			raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(part.Content, "\n", ""))
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString(strings.ReplaceAll(string(raw), "\r", "") + "\n")
		}
	}
	return ticket.Subject, b.String()
}

// pageActions are the labels that the page of a ticket offers, by the file of the guide.
func pageActions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../../examples/reviews/request-tracker/lifecycle.pm")
	if err != nil {
		t.Fatal(err)
	}
	out := []string{"Actions", "Owner"}
	for _, label := range regexp.MustCompile(`label => '([^']+)'`).FindAllStringSubmatch(string(text), -1) {
		out = append(out, `"`+label[1]+`"`)
	}
	if len(out) != 4 {
		t.Fatalf("the lifecycle offers %q", out)
	}
	return out
}

func stage(t *testing.T, rt *servers.RequestTracker) *systemtest.ReviewStage {
	t.Helper()
	c := asking(rt)
	reader := c
	reader.Token = rt.Watches
	queue := mustOpen(t, c)
	tokens := map[string]string{"ann": rt.People["ann"], "dan": rt.People["dan"]}
	holder := func(id string) string {
		var ticket struct{ Owner struct{ ID string } }
		rt.Call(t, http.MethodGet, "/ticket/"+id, nil, &ticket)
		return tokens[ticket.Owner.ID]
	}
	return &systemtest.ReviewStage{
		Queue: queue, Reader: mustOpen(t, reader), Another: func(t *testing.T) system.Reviews { return mustOpen(t, c) },
		Right: map[string]string{"OpenReview": "CreateTicket", "AssignReview": "ReassignTicket", "CommentReview": "ModifyTicket", "WithdrawReview": "ModifyTicket"},
		Ann:   ann, Ben: dan, Unknown: system.Reviewer{User: "zoe", Email: "zoe@example.org", Name: "Zoe"},
		Answer: func(t *testing.T, id string, by *system.Reviewer, status system.ReviewStatus, note string) {
			answerTicket(t, rt, id, tokens[by.User], status, note)
		},
		AnswerItself: func(t *testing.T, id string) {
			rt.Ask(t, rt.Asks, http.MethodPut, "/ticket/"+id, map[string]any{"Status": "confirmed"}, nil)
		},
		Reassign: func(t *testing.T, id string, to *system.Reviewer) {
			rt.Set(t, "ticket", id, map[string]any{"Owner": to.User}, "Owner changed from")
		},
		Close: func(t *testing.T, id string) {
			rt.Set(t, "ticket", id, map[string]any{"Status": "withdrawn"}, "changed from")
		},
		Ways: pageActions(t),
		Stray: func(t *testing.T) string {
			var made struct{ ID any }
			rt.Call(t, http.MethodPost, "/ticket", map[string]any{"Queue": "Access Review", "Subject": "By hand"}, &made)
			return fmt.Sprint(made.ID)
		},
		Reads: func(t *testing.T, id string) (title, text string) { return ticketText(t, rt, id, holder(id)) },
	}
}

// With exactly the rights that the files of the guide give, and in a time zone that is
// not that of the server.
func TestReviewsConform(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	systemtest.Reviews(t, systemtest.ReviewsHarness{Open: func(t *testing.T) *systemtest.ReviewStage { return stage(t, rt) }})
}
