package requesttracker

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

const (
	adviceTickets = "Give the account of the token the right ShowTicket for the whole of Request Tracker, or for every queue whose tickets refer to assets: " +
		"a ticket that it may not see could be an open task."
	adviceDue = "Correct the due date of the ticket in Request Tracker, then plan again."
)

// tasks returns the open tasks among the tickets that refer to an asset. After
// a list, the tickets of all listed assets are read together, once.
func (s *System) tasks(ctx context.Context, asset int64, links []int64, listed bool) ([]lifecycle.Task, error) {
	if len(links) == 0 {
		return nil, ctx.Err()
	}
	key, wanted := strconv.FormatInt(asset, 10), links
	if listed {
		key = ""
	}
	open, err := s.tickets.Get(ctx, key, func(ctx context.Context) (map[int64]lifecycle.Task, error) {
		if listed {
			wanted = s.allLinked()
		}
		return s.open(ctx, wanted)
	})
	if err != nil {
		return nil, err
	}
	var out []lifecycle.Task
	for _, id := range sorted(links) {
		if task, ok := open[id]; ok {
			out = append(out, task)
		}
	}
	return out, nil
}

func (s *System) allLinked() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []int64
	for _, f := range s.listed.found {
		out = append(out, f.tickets...)
	}
	return out
}

func sorted(ids []int64) []int64 { return slices.Compact(slices.Sorted(slices.Values(ids))) }

// open returns those of the tickets that are open custody tasks. A query names
// as many as fit on a page.
func (s *System) open(ctx context.Context, ids []int64) (map[int64]lifecycle.Task, error) {
	kinds, err := s.lookForQueues(ctx)
	if err != nil {
		return nil, err
	}
	ours := make(map[int64]lifecycle.Task)
	for part := range slices.Chunk(sorted(ids), s.config.PageSize) {
		if err := s.readTickets(ctx, part, kinds, ours); err != nil {
			return nil, err
		}
	}
	out := make(map[int64]lifecycle.Task)
	for part := range slices.Chunk(slices.Sorted(maps.Keys(ours)), s.config.PageSize) {
		// The open statuses differ between queues; only the server knows them.
		err := s.walkTickets(ctx, part, " AND Status = '__Active__'", "", func(id int64, _ *ticket) error {
			out[id] = ours[id]
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readTickets reads the custody tasks among some tickets, open or not. A ticket
// that is not in the answer is requested singly, because it may be a task.
func (s *System) readTickets(ctx context.Context, ids []int64, kinds map[string]lifecycle.TaskKind, into map[int64]lifecycle.Task) error {
	seen := make(map[int64]bool, len(ids))
	err := s.walkTickets(ctx, ids, "", "Queue,Due", func(id int64, t *ticket) error {
		seen[id] = true
		if t.Queue == nil || t.Queue.ID == "" {
			return s.taskClient.Unusable(fmt.Sprintf("ticket %d was returned without its queue", id), adviceServer)
		}
		kind, ours := kinds[string(t.Queue.ID)]
		if !ours {
			return nil
		}
		due, err := parseDue(t.Due)
		if err != nil {
			return s.taskClient.Unusable(fmt.Sprintf("ticket %d is due at %s, and %s", id, quote(t.Due), err), adviceDue)
		}
		number := strconv.FormatInt(id, 10)
		into[id] = lifecycle.Task{ID: number, Kind: kind, Due: due, URL: s.url + "/Ticket/Display.html?id=" + number}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		if err := s.accountFor(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// accountFor checks, once in a run, that a ticket that no list shows is
// certainly not an open task. If it can be read singly, it was merged into
// another, is not an ordinary ticket, or was created after the list.
func (s *System) accountFor(ctx context.Context, id int64) error {
	number := strconv.FormatInt(id, 10)
	_, err := s.unlisted.Get(ctx, number, func(ctx context.Context) (struct{}, error) {
		r, err := s.taskClient.Get(ctx, api(typeTicket, number), nil)
		if err != nil {
			return struct{}{}, err
		}
		switch r.Status {
		case http.StatusOK:
			return struct{}{}, nil
		case http.StatusNotFound:
			return struct{}{}, s.notFound(r)
		case http.StatusForbidden:
			return struct{}{}, s.taskClient.Unusable(fmt.Sprintf("ticket %d refers to an asset, and the account may not see it", id), adviceTickets)
		}
		return struct{}{}, s.taskClient.Refused(r)
	})
	return err
}

// parseDue reads when a ticket is due. Request Tracker stores a day as the
// instant of midnight, and a task may be done on that day.
func parseDue(text string) (time.Time, error) {
	t, err := parseDate(text, true)
	if err == nil && !t.IsZero() && t.Truncate(24*time.Hour).Equal(t) {
		t = t.Add(24*time.Hour - time.Second)
	}
	return t, err
}

// walkTickets passes the requested tickets that a condition finds to take, and
// ignores all other rows.
func (s *System) walkTickets(ctx context.Context, ids []int64, where, fields string, take func(int64, *ticket) error) error {
	query := url.Values{}
	if fields != "" {
		query.Set("fields", fields)
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = strconv.FormatInt(id, 10)
	}
	return walk(ctx, s.taskClient, "tickets", " AND "+anyOf("id", names)+where, adviceTickets, query, s.config.PageSize,
		func(t *ticket) ident { return t.ID },
		func(id int64, t *ticket) (bool, error) {
			if !slices.Contains(ids, id) {
				return true, nil
			}
			return true, take(id, t)
		})
}

// lookForQueues returns the kinds of tasks by the ids of their queues.
func (s *System) lookForQueues(ctx context.Context) (map[string]lifecycle.TaskKind, error) {
	return s.queues.Get(ctx, "", func(ctx context.Context) (map[string]lifecycle.TaskKind, error) {
		ids, err := s.resolve(ctx, s.taskClient, "queues", slices.Sorted(maps.Keys(s.kinds)), fmt.Sprintf(adviceNames, "queues", "SeeQueue"))
		if err != nil {
			return nil, err
		}
		out := make(map[string]lifecycle.TaskKind, len(ids))
		for id, name := range ids {
			out[string(id)] = s.kinds[name]
		}
		return out, nil
	})
}
