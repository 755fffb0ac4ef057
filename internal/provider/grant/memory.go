package grant

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// memory is what a grant remembers beyond what its other attributes show, as it
// stands in the state: one JSON text, in which what is not so is left out.
type memory struct {
	Action              string            `json:"action,omitempty" says:"what was decided at the last transition, if not keep"`
	Answer              *answer           `json:"attestation,omitempty" says:"the attestation as first seen"`
	Case                *reviewCase       `json:"case,omitempty" says:"the case in the review queue: who was asked about what, and what was answered"`
	CertifiedAt         string            `json:"certified_at,omitempty" says:"when the access was last certified: at its first issue, or by an attestation"`
	Class               string            `json:"class,omitempty" says:"the asset's class at the last issue"`
	Conditions          map[string]string `json:"conditions,omitempty" says:"the findings that apply, by code, with the instant at which each was first seen"`
	Criticality         string            `json:"criticality,omitempty" says:"the asset's criticality at the last issue"`
	EnforceFrom         string            `json:"enforce_from,omitempty" says:"from when on the policy is enforced, while it is only observed"`
	EnforcedAt          string            `json:"enforced_at,omitempty" says:"when generations from a time of observing got an expiry"`
	Environment         string            `json:"environment,omitempty" says:"the asset's environment at the last issue"`
	Waiver              *waiver           `json:"exception,omitempty" says:"the exception as first seen"`
	Frameworks          []string          `json:"frameworks,omitempty" says:"the catalogues of controls that the policy chooses"`
	Keys                map[string]string `json:"holder_keys,omitempty" says:"the keys by which the holder is known"`
	IssuedAt            map[string]string `json:"issued_at,omitempty" says:"when each generation was issued"`
	LeftBlock           bool              `json:"left_block,omitempty" says:"a block or a revocation took the last credential away"`
	Manager             string            `json:"manager,omitempty" says:"the holder's manager at the last issue"`
	Names               map[string]string `json:"names,omitempty" says:"the holder's display name"`
	Notices             []string          `json:"notices,omitempty" says:"the ends of the access of which the responsible person got a notice: the kind, the day, and how long before it"`
	Observed            bool              `json:"observed,omitempty" says:"the policy is only observed"`
	ReassignmentPending bool              `json:"passed,omitempty" says:"a reassignment was acted on, and somebody has still to look at it"`
	Register            string            `json:"register,omitempty" says:"the register that holds all of this"`
	Retiring            []string          `json:"retiring,omitempty" says:"the generations that a newer one has replaced"`
	Rejection           *rejection        `json:"rejection,omitempty" says:"who rejected the access in a review, when and why; until an attestation dated after that"`
	Review              *review           `json:"review,omitempty" says:"since when the access has asked for review"`
	RevokedAt           string            `json:"revoked_at,omitempty" says:"when the access was revoked; only an attestation dated after it, or a new active holder of a leaver's asset, brings it back"`
	RevokedFor          []string          `json:"revoked_for,omitempty" says:"the findings that revoked it"`
	Risk                string            `json:"risk,omitempty" says:"the risk as it was last certified, if not standard"`
	Rotation            string            `json:"rotation,omitempty" says:"what the last transition did to the credential, if anything"`
	Serial              int               `json:"serial,omitempty" says:"the highest number ever issued"`
	State               string            `json:"state,omitempty" says:"the asset's state at the last issue"`
	Teams               []string          `json:"teams,omitempty" says:"the holder's teams at the last issue"`
}

// memoryKeys describes the keys of the memory, for the schema.
func memoryKeys() string {
	of := reflect.TypeFor[memory]()
	keys := make([]string, of.NumField())
	for i := range keys {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		keys[i] = "`" + name + "` (" + f.Tag.Get("says") + ")"
	}
	return "Its keys: " + strings.Join(keys, ", ") + ". Instants are RFC 3339 in UTC."
}

type answer struct {
	By      string `json:"by"`
	Note    string `json:"note,omitempty"`
	At      string `json:"at"`
	Answers string `json:"answers,omitempty"` // only where it is not at
	Spent   bool   `json:"spent,omitempty"`

	// The attestation in the configuration in whose place it came, if it is an answer
	// from a review queue.
	FormerBy   string `json:"former_by,omitempty"`
	FormerNote string `json:"former_note,omitempty"`
}

