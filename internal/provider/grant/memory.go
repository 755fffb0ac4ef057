package grant

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// memory is what a grant remembers beyond what its other attributes show, as it
// stands in the state: one JSON text, in which what is not so is left out.
type memory struct {
	Answer     *answer           `json:"attestation,omitempty"`
	EnforcedAt string            `json:"enforced_at,omitempty"`
	Waiver     *waiver           `json:"exception,omitempty"`
	Keys       map[string]string `json:"holder_keys,omitempty"`
	LeftBlock  bool              `json:"left_block,omitempty"`
	Observed   bool              `json:"observed,omitempty"`
	Passed     bool              `json:"passed,omitempty"`
	Review     *review           `json:"review,omitempty"`
	RevokedFor []string          `json:"revoked_for,omitempty"`
	Risk       string            `json:"risk,omitempty"`
	State      string            `json:"state,omitempty"`
}

type answer struct {
	By      string `json:"by"`
	Note    string `json:"note,omitempty"`
	At      string `json:"at"`
	Answers string `json:"answers,omitempty"` // only where it is not at
	Spent   bool   `json:"spent,omitempty"`
}

type waiver struct {
	Codes      []string `json:"codes"`
	Reason     string   `json:"reason"`
	ApprovedBy string   `json:"approved_by"`
	StartsAt   string   `json:"starts_at"`
	ExpiresAt  string   `json:"expires_at"`
	EndedAt    string   `json:"ended_at,omitempty"`
}

type review struct {
	Since      string `json:"since"`
	ClearSince string `json:"clear_since,omitempty"`
}

// memorise writes what g remembers; "" if that is nothing.
func memorise(g *lifecycle.Grant) string {
	src := &g.Memory
	m := memory{
		EnforcedAt: stamp(src.EnforcedAt), LeftBlock: src.LeftBlock, Observed: g.Observed, Passed: src.Passed, RevokedFor: codeNames(src.RevokedFor),
	}
	if src.Risk != lifecycle.RiskStandard {
		m.Risk = src.Risk.String()
	}
	if g.Basis.State != lifecycle.StateUnknown {
		m.State = g.Basis.State.String()
	}
	for _, k := range g.Basis.Keys {
		if m.Keys == nil {
			m.Keys = make(map[string]string, len(g.Basis.Keys))
		}
		m.Keys[k.Key] = k.Holder
	}
	if a := src.Answer; a != nil {
		m.Answer = &answer{By: a.By, Note: a.Note, At: stamp(a.At), Spent: a.Spent}
		if !a.Answers.Equal(a.At) {
			m.Answer.Answers = stamp(a.Answers)
		}
	}
	if w := src.Waiver; w != nil {
		m.Waiver = &waiver{
			Codes: codeNames(w.Codes), Reason: w.Reason, ApprovedBy: w.ApprovedBy,
			StartsAt: stamp(w.StartsAt), ExpiresAt: stamp(w.ExpiresAt), EndedAt: stamp(w.EndedAt),
		}
	}
	if r := src.Review; !r.Since.IsZero() {
		m.Review = &review{Since: stamp(r.Since), ClearSince: stamp(r.ClearSince)}
	}
	return m.text()
}

// text writes the memory in its one form.
func (m *memory) text() string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		panic("grant: " + err.Error()) // the types hold nothing that cannot be encoded
	}
	if text := strings.TrimSpace(buf.String()); text != "{}" {
		return text
	}
	return ""
}

// recall reads what g remembers back from the state.
func recall(text string, g *lifecycle.Grant) error {
	if text == "" {
		return nil
	}
	var m memory
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return fmt.Errorf("its memory cannot be read: %w", err)
	}
	r := reader{}
	g.Observed = m.Observed
	g.Memory = lifecycle.Memory{
		EnforcedAt: r.instant(m.EnforcedAt), LeftBlock: m.LeftBlock, Passed: m.Passed, RevokedFor: r.codes(m.RevokedFor),
	}
	if m.Risk != "" {
		g.Memory.Risk = word(&r, m.Risk, lifecycle.ParseRisk)
	}
	if m.State != "" {
		g.Basis.State = word(&r, m.State, lifecycle.ParseState)
	}
	for key, holder := range m.Keys {
		g.Basis.Keys = append(g.Basis.Keys, lifecycle.OwnerKey{Key: key, Holder: holder})
	}
	slices.SortFunc(g.Basis.Keys, func(a, b lifecycle.OwnerKey) int { return strings.Compare(a.Key, b.Key) })
	if a := m.Answer; a != nil {
		g.Memory.Answer = &lifecycle.Answer{By: a.By, Note: a.Note, At: r.instant(a.At), Answers: r.instant(a.At), Spent: a.Spent}
		if a.Answers != "" {
			g.Memory.Answer.Answers = r.instant(a.Answers)
		}
	}
	if w := m.Waiver; w != nil {
		g.Memory.Waiver = &lifecycle.Waiver{
			Codes: r.codes(w.Codes), Reason: w.Reason, ApprovedBy: w.ApprovedBy,
			StartsAt: r.instant(w.StartsAt), ExpiresAt: r.instant(w.ExpiresAt), EndedAt: r.instant(w.EndedAt),
		}
	}
	if v := m.Review; v != nil {
		g.Memory.Review = lifecycle.ReviewClock{Since: r.instant(v.Since), ClearSince: r.instant(v.ClearSince)}
	}
	return r.err
}

// reader reads values and keeps the first error.
type reader struct{ err error }

func (r *reader) instant(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("its memory holds %q, which is not an instant", text)
	}
	return t.UTC()
}

func (r *reader) codes(names []string) lifecycle.CodeSet {
	var s lifecycle.CodeSet
	for _, n := range names {
		s = s.With(word(r, n, lifecycle.ParseCode))
	}
	return s
}

func word[T any](r *reader, text string, parse func(string) (T, error)) T {
	v, err := parse(text)
	if err != nil && r.err == nil {
		r.err = err
	}
	return v
}

func codeNames(s lifecycle.CodeSet) []string {
	var out []string
	for c := range s.All {
		out = append(out, c.String())
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
