package requesttracker

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	adviceQueue = "Set up the queue as the guide of this kind of system says (lifecycle, custom fields, rights and first ticket), or correct the block reviews. " +
		"The guide has two files that do it."
	adviceSeen = "Give the account of the token the right ShowTicket for the queue. If the queue is new, open a ticket in it and withdraw it, as the guide of this " +
		"kind of system says: a queue that shows no ticket proves nothing."
	adviceDefect = "Report this: it is a defect of the provider."
)

// reviewQueue is the queue of reviews, as its setup was found.
type reviewQueue struct {
	id         string
	keyField   int64
	keyName    string // as Request Tracker spells it
	grantField int64  // 0 if there is none
	grantName  string
}

// reviewQueue checks, once in a run, that the queue is set up.
func (s *System) reviewQueue(ctx context.Context) (*reviewQueue, error) {
	if s.config.Reviews == nil {
		return nil, s.refuse(fault.ErrConfig, fmt.Sprintf("The system %q has no block reviews.", s.config.Name), "Add the block reviews to the system.")
	}
	return s.reviews.Get(ctx, "", func(ctx context.Context) (*reviewQueue, error) {
		name := s.config.Reviews.Queue
		have, err := s.named(ctx, s.reviewClient, "queues", []map[string]string{isNamed(name)})
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(have, func(e entry) bool { return system.Fold(e.Name) == system.Fold(name) })
		if i < 0 {
			return nil, s.notSetUp(fmt.Sprintf("there is no queue %s, or the account of the token lacks the right SeeQueue there", quote(name)))
		}
		if _, err := have[i].ID.number(); err != nil {
			return nil, s.reviewClient.Unusable(fmt.Sprintf("the id of %s is not a number", quote(name)), adviceServer)
		}
		return s.setUp(ctx, string(have[i].ID))
	})
}

// setUp reads the lifecycle and the custom fields of the queue.
func (s *System) setUp(ctx context.Context, id string) (*reviewQueue, error) {
	r, err := s.reviewClient.Get(ctx, api("queue", id), nil)
	if err != nil {
		return nil, err
	}
	if r.Status != http.StatusOK {
		return nil, s.reviewClient.Refused(r)
	}
	var q struct {
		Name, Lifecycle    string
		TicketCustomFields []struct {
			ID   ident  `json:"id"`
			Name string `json:"name"`
		}
	}
	if err := r.JSON(&q); err != nil || q.Lifecycle == "" {
		return nil, s.reviewClient.Malformed(r, "it is not a queue")
	}
	c := s.config.Reviews
	if q.Lifecycle != c.Lifecycle {
		return nil, s.notSetUp(fmt.Sprintf("the queue %s has the lifecycle %s and not %s", quote(c.Queue), quote(q.Lifecycle), quote(c.Lifecycle)))
	}
	out := &reviewQueue{id: id}
	for _, field := range q.TicketCustomFields {
		switch n, err := field.ID.number(); {
		case err != nil:
			return nil, s.reviewClient.Malformed(r, "a custom field has no number")
		case system.Fold(field.Name) == system.Fold(c.KeyField):
			if out.keyField != 0 {
				return nil, s.notSetUp(fmt.Sprintf("the queue %s has several custom fields named %s", quote(c.Queue), quote(c.KeyField)))
			}
			out.keyField, out.keyName = n, field.Name
		case c.GrantField == "" && field.Name == "Custody Grant" || c.GrantField != "" && system.Fold(field.Name) == system.Fold(c.GrantField):
			out.grantField, out.grantName = n, field.Name
		}
	}
	const hidden = "the queue %s has no custom field %s for tickets, or the account of the token lacks the right SeeCustomField there"
	if out.keyField == 0 {
		return nil, s.notSetUp(fmt.Sprintf(hidden, quote(c.Queue), quote(c.KeyField)))
	}
	if c.GrantField != "" && out.grantField == 0 {
		return nil, s.notSetUp(fmt.Sprintf(hidden, quote(c.Queue), quote(c.GrantField)))
	}
	return out, nil
}

// provenAbsent checks that the account sees any ticket of the queue: Request Tracker
// leaves out what it may not see, and then every case would look absent.
func (s *System) provenAbsent(ctx context.Context, q *reviewQueue) error {
	query := url.Values{"query": {"Queue = " + q.id}, "per_page": {"1"}, "fields": {"Queue"}}
	r, err := s.reviewClient.Get(ctx, api("tickets"), query)
	if err != nil {
		return err
	}
	if r.Status != http.StatusOK {
		return s.reviewClient.Refused(r)
	}
	var p page[ticket]
	if err := r.JSON(&p); err != nil || p.Count == nil {
		return s.reviewClient.Malformed(r, "it is not a list of tickets")
	}
	for _, t := range p.Items {
		if t != nil && t.Queue != nil && string(t.Queue.ID) == q.id {
			return nil
		}
	}
	return s.reviewClient.Unusable(fmt.Sprintf("its queue %s shows no ticket at all, so a missing case proves nothing", quote(s.config.Reviews.Queue)), adviceSeen)
}

