package tell

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/custodyhq/terraform-provider-custody/internal/delivery"
	"github.com/custodyhq/terraform-provider-custody/internal/notice"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// Before returns how long before an end of access people are told; empty if nobody is.
func (t *Teller) Before() []time.Duration {
	if t == nil {
		return nil
	}
	return t.before
}

// unrepeated is what becomes of a notice that could not be sent and is not kept.
const unrepeated = "This notice is not repeated. The next one before the same day goes out in its time."

// Comments reports whether notices are also comments in cases of the review queue.
func (t *Teller) Comments() bool { return t != nil && t.comments }

// Uncommented reports a notice that could not be added to its case.
func (t *Teller) Uncommented(queue string, err error, diags *diag.Diagnostics) {
	warn(&delivery.Failure{Destination: "the review queue " + queue, Messages: 1, Err: err}, unrepeated, diags)
}

// Notify sends the notice of an end of access, and reports whether it is the first time.
// With a register, one that another run has sent is not sent again, and one that cannot
// be delivered waits for the next run.
func (t *Teller) Notify(ctx context.Context, n *notice.Notice, to []delivery.Recipient, diags *diag.Diagnostics) (first bool) {
	if t == nil {
		return false
	}
	body, err := (&delivery.Notice{Name: n.Name, Grant: n.Grant, To: to, EndsAt: n.EndsAt, Subject: n.Subject, Text: n.Text}).Encode()
	if err == nil && t.record == nil {
		sum := sha256.Sum256([]byte(n.Name))
		m := &delivery.Message{ID: hex.EncodeToString(sum[:16]), Kind: delivery.KindNotice, Subject: n.Grant, At: t.clock.Now(), Body: body}
		for _, f := range delivery.Send(ctx, t.destinations, m) {
			warn(&f, unrepeated, diags)
		}
		return true
	}
	if err == nil {
		err = t.record.Write(ctx, func(tx *register.Tx) error {
			first, err = t.queueNotice(tx, n, to, body)
			return err
		})
	}
	if err != nil {
		warn(&delivery.Failure{Destination: "the people who are responsible", Messages: 1, Err: err}, unrepeated, diags)
		return false
	}
	t.Deliver(ctx, diags)
	return first
}

// queueNotice puts a notice into the outbox, unless one of its name was there before.
func (t *Teller) queueNotice(tx *register.Tx, n *notice.Notice, to []delivery.Recipient, body string) (first bool, err error) {
	keys := make([]string, len(to))
	for i := range to {
		keys[i] = to[i].Key
	}
	who := strings.Join(keys, ", ")
	const most = 500
	if who == "" || len(who) > most {
		who = "those who are responsible"
	}
	first, err = tx.RememberNotice(register.Notice{Name: n.Name, Subject: n.Grant, Recipient: who})
	if err != nil || !first {
		return first, err
	}
	e, err := tx.Append(register.Draft{Kind: delivery.KindNotice, Subject: n.Grant, Body: body})
	if err != nil {
		return false, err
	}
	return true, tx.Post(e, delivery.Names(t.destinations, delivery.KindNotice), register.Message{Kind: delivery.KindNotice, Subject: n.Grant, Body: body})
}
