package register

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The kinds of events that the register writes by itself. Others are up to who
// appends them: lower-case words joined by dots.
const (
	KindIntent  = "act.intent"
	KindOutcome = "act.outcome"
)

// maxName is the greatest length of a name in the register, in bytes.
const maxName = 1024

// Draft is an event that is about to be appended.
type Draft struct {
	Kind    string // what happened, such as "grant.decided"
	Subject string // what it happened to, such as the id of a grant
	Body    string // a JSON text with everything else; {} if empty
}

// Event is an entry of the ledger.
type Event struct {
	Workspace string
	Sequence  int64 // from 1, without a gap
	At        time.Time
	Kind      string
	Subject   string
	Actor     string
	Run       string
	Body      string // in canonical form
	Previous  string // the hash of the event before it; empty for the first
	Hash      string
}

// Head is the newest event of a workspace.
type Head struct {
	Workspace string
	Sequence  int64 // 0 if the workspace has no event yet
	Hash      string
}

// next returns the event that a draft of a run becomes behind the head.
func (h Head) next(run Run, d Draft) (Event, error) {
	if d.Body == "" {
		d.Body = "{}"
	}
	body, err := Canonical(d.Body)
	if err != nil {
		return Event{}, fmt.Errorf("body of the event %.40q: %w", d.Kind, err)
	}
	if err := checkName("subject", d.Subject, false); err != nil {
		return Event{}, fmt.Errorf("event %.40q: %w", d.Kind, err)
	}
	if !kindWords(d.Kind) {
		return Event{}, fmt.Errorf("%.40q is not the kind of an event; use lower-case words joined by dots", d.Kind)
	}
	e := Event{
		Workspace: h.Workspace, Sequence: h.Sequence + 1, At: run.At.UTC(), Kind: d.Kind, Subject: d.Subject, Actor: run.Actor, Run: run.ID,
		Body: body, Previous: h.Hash,
	}
	e.Hash = e.sum()
	return e, nil
}

// head returns the head of the chain that ends with the event.
func (e Event) head() Head {
	return Head{Workspace: e.Workspace, Sequence: e.Sequence, Hash: e.Hash}
}

// Signed returns the text that the hash of the event covers: everything but the
// hash, as one object in the form of RFC 8785.
func (e Event) Signed() string {
	var out object
	out.text("actor", e.Actor)
	out.text("at", instant(e.At))
	out.json("body", e.Body)
	out.text("kind", e.Kind)
	out.text("previous", e.Previous)
	out.text("run", e.Run)
	out.integer("sequence", e.Sequence)
	out.text("subject", e.Subject)
	out.integer("version", 1)
	out.text("workspace", e.Workspace)
	return out.String()
}

func (e Event) sum() string {
	sum := sha256.Sum256([]byte(e.Signed()))
	return hex.EncodeToString(sum[:])
}

// instant writes an instant as the register holds it; the zero instant is empty.
func instant(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// checkInstant reports an instant that the register would not give back as it is.
func checkInstant(at time.Time) error {
	if at.IsZero() || at.Nanosecond() != 0 || at.UTC().Year() > 9999 {
		return fmt.Errorf("the instant %s is not one in whole seconds", at.UTC().Format(time.RFC3339Nano))
	}
	return nil
}

// checkName reports a name that could not be stored, shown or distinguished from others.
func checkName(what, text string, optional bool) error {
	switch {
	case text == "" && !optional:
		return fmt.Errorf("the %s is empty", what)
	case len(text) > maxName:
		return fmt.Errorf("the %s has %d bytes; up to %d are accepted", what, len(text), maxName)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return fmt.Errorf("the %s %.40q contains a control character or is not valid UTF-8", what, text)
	}
	return nil
}

func kindWords(kind string) bool {
	for word := range strings.SplitSeq(kind, ".") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return false
		}
	}
	return len(kind) <= 64
}
