package register

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	store "github.com/custodyhq/terraform-provider-custody/internal/register"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// told returns what the ledger tells of a case: its title, and all of its texts.
func told(t *testing.T, s *testStore, id string) (title, text string) {
	t.Helper()
	var all strings.Builder
	for e, err := range s.open.Events(t.Context(), s.workspace, 0) {
		if err != nil {
			t.Fatal(err)
		}
		var h happening
		if err := json.Unmarshal([]byte(e.Body), &h); err != nil || h.Case != id {
			continue
		}
		if e.Kind == kindOpened {
			title = h.Title
		}
		all.WriteString(h.Text + "\n")
	}
	return title, all.String()
}

// byHand changes a case as who may write into the register can.
func byHand(t *testing.T, s *testStore, change func(tx *store.Tx) (bool, error)) {
	t.Helper()
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		if changed, err := change(tx); err != nil || !changed {
			return err
		}
		_, err := tx.Append(store.Draft{Kind: "review.edited", Subject: "by hand"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What a queue promises, but for what has to do with answers: there are none.
func TestReviews(t *testing.T) {
	each(t, func(t *testing.T, fresh func(t *testing.T) string) {
		location := fresh(t)
		systemtest.Reviews(t, systemtest.ReviewsHarness{
			Open: func(t *testing.T) *systemtest.ReviewStage {
				at := newStore(t, location, "prod")
				closed := func(t *testing.T, id string) {
					byHand(t, at, func(tx *store.Tx) (bool, error) { return tx.CloseReview(id) })
				}
				return &systemtest.ReviewStage{
					Queue: newSystem(t, at), Another: func(t *testing.T) system.Reviews { return newSystem(t, newStore(t, location, "dev")) },
					Ann:     system.Reviewer{ID: "corp/ann", User: "ann", Email: "ann@example.org", Name: "Ann Archer"},
					Ben:     system.Reviewer{ID: "corp/dan", User: "dan", Name: "Dan Draper"},
					Unknown: system.Reviewer{Name: "Zoe"}, Anybody: true,
					AnswerItself: closed, Close: closed, // all that can be written of an open case
					Reassign: func(t *testing.T, id string, to *system.Reviewer) {
						byHand(t, at, func(tx *store.Tx) (bool, error) { return tx.AssignReview(id, to.User, start) })
					},
					Reads: func(t *testing.T, id string) (title, text string) { return told(t, at, id) },
					Ways:  []string{"attestation", "removing the grant"},
				}
			},
			Broken: map[string]func(t *testing.T) system.Reviews{
				"it does not open": func(t *testing.T) system.Reviews {
					return newSystem(t, newStore(t, "sqlite:"+filepath.Join(t.TempDir(), "missing", "custody.db"), "prod"))
				},
				"it is closed": func(t *testing.T) system.Reviews {
					s := newStore(t, location, "prod")
					r, err := s.Open(t.Context())
					if err == nil {
						err = r.Close()
					}
					if err != nil {
						t.Fatal(err)
					}
					return newSystem(t, s)
				},
			},
		})
	})
}

// The ledger tells a case from its beginning to its end, once each.
func TestTheLedgerTellsACase(t *testing.T) {
	each(t, func(t *testing.T, fresh func(t *testing.T) string) {
		at := newStore(t, fresh(t), "prod")
		s := newSystem(t, at)
		ann, dan := system.Reviewer{Email: "ann@example.org"}, system.Reviewer{ID: "corp/dan"}
		c := system.Case{Key: "custody-1", Grant: "cmdb/APP-1#key", Title: "Still needed?", Text: "Facts.", Reviewer: ann, DueAt: start.AddDate(0, 0, 14)}
		seen := &system.Review{ID: c.Key, Grant: c.Grant}
		handed := c
		handed.Reviewer = dan
		for _, do := range []func(context.Context) error{
			func(ctx context.Context) error { return s.OpenReview(ctx, c) },
			func(ctx context.Context) error { return s.OpenReview(ctx, c) },
			func(ctx context.Context) error { return s.AssignReview(ctx, seen, handed) },
			func(ctx context.Context) error { return s.CommentReview(ctx, seen, "In 7 days.") },
			func(ctx context.Context) error { return s.WithdrawReview(ctx, c.Key, "Attested.") },
			func(ctx context.Context) error { return s.WithdrawReview(ctx, c.Key, "Attested.") },
			func(ctx context.Context) error { return s.WithdrawReview(ctx, "custody-2", "Attested.") },
			func(ctx context.Context) error { return s.AssignReview(ctx, seen, c) },
		} {
			if err := do(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for e, err := range at.open.Events(t.Context(), "prod", 0) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Kind+" "+e.Subject+" "+e.Body)
		}
		want := []string{
			`review.opened cmdb/APP-1#key {"assignee":"ann@example.org","case":"custody-1","due_at":"2030-01-29T09:00:00Z","text":"Facts.","title":"Still needed?"}`,
			`review.assigned cmdb/APP-1#key {"assignee":"corp/dan","case":"custody-1","due_at":"2030-01-29T09:00:00Z"}`,
			`review.commented cmdb/APP-1#key {"case":"custody-1","text":"In 7 days."}`,
			`review.withdrawn cmdb/APP-1#key {"case":"custody-1","text":"Attested."}`,
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("the ledger tells\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}
