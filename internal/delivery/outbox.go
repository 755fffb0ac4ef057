package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// Outbox delivers what waits in the register.
type Outbox struct {
	Register     *register.Register
	Run          register.Run
	Clock        clock.Clock
	Destinations []Destination
}

const (
	// lease is how long a claim lasts: longer than the messages of one claim take, so that
	// only the claim of a run that was killed runs out.
	lease = 15 * time.Minute
	// batch is how many messages are claimed at a time.
	batch = 20
)

// Failure is what could not be delivered to a destination.
type Failure struct {
	Destination string
	Messages    int   // that were tried and failed
	Err         error // of the first of them
}

// Flush delivers what waits for each destination, in the order of each subject. What
// fails stays, and the next run tries again. A destination that does not answer is not
// asked again in this run.
func (o *Outbox) Flush(ctx context.Context) []Failure {
	var out []Failure
	for _, d := range o.Destinations {
		if f := o.flush(ctx, d); f != nil {
			out = append(out, *f)
		}
	}
	return out
}

func (o *Outbox) flush(ctx context.Context, d Destination) *Failure {
	var f *Failure
	var claimed []register.Message // that are not delivered, and stay claimed until the end
	fail := func(n int, err error) {
		if f == nil {
			f = &Failure{Destination: d.Name(), Err: err}
		}
		f.Messages += n
	}
	for ctx.Err() == nil {
		now := o.Clock.Now()
		messages, err := o.Register.ClaimMessages(ctx, o.Run, register.Claim{Destination: d.Name(), Most: batch, Now: now, Until: now.Add(lease)})
		if err != nil {
			fail(0, err)
			break
		}
		if len(messages) == 0 {
			break
		}
		left, err := o.deliver(ctx, d, messages, fail)
		claimed = append(claimed, left...)
		if err != nil {
			break
		}
	}
	o.release(ctx, claimed)
	return f
}

// deliver delivers messages and returns those that are left. Its error says that the
// destination need not be asked for more.
func (o *Outbox) deliver(ctx context.Context, d Destination, messages []register.Message, fail func(int, error)) (left []register.Message, err error) {
	for i := range messages {
		m := &messages[i]
		err := d.Deliver(ctx, &Message{ID: m.ID, Kind: m.Kind, Subject: m.Subject, Run: m.Run, At: m.QueuedAt, Body: m.Body})
		if err == nil {
			err = o.Register.Record(context.WithoutCancel(ctx), o.Run, func(tx *register.Tx) error {
				_, err := tx.MarkDelivered(*m)
				return err
			})
			if err == nil {
				continue
			}
		}
		fail(1, err)
		m.Problem = problem(err)
		left = append(left, *m)
		if ctx.Err() != nil || errors.Is(err, fault.ErrUnavailable) {
			return append(left, messages[i+1:]...), err
		}
	}
	return left, nil
}

// release gives claims back and keeps why the messages were not delivered. What cannot
// be released runs out by itself.
func (o *Outbox) release(ctx context.Context, messages []register.Message) {
	for _, m := range messages {
		if o.Register.MarkFailed(context.WithoutCancel(ctx), o.Run, m, m.Problem) != nil {
			return
		}
	}
}

// problem is the text that the register keeps of an error.
func problem(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Happened
	}
	return "The run was interrupted."
}

// Names returns the names of the destinations that are told of messages of a kind.
func Names(destinations []Destination, kind string) []string {
	var out []string
	for _, d := range destinations {
		if d.Takes(kind) {
			out = append(out, d.Name())
		}
	}
	slices.Sort(out)
	return out
}

// Send delivers a message to every destination that is told of its kind, without a
// register: what fails is not tried again.
func Send(ctx context.Context, destinations []Destination, m *Message) []Failure {
	var out []Failure
	for _, d := range destinations {
		if !d.Takes(m.Kind) {
			continue
		}
		if err := d.Deliver(ctx, m); err != nil {
			out = append(out, Failure{Destination: d.Name(), Messages: 1, Err: err})
		}
	}
	return out
}