// userID returns the number of the user who is a reviewer; empty if there is none. A
// number is used because Request Tracker takes a name of digits for one.
func (s *System) userID(ctx context.Context, r *system.Reviewer) (string, error) {
	field, key := "Name", r.User
	if s.config.Reviews.ReviewerKey == ownerEmail {
		field, key = "EmailAddress", r.Email
	}
	key, usable := system.UsableKey(key)
	if !usable || field == "Name" && system.Fold(key) == system.Fold(nobody) {
		return "", ctx.Err()
	}
	text, err := json.Marshal([]map[string]string{{"field": field, "value": key}})
	if err != nil {
		return "", err
	}
	answer, err := s.reviewClient.Get(ctx, api("users"), url.Values{
		"query": {string(text)}, "fields": {"Name,EmailAddress,_hyperlinks"}, "per_page": {strconv.Itoa(MaxPageSize)},
	})
	if err != nil {
		return "", err
	}
	if answer.Status != http.StatusOK {
		return "", s.reviewClient.Refused(answer)
	}
	var p page[struct {
		Name         string
		EmailAddress string
		Links        []reference `json:"_hyperlinks"`
	}]
	if err := answer.JSON(&p); err != nil || p.Count == nil {
		return "", s.reviewClient.Malformed(answer, "it is not a list of users")
	}
	var found []string
	for _, user := range p.Items {
		if user == nil {
			continue
		}
		have := map[string]string{"Name": user.Name, "EmailAddress": user.EmailAddress}[field]
		if system.Fold(have) != system.Fold(key) {
			continue
		}
		for _, link := range user.Links {
			if _, err := link.ID.number(); err == nil && link.Ref == "self" {
				found = append(found, string(link.ID))
			}
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", s.unknownReviewer(r, "is several users of Request Tracker")
	case len(p.Items) > 0:
		return "", s.reviewClient.Unusable("it was asked for one user and gives others, which it does if users cannot be searched by "+field,
			"Add "+field+" to UserSummaryExtraInfo in the settings of Request Tracker, which has it unless it was changed.")
	}
	return "", nil
}

// refuse returns a fault of a review.
func (s *System) refuse(kind error, happened, advice string) error {
	return &fault.Fault{Kind: kind, Summary: reviewSummary, Happened: happened, Advice: advice}
}

func (s *System) notSetUp(why string) error {
	return s.refuse(fault.ErrConfig, fmt.Sprintf("The system %q is not set up for reviews: %s.", s.config.Name, why), adviceQueue)
}

// lacks returns the fault of a missing right.
func (s *System) lacks(act, right string, _ *reviewQueue) error {
	queue := quote(s.config.Reviews.Queue)
	return s.refuse(fault.ErrDenied,
		fmt.Sprintf("In the system %q, the account of the token may not %s: the right %s is missing for the queue %s.", s.config.Name, act, right, queue),
		fmt.Sprintf("Give the account the right %s for the queue %s (Admin, Queues, the queue, Group Rights or User Rights). SuperUser is not needed.", right, queue))
}

func (s *System) unknownReviewer(r *system.Reviewer, why string) error {
	key := "user name " + quote(r.User)
	if s.config.Reviews.ReviewerKey == ownerEmail {
		key = "address " + quote(r.Email)
	}
	return s.refuse(fault.ErrConfig,
		fmt.Sprintf("In the system %q, the reviewer %s with the %s %s.", s.config.Name, quote(r.Name), key, why),
		"Add or enable the user in Request Tracker and give it the right OwnTicket for the queue "+quote(s.config.Reviews.Queue)+
			", or name another reviewer in the record or in the policy. reviewer_key says by which attribute users are found.")
}

// notGiven explains why a ticket was not given to a reviewer. Only the messages of
// Request Tracker tell a reviewer without a right from an account without one.
func (s *System) notGiven(q *reviewQueue, r *system.Reviewer, said []string) error {
	for _, message := range said {
		if strings.Contains(message, "may not own tickets") {
			return s.unknownReviewer(r, "lacks the right OwnTicket")
		}
	}
	return s.lacks("give a ticket to "+quote(r.Name)+" that somebody else has", "ReassignTicket", q)
}
