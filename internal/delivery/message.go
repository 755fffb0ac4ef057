// Package delivery sends messages to those who are to be told: notices to people, by
// mail or to a webhook, and signals to other systems, as CloudEvents or as security
// event tokens. With a register a message waits there until it is delivered.
package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// KindNotice is the kind of a notice to people. Every other kind is one of a signal.
const KindNotice = "notice.due"

// Message is one message, in a form that no destination depends on.
type Message struct {
	ID      string // the same in every attempt, so that a receiver recognises it
	Kind    string
	Subject string
	Run     string
	At      time.Time // when it happened
	Body    string    // a JSON text: a Notice, or a signal.Signal
}

// Destination is somebody who is told.
type Destination interface {
	// Name names the destination in the register and in messages.
	Name() string
	// Takes reports whether the destination is told of messages of a kind.
	Takes(kind string) bool
	// Deliver sends a message and returns nil once it was accepted. Its error is a
	// *fault.Fault, of kind fault.ErrUnavailable if the destination did not answer or may
	// or may not have accepted, or the error of a context that ended.
	Deliver(ctx context.Context, m *Message) error
}

// Recipient is a person or a team that is told.
type Recipient struct {
	Key   string `json:"key"`
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
}

// Notice is the body of a notice.
type Notice struct {
	Name    string      `json:"name"`
	Grant   string      `json:"grant"`
	To      []Recipient `json:"to"`
	EndsAt  time.Time   `json:"ends_at"`
	Subject string      `json:"subject"`
	Text    string      `json:"text"`
}

// The bounds of a notice that is read back.
const (
	maxNotice     = 256 << 10
	maxRecipients = 50
)

// Encode writes a notice as the body of a message.
func (n *Notice) Encode() (string, error) {
	if len(n.To) > maxRecipients {
		return "", fmt.Errorf("a notice to %d recipients", len(n.To))
	}
	text, err := json.Marshal(n)
	return string(text), err
}

// DecodeNotice reads back what Encode has written.
func DecodeNotice(text string) (*Notice, error) {
	if len(text) > maxNotice {
		return nil, fmt.Errorf("a notice of %d bytes", len(text))
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	var n Notice
	if err := d.Decode(&n); err != nil {
		return nil, fmt.Errorf("not a notice: %w", err)
	}
	switch {
	case d.More():
		return nil, errors.New("something follows after the notice")
	case len(n.To) > maxRecipients, n.Name == "", n.Subject == "":
		return nil, errors.New("a notice without a name or a subject, or to too many recipients")
	}
	return &n, nil
}

// defect is the fault of a message that cannot be written in the form of its
// destination.
func defect(name string, err error) error {
	return &fault.Fault{
		Summary: summaryDeliver, Happened: fmt.Sprintf("A message for %q cannot be written.", name), Advice: "Report this: it is a defect of the provider.", Err: err,
	}
}

// summaryDeliver is the heading of every message that was not delivered.
const summaryDeliver = "Unable to Deliver Message"

// Variable returns the name of the environment variable for a secret of a destination.
func Variable(name, field string) string { return httpclient.Variable(name, field) }
