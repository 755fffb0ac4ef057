package register

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// KindDelivered is the kind of the event that a message was delivered.
const KindDelivered = "message.delivered"

// Message is something that others are to be told of an event. It waits in the outbox
// until it is delivered, and stays there afterwards.
type Message struct {
	Workspace   string
	Sequence    int64  // of the event
	Part        int64  // counts the messages of the event, from 1
	Destination string // who is told
	// ID is the same for the same part of the same event at every destination and in every
	// attempt, so that a receiver recognises what it has got twice.
	ID          string
	Kind        string
	Subject     string // messages of one subject are delivered in their order
	Body        string // a JSON text
	Run         string // the run that queued it
	QueuedAt    time.Time
	Attempts    int64
	Problem     string    // why the last attempt failed
	DeliveredAt time.Time // zero while it waits
}

const messageColumns = "workspace, sequence, part, destination, id, kind, subject, body, run, queued_at, attempts, problem, delivered_at"

func (m *Message) columns() []any {
	return []any{
		&m.Workspace, &m.Sequence, &m.Part, &m.Destination, &m.ID, &m.Kind, &m.Subject, &m.Body, &m.Run,
		(*stamp)(&m.QueuedAt), &m.Attempts, &m.Problem, (*stamp)(&m.DeliveredAt),
	}
}

