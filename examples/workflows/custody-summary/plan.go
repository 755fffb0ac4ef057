package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// plan is as much of a plan's JSON as the summary needs.
type plan struct {
	FormatVersion    string   `json:"format_version"`
	TerraformVersion string   `json:"terraform_version"`
	Timestamp        string   `json:"timestamp"`
	Errored          bool     `json:"errored"`
	Changes          []change `json:"resource_changes"`
	Drift            []change `json:"resource_drift"`
}

type change struct {
	Address string `json:"address"`
	Mode    string `json:"mode"`
	Type    string `json:"type"`
	Change  struct {
		Actions []string        `json:"actions"`
		Before  json.RawMessage `json:"before"`
		After   json.RawMessage `json:"after"`
	} `json:"change"`
}

func (c *change) is(action string) bool { return slices.Contains(c.Change.Actions, action) }

func (c *change) custody() bool { return strings.HasPrefix(c.Type, "custody_") }

// moves reports whether the plan does anything to a resource.
func (c *change) moves() bool {
	return c.Mode == "managed" && len(c.Change.Actions) > 0 && !c.is("no-op")
}

type grant struct {
	Access       string                `json:"access"`
	Status       string                `json:"status"`
	Would        string                `json:"would"`
	EnforceFrom  string                `json:"enforce_from"`
	Action       string                `json:"action"`
	Rotation     string                `json:"rotation"`
	Holder       string                `json:"holder"`
	ExpiresAt    string                `json:"expires_at"`
	NextChangeAt string                `json:"next_change_at"`
	Generations  map[string]generation `json:"generations"`
	Revoked      []string              `json:"revoke_generations"`
	Reasons      []reason              `json:"reasons"`
	Binding      struct {
		Asset string `json:"asset"`
	} `json:"binding"`
}

type generation struct {
	Enabled   bool   `json:"enabled"`
	State     string `json:"state"`
	Holder    string `json:"holder"`
	ExpiresAt string `json:"expires_at"`
}

type reason struct {
	Code     string   `json:"code"`
	Message  string   `json:"message"`
	Controls []string `json:"controls"`
}

// readPlan reads a plan. Where the plan is known to have failed, nothing at all
// is accepted too.
func readPlan(from io.Reader, failed bool) (*plan, error) {
	data, err := io.ReadAll(from)
	if err != nil {
		return nil, err
	}
	if failed && len(strings.TrimSpace(string(data))) == 0 {
		return &plan{Errored: true}, nil
	}
	var p plan
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("this is no plan in the form of \"terraform show -json\": %w", err)
	}
	if !strings.HasPrefix(p.FormatVersion, "1.") {
		return nil, fmt.Errorf("the plan has format version %q; 1 is understood", p.FormatVersion)
	}
	p.Errored = p.Errored || failed
	return &p, nil
}

// grants reads a grant before and after the plan; nil is one that does not exist.
func (c *change) grants() (before, after *grant, err error) {
	if before, err = decode[grant](c.Change.Before); err == nil {
		after, err = decode[grant](c.Change.After)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", c.Address, err)
	}
	return before, after, err
}

func decode[T any](data json.RawMessage) (*T, error) {
	var out *T
	if len(data) == 0 {
		return nil, nil //nolint:nilnil // not there
	}
	err := json.Unmarshal(data, &out)
	return out, err
}