type rejection struct {
	By   string `json:"by"`
	At   string `json:"at"`
	Note string `json:"note,omitempty"`
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

// memorise gathers what g remembers, and which catalogues of controls its policy
// chooses.
func memorise(g *lifecycle.Grant, frameworks []string) *memory {
	src, basis := &g.Memory, &g.Basis
	m := &memory{
		CertifiedAt: value.Stamp(g.CertifiedAt), Class: basis.Class, Criticality: basis.Criticality, EnforceFrom: value.Stamp(g.EnforceFrom),
		EnforcedAt: value.Stamp(src.EnforcedAt), Environment: basis.Environment, Frameworks: frameworks, LeftBlock: src.LeftBlock, Notices: src.Notices,
		Manager: basis.Manager, Observed: g.Observed, ReassignmentPending: src.ReassignmentPending,
		RevokedAt: value.Stamp(g.RevokedAt), RevokedFor: codeNames(src.RevokedFor), Serial: g.Serial, Teams: basis.Teams,
	}
	if g.Action != lifecycle.Keep {
		m.Action = g.Action.String()
	}
	if g.Rotation != lifecycle.RotateNone {
		m.Rotation = g.Rotation.String()
	}
	if src.Risk != lifecycle.RiskStandard {
		m.Risk = src.Risk.String()
	}
	if basis.State != lifecycle.StateUnknown {
		m.State = basis.State.String()
	}
	for _, k := range basis.Keys {
		note(&m.Keys, k.Key, k.Holder)
	}
	for _, n := range g.Names {
		note(&m.Names, n.ID, n.Name)
	}
	for _, c := range g.Conditions {
		note(&m.Conditions, c.Code.String(), value.Stamp(c.FirstSeen))
	}
	for i := range g.Generations {
		x := &g.Generations[i]
		note(&m.IssuedAt, x.Key(), value.Stamp(x.IssuedAt))
		if x.State == lifecycle.Retiring {
			m.Retiring = append(m.Retiring, x.Key())
		}
	}
	m.memoriseWords(src)
	return m
}

// memorise gathers what g, which the transition came to, remembers, with the case in the
// review queue.
func (t *transition) memorise(g *lifecycle.Grant) *memory {
	m := memorise(g, t.frameworks)
	if c := t.asking.is; !c.empty() {
		m.Case = &c
	}
	return m
}

// memoriseWords takes over what people have said, and since when they are asked.
func (m *memory) memoriseWords(src *lifecycle.Memory) {
	if a := src.Answer; a != nil {
		m.Answer = &answer{By: a.By, Note: a.Note, At: value.Stamp(a.At), Spent: a.Spent, FormerBy: a.FormerBy, FormerNote: a.FormerNote}
		if !a.Answers.Equal(a.At) {
			m.Answer.Answers = value.Stamp(a.Answers)
		}
	}
	if w := src.Waiver; w != nil {
		m.Waiver = &waiver{
			Codes: codeNames(w.Codes), Reason: w.Reason, ApprovedBy: w.ApprovedBy,
			StartsAt: value.Stamp(w.StartsAt), ExpiresAt: value.Stamp(w.ExpiresAt), EndedAt: value.Stamp(w.EndedAt),
		}
	}
	if r := src.Rejection; r != nil {
		m.Rejection = &rejection{By: r.By, At: value.Stamp(r.At), Note: r.Note}
	}
	if r := src.Review; !r.Since.IsZero() {
		m.Review = &review{Since: value.Stamp(r.Since), ClearSince: value.Stamp(r.ClearSince)}
	}
}

func note(into *map[string]string, key, says string) {
	if *into == nil {
		*into = make(map[string]string)
	}
	(*into)[key] = says
}

// text writes the memory in its one form.
func (m *memory) text() string { return value.JSON(m) }

// readMemory reads what text wrote.
func readMemory(text string) (*memory, error) {
	m := &memory{}
	if text == "" {
		return m, nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("its memory cannot be read: %w", err)
	}
	return m, nil
}

// recall brings what is remembered back into g.
func (m *memory) recall(g *lifecycle.Grant) error {
	r := reader{}
	g.Observed, g.Serial = m.Observed, m.Serial
	g.RevokedAt, g.CertifiedAt = r.instant(m.RevokedAt), r.instant(m.CertifiedAt)
	g.EnforceFrom = r.instant(m.EnforceFrom)
	g.Action = word(&r, m.Action, lifecycle.ParseAction)
	g.Rotation = word(&r, m.Rotation, lifecycle.ParseRotation)
	g.Basis = lifecycle.Basis{
		State: word(&r, m.State, lifecycle.ParseState), Class: m.Class, Environment: m.Environment, Criticality: m.Criticality,
		Manager: m.Manager, Teams: m.Teams,
	}
	for key, holder := range m.Keys {
		g.Basis.Keys = append(g.Basis.Keys, lifecycle.OwnerKey{Key: key, Holder: holder})
	}
	slices.SortFunc(g.Basis.Keys, func(a, b lifecycle.OwnerKey) int { return strings.Compare(a.Key, b.Key) })
	for _, id := range slices.Sorted(maps.Keys(m.Names)) {
		g.Names = append(g.Names, lifecycle.Named{ID: id, Name: m.Names[id]})
	}
	for name, at := range m.Conditions {
		g.Conditions = append(g.Conditions, lifecycle.Condition{Code: word(&r, name, lifecycle.ParseCode), FirstSeen: r.instant(at)})
	}
	slices.SortFunc(g.Conditions, func(a, b lifecycle.Condition) int { return int(a.Code) - int(b.Code) })
	g.Memory = lifecycle.Memory{
		EnforcedAt: r.instant(m.EnforcedAt), LeftBlock: m.LeftBlock, Notices: m.Notices, ReassignmentPending: m.ReassignmentPending, RevokedFor: r.codes(m.RevokedFor),
		Risk: word(&r, m.Risk, lifecycle.ParseRisk),
	}
	if a := m.Answer; a != nil {
		g.Memory.Answer = &lifecycle.Answer{By: a.By, Note: a.Note, At: r.instant(a.At), Answers: r.instant(a.At), Spent: a.Spent, FormerBy: a.FormerBy, FormerNote: a.FormerNote}
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
	if v := m.Rejection; v != nil {
		g.Memory.Rejection = &lifecycle.Rejection{By: v.By, At: r.instant(v.At), Note: v.Note}
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

// word reads a word of an enumeration; one that is left out is the first of it.
func word[T any](r *reader, text string, parse func(string) (T, error)) T {
	if text == "" {
		var none T
		return none
	}
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
