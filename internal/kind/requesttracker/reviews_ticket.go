package requesttracker

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const adviceTicket = "Correct the ticket in Request Tracker, then plan again."

// caseTicket is a ticket of the queue of reviews.
type caseTicket struct {
	id      int64
	status  string
	due     time.Time
	owner   person
	creator person
	keys    []string
	grant   string // empty if the queue has no field for it
	changed time.Time
}

// person is a user in a role of a ticket, or who has done something.
type person struct{ name, email string }

// keyOf returns what names a user: an address or a user name, empty for the user Nobody.
func (s *System) keyOf(p *person) string {
	switch {
	case p.name == nobody:
		return ""
	case s.config.Reviews.ReviewerKey == ownerEmail && p.email != "":
		return p.email
	}
	return p.name
}

// reviewRow is a ticket in a list, with the fields that reviews need.
type reviewRow struct {
	ID           ident         `json:"id"`
	Status       string        `json:"Status"`
	Due          string        `json:"Due"`
	Queue        *reference    `json:"Queue"`
	Owner        *reference    `json:"Owner"`
	Creator      *reference    `json:"Creator"`
	CustomFields *customFields `json:"CustomFields"`
	LastUpdated  string        `json:"LastUpdated"`
}

// cases returns the tickets of the queue that a condition finds, by rising ids.
func (s *System) cases(ctx context.Context, q *reviewQueue, where string) ([]*caseTicket, error) {
	query := url.Values{
		"fields": {"Status,Due,Queue,Owner,Creator,CustomFields,LastUpdated"}, "fields[Owner]": {"Name,EmailAddress"}, "fields[Creator]": {"Name,EmailAddress"},
	}
	var out []*caseTicket
	err := walk(ctx, s.reviewClient, "tickets", " AND Queue = "+q.id+where, adviceSeen, query, s.config.PageSize,
		func(r *reviewRow) ident { return r.ID },
		func(id int64, r *reviewRow) (bool, error) {
			t, err := s.caseTicket(q, id, r)
			out = append(out, t)
			return true, err
		})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// caseByID returns a ticket of the queue; nil if it is not there.
func (s *System) caseByID(ctx context.Context, q *reviewQueue, id int64) (*caseTicket, error) {
	found, err := s.cases(ctx, q, " AND id = "+strconv.FormatInt(id, 10))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if len(found) > 1 || found[0].id != id {
		return nil, s.reviewClient.Unusable(fmt.Sprintf("it was asked for ticket %d and gives others", id), adviceServer)
	}
	return found[0], nil
}

func (s *System) caseTicket(q *reviewQueue, id int64, r *reviewRow) (*caseTicket, error) {
	if r.Queue == nil || string(r.Queue.ID) != q.id || r.Owner == nil || r.Creator == nil || r.Status == "" || r.CustomFields == nil {
		return nil, s.reviewClient.Unusable(fmt.Sprintf("ticket %d was returned without its queue, people, status or custom fields", id), adviceServer)
	}
	t := &caseTicket{id: id, status: r.Status, owner: personOf(r.Owner), creator: personOf(r.Creator)}
	var err error
	if t.due, err = parseDate(r.Due, false); err != nil {
		return nil, s.reviewClient.Unusable(fmt.Sprintf("ticket %d is due at %s, and %s", id, quote(r.Due), err), adviceDue)
	}
	if t.changed, err = parseDate(r.LastUpdated, false); err != nil {
		return nil, s.reviewClient.Unusable(fmt.Sprintf("ticket %d was changed at %s, and %s", id, quote(r.LastUpdated), err), adviceServer)
	}
	for _, field := range *r.CustomFields {
		for _, value := range field.Values {
			var text string
			switch err := json.Unmarshal(value, &text); {
			case err != nil:
			case field.Name == q.keyName:
				t.keys = append(t.keys, strings.TrimSpace(text))
			case field.Name == q.grantName:
				t.grant = system.Clean(text)
			}
		}
	}
	return t, nil
}

func personOf(r *reference) person {
	p := person{name: system.Clean(string(r.ID))}
	if r.Name != nil {
		p.name = system.Clean(*r.Name)
	}
	if r.EmailAddress != nil {
		p.email = system.Clean(*r.EmailAddress)
	}
	return p
}

// review returns a ticket as a case, with its answer.
func (s *System) review(ctx context.Context, q *reviewQueue, t *caseTicket, key string) (system.Review, error) {
	out, err := s.asked(ctx, q, t, key)
	if err == nil && (out.Status == system.ReviewConfirmed || out.Status == system.ReviewRejected) {
		err = s.answerOf(ctx, t, &out)
	}
	return out, err
}

// asked returns a ticket as a case, without its answer.
func (s *System) asked(ctx context.Context, q *reviewQueue, t *caseTicket, key string) (system.Review, error) {
	number := strconv.FormatInt(t.id, 10)
	out := system.Review{
		ID: number, Key: key, Grant: t.grant, URL: s.url + "/Ticket/Display.html?id=" + number, Assignee: s.keyOf(&t.owner), DueAt: t.due,
	}
	var err error
	out.Status, err = s.statusOf(ctx, q, t)
	return out, err
}

// statusOf returns how a ticket stands. A status that the lifecycle has in addition to
// ours is open if it is active there.
func (s *System) statusOf(ctx context.Context, q *reviewQueue, t *caseTicket) (system.ReviewStatus, error) {
	if status, ours := s.statuses[system.Fold(t.status)]; ours {
		return status, nil
	}
	active, err := s.cases(ctx, q, " AND Status = '__Active__' AND id = "+strconv.FormatInt(t.id, 10))
	if err != nil || len(active) == 0 {
		return system.ReviewWithdrawn, err
	}
	return system.ReviewOpen, nil
}

// transaction is an entry in the history of a ticket.
type transaction struct {
	ID       ident      `json:"id"`
	Object   string     `json:"type"` // otherwise it would be read as Type
	Type     string     `json:"Type"`
	Field    string     `json:"Field"`
	NewValue string     `json:"NewValue"`
	Created  string     `json:"Created"`
	Creator  *reference `json:"Creator"`
}

// answerOf reads who has answered, when, and with which note: from the history, because
// neither Resolved nor the last update of a ticket belongs to the answer. An answer by
// the account that has opened the case does not count.
func (s *System) answerOf(ctx context.Context, t *caseTicket, out *system.Review) error {
	history, err := s.history(ctx, t.id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(history, changesStatus)
	if i < 0 || system.Fold(history[i].NewValue) != system.Fold(t.status) {
		return s.reviewClient.Unusable(fmt.Sprintf("ticket %d is %s, and its history does not say since when", t.id, quote(t.status)), adviceTicket)
	}
	at, err := parseDate(history[i].Created, false)
	if err != nil || at.IsZero() {
		return s.reviewClient.Unusable(fmt.Sprintf("the history of ticket %d has the time %s", t.id, quote(history[i].Created)), adviceServer)
	}
	by := personOf(history[i].Creator)
	if by.name == t.creator.name {
		out.Status = system.ReviewWithdrawn
		return nil
	}
	out.AnsweredBy, out.AnsweredAt = s.keyOf(&by), at.UTC()
	out.Note, err = s.note(ctx, history, by, at)
	return err
}

// history reads the history of a ticket, the newest entry first, up to the page that has
// the last change of the status. An entry that the account may not see is left out of a
// page, so a short page is not the last one.
func (s *System) history(ctx context.Context, id int64) ([]transaction, error) {
	pages := s.reviewClient.Walk("transactions")
	var out []transaction
	for n := 1; ; n++ {
		r, err := s.reviewClient.Get(ctx, api(typeTicket, strconv.FormatInt(id, 10), "history"), url.Values{
			"fields": {"Type,Field,NewValue,Created,Creator"}, "fields[Creator]": {"Name,EmailAddress"},
			"orderby": {"id"}, "order": {"DESC"}, "per_page": {strconv.Itoa(MaxPageSize)}, "page": {strconv.Itoa(n)},
		})
		if err != nil {
			return nil, err
		}
		if r.Status != http.StatusOK {
			return nil, s.reviewClient.Refused(r)
		}
		var p page[transaction]
		if err := r.JSON(&p); err != nil || p.Count == nil || *p.Count != len(p.Items) {
			return nil, s.reviewClient.Malformed(r, "it is not a history")
		}
		last := int64(math.MaxInt64)
		for _, x := range p.Items {
			if x == nil || x.Creator == nil {
				return nil, s.reviewClient.Malformed(r, "an entry of the history has no author")
			}
			number, err := x.ID.number()
			if err != nil || number >= last {
				return nil, s.reviewClient.Unusable("its history is not in the order that was asked for", adviceServer)
			}
			last = number
			out = append(out, *x)
		}
		if len(p.Items) == 0 || slices.ContainsFunc(out, changesStatus) {
			return out, nil
		}
		if err := pages.Next(ctx, len(p.Items)); err != nil {
			return nil, err
		}
	}
}

func changesStatus(x transaction) bool { return x.Type == "Status" && x.Field == "Status" }

// change changes a ticket and returns what Request Tracker says about it.
func (s *System) change(ctx context.Context, q *reviewQueue, id int64, fields map[string]any) ([]string, error) {
	r, err := s.reviewClient.Do(ctx, requestPut(id, fields))
	if err != nil {
		return nil, err
	}
	switch r.Status {
	case http.StatusOK:
	case http.StatusForbidden:
		return nil, s.lacks(fmt.Sprintf("see ticket %d", id), "ShowTicket", q)
	default:
		return nil, s.reviewClient.Refused(r)
	}
	var said []string
	if err := r.JSON(&said); err != nil {
		return nil, s.reviewClient.Malformed(r, "it does not say what was changed")
	}
	return said, nil
}

// comment adds a comment to a ticket, and sets its status in the same request unless
// that is empty.
func (s *System) comment(ctx context.Context, q *reviewQueue, id int64, text, status string) error {
	if strings.TrimSpace(text) == "" {
		text = "-" // a comment without a text is refused
	}
	body := map[string]any{"Content": system.CutBytes(text, maxText), "ContentType": "text/plain"}
	if status != "" {
		body["Status"] = status
	}
	r, err := s.reviewClient.PostJSON(ctx, api(typeTicket, strconv.FormatInt(id, 10), "comment"), nil, body)
	if err != nil || r.Status == http.StatusCreated {
		return err
	}
	if may, err := s.mayComment(ctx, id); err != nil {
		return err
	} else if !may {
		return s.lacks(fmt.Sprintf("comment on ticket %d", id), "ModifyTicket", q)
	}
	return s.reviewClient.Refused(r)
}

// mayComment reports whether the account may comment on a ticket, for which CommentOnTicket
// or ModifyTicket is needed. Request Tracker shows it in the links of the ticket, as far as
// it comes from the former; the text of an error depends on a language.
func (s *System) mayComment(ctx context.Context, id int64) (bool, error) {
	r, err := s.reviewClient.Get(ctx, api(typeTicket, strconv.FormatInt(id, 10)), nil)
	if err != nil {
		return false, err
	}
	if r.Status != http.StatusOK {
		return false, s.reviewClient.Refused(r)
	}
	var t struct {
		Links []reference `json:"_hyperlinks"`
	}
	if err := r.JSON(&t); err != nil {
		return false, s.reviewClient.Malformed(r, "it is not a ticket")
	}
	return slices.ContainsFunc(t.Links, func(link reference) bool { return link.Ref == "comment" }), nil
}

// ticketNumber reads the id of a case.
func (s *System) ticketNumber(id string) (int64, error) {
	n, err := ident(id).number()
	if err != nil || strconv.FormatInt(n, 10) != id {
		return 0, s.refuse(fault.ErrConfig, fmt.Sprintf("%s is not the number of a ticket.", quote(id)), adviceDefect)
	}
	return n, nil
}
