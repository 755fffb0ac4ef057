// Package tell tells people and other systems of what a run does, in the transaction
// that records it, and delivers what waits.
package tell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/delivery"
	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
	"github.com/custodyhq/terraform-provider-custody/internal/signal"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Teller tells of what a run does. One that is nil tells nobody, and everything goes on
// without.
type Teller struct {
	before       []time.Duration
	destinations []delivery.Destination
	comments     bool
	record       *record.Run
	clock        clock.Clock
	retried      atomic.Bool
}

// Open returns a teller with the destinations of the provider block; nil if there are
// none and nothing is commented on, or if it has reported an error. It connects to nothing.
func Open(n *Notices, s *Signals, before []time.Duration, recorded *record.Run, c clock.Clock, diags *diag.Diagnostics) *Teller {
	t := &Teller{record: recorded, clock: c}
	if n != nil {
		t.openNotices(n, diags)
		t.comments = n.Reviews.ValueBool()
	}
	if len(t.destinations) > 0 || t.comments {
		t.before = before
	}
	if s != nil && recorded == nil {
		operation.Configure.Report(diags, path.Root("signals"), &fault.Fault{
			Kind: fault.ErrConfig, Summary: "Signals Need a Register", Happened: "signals is set, and register is not: a signal is sent if what it is about is recorded, and waits there until it is delivered.",
			Advice: "Set register and workspace, or leave signals out.",
		})
		return nil
	}
	if s != nil {
		t.openSignals(s, diags)
	}
	if diags.HasError() || len(t.destinations) == 0 && !t.comments {
		return nil
	}
	if recorded != nil {
		recorded.OnOutcome = t.onOutcome
	}
	return t
}

func (t *Teller) openNotices(n *Notices, diags *diag.Diagnostics) {
	at := path.Root("notices")
	if m := n.SMTP; m != nil {
		d, err := delivery.NewSMTP(delivery.MailServer{
			Name: nameSMTP, Host: m.Host.ValueString(), Port: int(m.Port.ValueInt64()), Security: m.Security.ValueString(), CAFile: m.CAFile.ValueString(),
			From: m.From.ValueString(), ReplyTo: m.ReplyTo.ValueString(), Username: m.Username.ValueString(), Password: secretOf(m.Password, nameSMTP, "password"), Login: m.Login.ValueString(),
		})
		t.add(d, err, at.AtName("smtp"), diags)
	}
	if w := n.Webhook; w != nil {
		d, err := delivery.NewCloudEvents(w.http(nameWebhook, t.clock), w.Source.ValueString(), secretOf(w.Secret, nameWebhook, "secret"), true)
		t.add(d, err, at.AtName("webhook"), diags)
	}
}

func (t *Teller) openSignals(s *Signals, diags *diag.Diagnostics) {
	at := path.Root("signals")
	if w := s.CloudEvents; w != nil {
		d, err := delivery.NewCloudEvents(w.http(nameCloudEvents, t.clock), w.Source.ValueString(), secretOf(w.Secret, nameCloudEvents, "secret"), false)
		t.add(d, err, at.AtName("cloudevents"), diags)
	}
	if w := s.SSF; w != nil {
		h := delivery.HTTP{Name: nameSSF, URL: w.URL.ValueString(), CAFile: w.CAFile.ValueString(), Token: secretOf(w.Token, nameSSF, "token"), Clock: t.clock}
		d, err := delivery.NewSSF(h, w.Issuer.ValueString(), w.Audience.ValueString(), secretOf(w.PrivateKey, nameSSF, "private_key"), w.KeyID.ValueString())
		t.add(d, err, at.AtName("ssf"), diags)
	}
}

func (r *receiver) http(name string, c clock.Clock) delivery.HTTP {
	return delivery.HTTP{Name: name, URL: r.URL.ValueString(), CAFile: r.CAFile.ValueString(), Token: secretOf(r.Token, name, "token"), Clock: c}
}

// secretOf returns a secret: the configured one, else that of the environment.
func secretOf(configured types.String, name, field string) string {
	if !configured.IsNull() {
		return configured.ValueString()
	}
	return os.Getenv(delivery.Variable(name, field))
}

// add adds a destination, or reports what is wrong with its configuration at the
// attributes.
func (t *Teller) add(d delivery.Destination, err error, at path.Path, diags *diag.Diagnostics) {
	if err == nil {
		t.destinations = append(t.destinations, d)
		return
	}
	const summary = "Invalid Destination"
	var config *system.ConfigError
	if !errors.As(err, &config) {
		operation.Configure.Report(diags, at, &fault.Fault{Summary: summary, Happened: fault.Sentence(err)})
		return
	}
	for _, p := range config.Problems {
		where := at.AtName(p.Attribute)
		operation.Configure.Report(diags, where, &fault.Fault{Summary: summary, Happened: value.Located(where, p.Message)})
	}
}

