package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// grant is a custody_grant on one side of a plan.
type grant struct {
	Access       string                `json:"access"`
	Status       string                `json:"status"`
	Would        string                `json:"would"`
	Because      []string              `json:"because"`
	Generations  map[string]generation `json:"generations"`
	Revoked      []string              `json:"revoke_generations"`
	Holder       string                `json:"holder"`
	NextChangeAt string                `json:"next_change_at"`
	Binding      struct {
		Facts  string `json:"facts"`
		Memory string `json:"memory"`
	} `json:"binding"`

	facts  facts
	memory memory
}

type generation struct {
	Enabled   bool   `json:"enabled"`
	Holder    string `json:"holder"`
	ExpiresAt string `json:"expires_at"`
}

// ended reports whether a credential has expired at an instant.
func (g generation) ended(now time.Time) bool {
	end, ok := instant(g.ExpiresAt)
	return ok && !now.Before(end)
}

// facts are those that a grant or a binding holds of its asset, as far as the summary
// shows them.
type facts struct {
	Asset          string            `json:"asset"`
	Name           string            `json:"name"`
	Class          string            `json:"class"`
	BoundTo        string            `json:"bound_to"`
	Holder         string            `json:"holder"`
	Names          map[string]string `json:"names"`
	OwnerStatus    string            `json:"owner_status"`
	OwnerEndDate   string            `json:"owner_end_date"`
	Manager        string            `json:"manager"`
	Teams          []string          `json:"teams"`
	Successor      string            `json:"successor"`
	LifecycleOwner string            `json:"lifecycle_owner"`
	Environment    string            `json:"environment"`
	Criticality    string            `json:"criticality"`
	RetirementDate string            `json:"retirement_date"`
	TaskKinds      []string          `json:"task_kinds"`
	Held           bool              `json:"held"`
}

// memory is what a grant remembers, as far as the summary shows it.
type memory struct {
	Action      string            `json:"action"`
	Rotation    string            `json:"rotation"`
	EnforceFrom string            `json:"enforce_from"`
	Conditions  map[string]string `json:"conditions"` // when each finding was first seen
	Retiring    []string          `json:"retiring"`
	Class       string            `json:"class"`
	Environment string            `json:"environment"`
	Criticality string            `json:"criticality"`
	Manager     string            `json:"manager"`
	Teams       []string          `json:"teams"`
	Names       map[string]string `json:"names"`
	Frameworks  []string          `json:"frameworks"` // that the policy chooses
	Review      struct {
		Since string `json:"since"`
	} `json:"review"`
	Exception *exception `json:"exception"`
}

type exception struct {
	Codes      []string `json:"codes"`
	Reason     string   `json:"reason"`
	ApprovedBy string   `json:"approved_by"`
	ExpiresAt  string   `json:"expires_at"`
	EndedAt    string   `json:"ended_at"`
}

// reason is one sentence that says why a grant is as it is.
type reason struct{ Code, Message string }

// reasons returns the sentences, each apart from the code and the asset that it begins
// with: "owner.left on Billing (cmdb/APP-0042): The owner has left."
func (g *grant) reasons() []reason {
	out := make([]reason, len(g.Because))
	for i, text := range g.Because {
		end := strings.IndexAny(text, " :")
		if end < 0 || !strings.Contains(text[:end], ".") {
			out[i] = reason{"", text}
			continue
		}
		out[i] = reason{text[:end], g.message(text[end:])}
	}
	return out
}

// message returns what follows the asset, or the colon alone.
func (g *grant) message(rest string) string {
	if message, found := strings.CutPrefix(rest, ": "); found {
		return message
	}
	for _, subject := range []string{g.facts.Asset + ": ", g.facts.Asset + "): "} {
		if _, message, found := strings.Cut(rest, subject); found {
			return message
		}
	}
	return strings.TrimSpace(rest)
}

// grants reads a grant before and after the plan; nil is one that does not exist.
func (c *change) grants() (before, after *grant, err error) {
	if before, err = readGrant(c.Change.Before); err == nil {
		after, err = readGrant(c.Change.After)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", c.Address, err)
	}
	return before, after, err
}

func readGrant(data json.RawMessage) (*grant, error) {
	g, err := decode[grant](data)
	if err != nil || g == nil {
		return nil, err
	}
	if err := readText(g.Binding.Facts, &g.facts); err != nil {
		return nil, fmt.Errorf("binding.facts: %w", err)
	}
	if err := readText(g.Binding.Memory, &g.memory); err != nil {
		return nil, fmt.Errorf("binding.memory: %w", err)
	}
	return g, nil
}

// readText reads a JSON text in an attribute. A text that is known after apply only
// is empty.
func readText(text string, into any) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}
