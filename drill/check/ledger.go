package check

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Event is an entry of the ledger.
type Event struct {
	Workspace string
	Sequence  int64
	At, Kind  string
	Subject   string
	Actor     string
	Run       string
	Body      string
	Previous  string
	Hash      string
}

// sum returns the hash that the event must have: of one object with all that it says, the
// keys sorted and without white space.
func (e *Event) sum() string {
	var text bytes.Buffer
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false)
	err := to.Encode(map[string]any{
		"actor": e.Actor, "at": e.At, "body": json.RawMessage(e.Body), "kind": e.Kind, "previous": e.Previous, "run": e.Run,
		"sequence": e.Sequence, "subject": e.Subject, "version": 1, "workspace": e.Workspace,
	})
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(bytes.TrimSpace(text.Bytes()))
	return hex.EncodeToString(sum[:])
}

func (s *Servers) readLedger(ctx context.Context, f *Facts) error {
	const all = "SELECT workspace, sequence, at, kind, subject, actor, run, body, previous, hash FROM custody_events ORDER BY workspace, sequence"
	err := query(ctx, s.Register, all, func(rows pgx.Rows) error {
		var e Event
		err := rows.Scan(&e.Workspace, &e.Sequence, &e.At, &e.Kind, &e.Subject, &e.Actor, &e.Run, &e.Body, &e.Previous, &e.Hash)
		f.Ledger[e.Workspace] = append(f.Ledger[e.Workspace], e)
		return err
	})
	if err != nil {
		return err
	}
	return query(ctx, s.Register, "SELECT name FROM custody_acts WHERE ended_at = '' ORDER BY workspace, sequence", func(rows pgx.Rows) error {
		var name string
		err := rows.Scan(&name)
		f.Begun = append(f.Begun, name)
		return err
	})
}

// ledger demands that each workspace's ledger has grown, that nothing in it was altered,
// and that it has an act for each account, and a decision for each grant, that is not as it
// was at the last check.
func (c *Checker) ledger(wanted Wanted, f Facts, s State) []string {
	var wrong []string
	recorded := map[string]bool{}
	for workspace, events := range f.Ledger {
		before := c.before.Ledger[workspace]
		if len(events) < len(before) {
			wrong = append(wrong, "the ledger of "+workspace+" was cut off")
			continue
		}
		for i, e := range events {
			if w := chained(events, before, i); w != "" {
				wrong = append(wrong, fmt.Sprintf("event %d of the ledger of %s %s", e.Sequence, workspace, w))
			}
			if i >= len(before) {
				recorded[e.Kind+" "+strings.TrimPrefix(e.Subject, c.Prefix)] = true
			}
		}
	}
	for name := range c.before.Ledger {
		if len(f.Ledger[name]) == 0 {
			wrong = append(wrong, "the ledger of "+name+" is gone")
		}
	}
	for name := range wanted.Accounts {
		before, known := c.before.Accounts[name]
		if known && before != f.Accounts[name] && !recorded["act.outcome "+name] {
			wrong = append(wrong, fmt.Sprintf("the account %s was open: %v and is open: %v, and the ledger knows nothing of it", name, before, f.Accounts[name]))
		}
	}
	for key, g := range s.Grants {
		if before := c.grants[key]; !reflect.DeepEqual(before, g) && !recorded["grant.decided "+g.ID] {
			wrong = append(wrong, fmt.Sprintf("the grant %s was %s and is %s, and the ledger knows nothing of it", key, before.Status, g.Status))
		}
	}
	for _, name := range f.Begun {
		wrong = append(wrong, "the ledger does not say how the change of "+name+" ended")
	}
	return wrong
}

// chained says what is wrong with one event among those of its workspace; "" if nothing is.
func chained(events, before []Event, i int) string {
	e := events[i]
	switch {
	case e.Sequence != int64(i+1):
		return fmt.Sprintf("stands in the place of %d", i+1)
	case i == 0 && e.Previous != "", i > 0 && e.Previous != events[i-1].Hash:
		return "does not follow from the one before"
	case e.Hash != e.sum(), i < len(before) && e != before[i]:
		return "was altered"
	}
	return ""
}