// The names of the steps of acts on accounts.
const (
	stepDisable  = "disable"
	stepEnable   = "enable"
	stepSessions = "end sessions"
)

// onOutcome queues what an act on an account tells.
func (t *Teller) onOutcome(tx *register.Tx, a register.Act, o effect.Outcome) error {
	done := func(step string) bool { return o.Steps[step] == effect.Done }
	return t.Queue(tx, signal.OfAccount(&signal.Account{
		Target: a.Target, Subject: a.Subject, Disabled: done(stepDisable), Enabled: done(stepEnable), SessionsEnded: done(stepSessions),
	}, t.clock.Now()))
}

// Change is a change of a grant, and of the facts that it rests on.
type Change struct {
	Before, After *lifecycle.Grant   // nil for a grant that is new, or is removed
	Was, Is       *lifecycle.Binding // nil where there are none
}

// OnGrant queues what a change of a grant tells. It reports whether there is something to
// deliver once the transaction is committed.
func (t *Teller) OnGrant(tx *register.Tx, c Change) (bool, error) {
	if t == nil {
		return false, nil
	}
	signals := signal.OfGrant(c.Before, c.After, t.clock.Now())
	device, err := t.ofDevice(tx, c)
	signals = append(signals, device...)
	if err != nil || len(signals) == 0 {
		return false, err
	}
	return true, t.Queue(tx, signals)
}

// aboutDevice is the topic of what is told of a device.
const aboutDevice = "device"

// ofDevice returns what a change of the facts tells of the device. Every grant of a device
// sees the change, and the first one tells it: the others find it in the register, of
// whatever workspace they are.
func (t *Teller) ofDevice(tx *register.Tx, c Change) ([]signal.Signal, error) {
	signals := signal.OfDevice(c.Was, c.Is, t.clock.Now())
	if len(signals) == 0 || len(delivery.Names(t.destinations, string(signals[0].Kind))) == 0 {
		return nil, nil // another workspace may have somebody to tell
	}
	news, err := tx.Tell(signals[0].Subject, aboutDevice, string(signals[0].Kind))
	if err != nil || !news {
		return nil, err
	}
	return signals, nil
}

// Queue puts signals into the outbox that tell of the event that was appended last.
func (t *Teller) Queue(tx *register.Tx, signals []signal.Signal) error {
	e, ok := tx.Last()
	if t == nil || len(signals) == 0 || !ok {
		return nil
	}
	messages := make([]register.Message, len(signals))
	for i := range signals {
		body, err := signals[i].Encode()
		if err != nil {
			return err
		}
		messages[i] = register.Message{Kind: string(signals[i].Kind), Subject: signals[i].Subject, Body: body}
	}
	return tx.Post(e, delivery.Names(t.destinations, messages[0].Kind), messages...)
}

// undeliveredSummary is the one heading under which Terraform folds the warnings about
// messages that were not delivered.
const undeliveredSummary = "Messages Were Not Delivered"

// Deliver delivers what waits in the register. What it cannot deliver is a warning: what
// is told has happened.
func (t *Teller) Deliver(ctx context.Context, diags *diag.Diagnostics) {
	if t == nil || t.record == nil {
		return
	}
	t.retried.Store(true)
	t.deliver(ctx, diags)
}

// Retries reports whether what earlier runs could not deliver is still to be tried.
func (t *Teller) Retries() bool { return t != nil && t.record != nil && !t.retried.Load() }

// Retry delivers what earlier runs could not, once a run.
func (t *Teller) Retry(ctx context.Context, diags *diag.Diagnostics) {
	if t.Retries() && t.retried.CompareAndSwap(false, true) {
		t.deliver(ctx, diags)
	}
}

func (t *Teller) deliver(ctx context.Context, diags *diag.Diagnostics) {
	found, err := t.record.Open(ctx)
	if err != nil {
		return // whatever has to be recorded reports it
	}
	o := delivery.Outbox{Register: found, Run: t.record.Now(), Clock: t.clock, Destinations: t.destinations}
	for _, f := range o.Flush(ctx) {
		warn(&f, "What waits is in the register, and the next run tries again.", diags)
	}
}

// warn says what was not delivered, and what becomes of it.
func warn(f *delivery.Failure, then string, diags *diag.Diagnostics) {
	text := fmt.Sprintf("%d messages to %s were not delivered.", f.Messages, f.Destination)
	if f.Messages == 1 {
		text = fmt.Sprintf("A message to %s was not delivered.", f.Destination)
	}
	advice := ""
	var known *fault.Fault
	if errors.As(f.Err, &known) {
		text += " " + known.Happened
		advice = "\n\n" + known.Advice
	} else if errors.Is(f.Err, context.Canceled) {
		text += " The run was interrupted."
	}
	diags.AddWarning(undeliveredSummary, text+"\n\nNothing else is changed by this. "+then+advice)
}