// Post puts messages into the outbox that tell of an event of the same transaction,
// each for every one of the destinations. Of a message only the kind, the subject and
// the body are read.
func (t *Tx) Post(e Event, destinations []string, messages ...Message) error {
	if e.Workspace != t.run.Workspace || e.Sequence < 1 || e.Hash == "" {
		return fmt.Errorf("the event %d is not one of this transaction", e.Sequence)
	}
	for i, m := range messages {
		body, err := Canonical(m.Body)
		if err != nil {
			return fmt.Errorf("body of the message %.40q: %w", m.Kind, err)
		}
		if !kindWords(m.Kind) {
			return fmt.Errorf("%.40q is not the kind of a message; use lower-case words joined by dots", m.Kind)
		}
		if err := checkName("subject of the message", m.Subject, false); err != nil {
			return err
		}
		part := int64(i) + 1
		for _, to := range destinations {
			if err := checkName("destination", to, false); err != nil {
				return err
			}
			_, err := t.change("INSERT INTO custody_outbox ("+messageColumns+`, claimed_by, claimed_until)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', '', '', '')`,
				t.run.Workspace, e.Sequence, part, to, t.r.messageID(e, part), m.Kind, m.Subject, body, t.run.ID, stamp(t.run.At))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Register) messageID(e Event, part int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", r.id, e.Hash, part))
	const length = 16
	return hex.EncodeToString(sum[:length])
}

// Claim asks for messages to deliver.
type Claim struct {
	Destination string
	Most        int
	Now, Until  time.Time // until then no one else gets what is claimed
}

// ClaimMessages returns messages of the run's workspace that wait for a destination and
// that no other run has claimed: of each subject only the first that is not delivered,
// so that the order is kept. They are in the order of their events.
func (r *Register) ClaimMessages(ctx context.Context, run Run, c Claim) (out []Message, err error) {
	for _, err := range []error{run.check(), checkInstant(c.Now), checkInstant(c.Until)} {
		if err != nil {
			return nil, err
		}
	}
	err = r.transact(ctx, run, func(t *Tx) error {
		if err := t.lock(); err != nil {
			return err
		}
		out, err = t.claim(c)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Message) int {
		if a.Sequence != b.Sequence {
			return int(a.Sequence - b.Sequence)
		}
		return int(a.Part - b.Part)
	})
	return out, nil
}

func (t *Tx) claim(c Claim) (out []Message, err error) {
	rows, err := t.tx.QueryContext(t.ctx, t.r.db.text(`UPDATE custody_outbox SET claimed_by = $1, claimed_until = $2, attempts = attempts + 1
		WHERE workspace = $3 AND destination = $4 AND delivered_at = '' AND (sequence, part) IN (
			SELECT h.sequence, h.part FROM custody_outbox AS h
			WHERE h.workspace = $3 AND h.destination = $4 AND h.delivered_at = '' AND h.claimed_until <= $5 AND NOT EXISTS (
				SELECT 1 FROM custody_outbox AS b WHERE b.workspace = h.workspace AND b.destination = h.destination AND b.subject = h.subject
					AND b.delivered_at = '' AND (b.sequence < h.sequence OR (b.sequence = h.sequence AND b.part < h.part)))
			ORDER BY h.sequence, h.part LIMIT $6)
		RETURNING `+messageColumns),
		t.run.ID, stamp(c.Until), t.run.Workspace, c.Destination, stamp(c.Now), c.Most)
	if err != nil {
		return nil, t.failed(err)
	}
	defer rows.Close() //nolint:errcheck // Err is asked
	for rows.Next() {
		var m Message
		if err := rows.Scan(m.columns()...); err != nil {
			return nil, t.failed(err)
		}
		out = append(out, m)
	}
	return out, t.failed(rows.Err())
}

// Tell takes note that a message of some kind is told about a subject, and reports whether
// it is news: the last one of the same topic, of any workspace, was of another kind. Of
// transactions that tell the same at the same time, it is news in one.
func (t *Tx) Tell(subject, topic, kind string) (news bool, err error) {
	for what, text := range map[string]string{"subject of the message": subject, "topic of the message": topic} {
		if err := checkName(what, text, false); err != nil {
			return false, err
		}
	}
	if !kindWords(kind) {
		return false, fmt.Errorf("%.40q is not the kind of a message; use lower-case words joined by dots", kind)
	}
	n, err := t.change(`INSERT INTO custody_told (subject, topic, kind, workspace, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subject, topic) DO UPDATE SET kind = excluded.kind, workspace = excluded.workspace, at = excluded.at WHERE custody_told.kind <> excluded.kind`,
		subject, topic, kind, t.run.Workspace, stamp(t.run.At))
	return n == 1, err
}

// key names a message in a statement, as its first four parameters.
const keyOfMessage = "workspace = $1 AND sequence = $2 AND part = $3 AND destination = $4"

// MarkDelivered records that a message was delivered, with its event. It reports
// whether it was not recorded before.
func (t *Tx) MarkDelivered(m Message) (bool, error) {
	n, err := t.change("UPDATE custody_outbox SET delivered_at = $5, problem = '', claimed_by = '', claimed_until = '' WHERE delivered_at = '' AND "+keyOfMessage,
		t.run.Workspace, m.Sequence, m.Part, m.Destination, stamp(t.run.At))
	if err != nil || n == 0 {
		return false, err
	}
	var body object
	body.text("destination", m.Destination)
	body.text("id", m.ID)
	body.text("kind", m.Kind)
	body.integer("of", m.Sequence)
	_, err = t.Append(Draft{Kind: KindDelivered, Subject: m.Subject, Body: body.String()})
	return err == nil, err
}

// MarkFailed keeps why a message was not delivered, and lets the next run claim it.
func (r *Register) MarkFailed(ctx context.Context, run Run, m Message, problem string) error {
	if err := run.check(); err != nil {
		return err
	}
	return r.transact(ctx, run, func(t *Tx) error {
		_, err := t.exec("UPDATE custody_outbox SET problem = $5, claimed_by = '', claimed_until = '' WHERE delivered_at = '' AND "+keyOfMessage,
			t.run.Workspace, m.Sequence, m.Part, m.Destination, problem)
		return err
	})
}

// Waiting returns the messages of a workspace that are not delivered, in the order of
// their events.
func (r *Register) Waiting(ctx context.Context, workspace string) ([]Message, error) {
	return list(ctx, r, (*Message).columns, "SELECT "+messageColumns+
		" FROM custody_outbox WHERE workspace = $1 AND delivered_at = '' ORDER BY sequence, part, destination", workspace)
}
