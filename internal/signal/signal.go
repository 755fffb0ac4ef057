// Package signal says what others are told of what custody did, and writes it in the
// forms that they read: CloudEvents and security event tokens (RFC 8417). It sends
// nothing.
package signal

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// Kind says what happened.
type Kind string

// The kinds of signals.
const (
	CredentialRevoked  Kind = "credential.revoked"   //nolint:gosec // no credential: a generation of a grant is not to be used any more
	AccountDisabled    Kind = "account.disabled"     // an account can no longer be used
	AccountEnabled     Kind = "account.enabled"      // an account can be used again
	SessionsEnded      Kind = "sessions.ended"       // what an account had open was ended
	DeviceNotCompliant Kind = "device.not_compliant" // an asset is lost or retired
	DeviceCompliant    Kind = "device.compliant"     // such an asset is in service again
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{CredentialRevoked, AccountDisabled, AccountEnabled, SessionsEnded, DeviceNotCompliant, DeviceCompliant}
}

// Signal is one thing that happened, of which others are told.
type Signal struct {
	Kind Kind      `json:"kind"`
	At   time.Time `json:"at"`
	// Subject is what it happened to: a grant, an account or an asset. Signals of one
	// subject are told in their order.
	Subject string `json:"subject"`
	// User is whom it is about: "<directory>/<id>", or the name of the account.
	User       string `json:"user,omitempty"`
	Email      string `json:"email,omitempty"`
	Device     string `json:"device,omitempty"`     // "<system>/<id>"
	Credential string `json:"credential,omitempty"` // a generation
	Reason     string `json:"reason,omitempty"`     // for an administrator
}

// The longest texts of a signal, in bytes.
const (
	maxName   = 1024
	maxReason = 2048
	maxSignal = 64 << 10
)

// Encode writes a signal as the outbox keeps it.
func (s *Signal) Encode() (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	text, err := json.Marshal(s)
	return string(text), err
}

// Decode reads back what Encode has written.
func Decode(text string) (*Signal, error) {
	if len(text) > maxSignal {
		return nil, fmt.Errorf("a signal of %d bytes", len(text))
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	var s Signal
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("not a signal: %w", err)
	}
	if d.More() {
		return nil, errors.New("something follows after the signal")
	}
	return &s, s.check()
}

func (s *Signal) check() error {
	if !slices.Contains(Kinds(), s.Kind) {
		return fmt.Errorf("%.40q is not a kind of signal", string(s.Kind))
	}
	if s.Subject == "" || s.At.IsZero() || s.At.Year() > 9999 || s.At.Nanosecond() != 0 {
		return fmt.Errorf("a signal %s without a subject or an instant", s.Kind)
	}
	for _, text := range []string{s.Subject, s.User, s.Email, s.Device, s.Credential} {
		if len(text) > maxName {
			return fmt.Errorf("a signal %s with a name of %d bytes", s.Kind, len(text))
		}
	}
	if len(s.Reason) > maxReason {
		return fmt.Errorf("a signal %s with a reason of %d bytes", s.Kind, len(s.Reason))
	}
	return nil
}

// OfGrant returns what a change of a grant tells: every generation that could be used
// and no longer can.
func OfGrant(before, after *lifecycle.Grant, at time.Time) []Signal {
	if before == nil {
		return nil
	}
	var out []Signal
	for i := range before.Generations {
		g := &before.Generations[i]
		if !g.Enabled || after != nil && usable(after.Generations, g.Number) {
			continue
		}
		out = append(out, Signal{
			Kind: CredentialRevoked, At: at, Subject: before.ID(), User: g.Holder, Credential: g.Key(), Reason: reasonOf(g, after, at),
		})
	}
	return out
}

func usable(generations []lifecycle.Generation, number int) bool {
	return slices.ContainsFunc(generations, func(g lifecycle.Generation) bool { return g.Number == number && g.Enabled })
}

// reasonOf says why a generation went.
func reasonOf(g *lifecycle.Generation, after *lifecycle.Grant, at time.Time) string {
	switch {
	case after == nil:
		return "The grant was removed."
	case after.Action >= lifecycle.Block && len(after.Reasons) > 0:
		codes := make([]string, len(after.Reasons))
		for i, r := range after.Reasons {
			codes[i] = r.Code.String()
		}
		return "The access is " + after.Status.String() + ": " + strings.Join(codes, ", ") + "."
	case g.Ended(at):
		return "The credential has expired."
	default:
		return "The credential was replaced."
	}
}

// Account is what an act did to an account.
type Account struct {
	Target, Subject  string
	Disabled         bool // it was disabled by the act
	Enabled          bool // it was enabled by the act
	SessionsEnded    bool
	Because          string
	Email, Directory string // of whom it belongs to, if that is known
}

// OfAccount returns what an act on an account tells.
func OfAccount(a *Account, at time.Time) []Signal {
	s := Signal{At: at, Subject: a.Target + "/" + a.Subject, User: a.Target + "/" + a.Subject, Email: a.Email, Reason: a.Because}
	if a.Email == "" && isEmail(a.Subject) {
		s.Email = a.Subject
	}
	var out []Signal
	for _, of := range []struct {
		happened bool
		kind     Kind
	}{{a.Disabled, AccountDisabled}, {a.SessionsEnded, SessionsEnded}, {a.Enabled, AccountEnabled}} {
		if of.happened {
			s.Kind = of.kind
			out = append(out, s)
		}
	}
	return out
}

func isEmail(text string) bool {
	name, host, ok := strings.Cut(text, "@")
	return ok && name != "" && strings.Contains(host, ".") && !strings.ContainsAny(text, " ,;<>\"") && !strings.Contains(host, "@")
}

// lost are the findings on which a device does not comply any more: an explicit state
// of its record.
var lost = lifecycle.CodeSet(0).With(lifecycle.AssetLost).With(lifecycle.AssetRetired)

// OfDevice returns what a change of the binding of a person's asset tells: it was lost
// or retired, or is back in service.
func OfDevice(before, after *lifecycle.Binding, at time.Time) []Signal {
	if after == nil || after.BoundTo != lifecycle.BoundToPerson || after.Held {
		return nil
	}
	was, is := before != nil && before.Codes()&lost != 0, after.Codes()&lost != 0
	if was == is {
		return nil
	}
	s := Signal{Kind: DeviceCompliant, At: at, Subject: after.Asset.String(), Device: after.Asset.String(), User: after.Holder, Reason: "The asset is in service again."}
	if is {
		s.Kind = DeviceNotCompliant
		for c := range (after.Codes() & lost).All {
			s.Reason = "The record of the asset says so: " + c.String() + "."
		}
		if s.User == "" && before != nil {
			s.User = before.Holder
		}
	}
	if first, _, several := strings.Cut(s.User, lifecycle.HolderSeparator); several {
		s.User = first
	}
	return []Signal{s}
}
