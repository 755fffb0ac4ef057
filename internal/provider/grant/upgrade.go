package grant

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/binding"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

var _ resource.ResourceWithUpgradeState = (*Resource)(nil)

// UpgradeState reads the state of earlier builds.
func (r *Resource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return map[int64]resource.StateUpgrader{
		0: upgrader(func(raw []byte) ([]byte, error) {
			v1, err := upgradeV0(raw)
			if err != nil {
				return nil, err
			}
			return upgradeV1(v1)
		}),
		1: upgrader(upgradeV1),
	}
}

func upgrader(upgrade func([]byte) ([]byte, error)) resource.StateUpgrader {
	return resource.StateUpgrader{StateUpgrader: func(_ context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
		upgraded, err := upgrade(req.RawState.JSON)
		if err != nil {
			resp.Diagnostics.AddError("Unable to Upgrade Grant", fmt.Sprintf("The state of this grant was written by an earlier build and cannot be read: %s.\n\n"+
				"The state is as it was.\n\nRestore it from a backup, or start again at g1 with -replace.", err))
			return
		}
		resp.DynamicValue = &tfprotov6.DynamicValue{JSON: upgraded}
	}}
}

// stateV1 is what version 1 of the schema kept in attributes of its own. Version 2
// keeps it in the memory.
type stateV1 struct {
	Binding     json.RawMessage `json:"binding"`
	Memory      string          `json:"memory"`
	Action      string          `json:"action"`
	Serial      int             `json:"serial"`
	RevokedAt   string          `json:"revoked_at"`
	CertifiedAt string          `json:"certified_at"`
	Rotation    string          `json:"rotation"`
	EnforceFrom string          `json:"enforce_from"`

	Conditions map[string]string `json:"conditions"`
	Reasons    []struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"reasons"`
	Basis *struct {
		Class       string   `json:"class"`
		Environment string   `json:"environment"`
		Criticality string   `json:"criticality"`
		Manager     string   `json:"manager"`
		Teams       []string `json:"teams"`
	} `json:"basis"`
	Generations map[string]struct {
		Enabled   bool    `json:"enabled"`
		State     string  `json:"state"`
		Holder    *string `json:"holder"`
		IssuedAt  string  `json:"issued_at"`
		ExpiresAt *string `json:"expires_at"`
	} `json:"generations"`
}

// keptV1 are the attributes of version 1 that version 2 has as they were.
var keptV1 = []string{
	"access", "risk", "policy", "ttl", "renew_before", "overlap", "on_block", "rotate_when_changed", "revoke_generations",
	"attestation", "exception", "usage", "id", "active", "status", "would", "holder", "next_change_at", "policy_digest",
}

// upgradeV1 brings the state of version 1 to version 2, which says the same in fewer
// attributes. Nothing is lost but the controls of the reasons, which follow from
// their codes.
func upgradeV1(raw []byte) ([]byte, error) {
	var attributes map[string]json.RawMessage
	if err := json.Unmarshal(raw, &attributes); err != nil {
		return nil, err
	}
	var old stateV1
	if err := json.Unmarshal(raw, &old); err != nil {
		return nil, err
	}
	facts, asset, err := binding.FactsOfState(old.Binding)
	if err != nil {
		return nil, err
	}
	m, err := old.memory()
	if err != nil {
		return nil, err
	}
	state := map[string]any{
		"binding": map[string]string{"facts": facts, "memory": m.text()},
		"because": old.because(asset), "generations": old.generations(), "review": nil,
	}
	for _, name := range keptV1 {
		state[name] = attributes[name]
	}
	return json.Marshal(state)
}

func (s *stateV1) because(asset lifecycle.Ref) []string {
	out := make([]string, len(s.Reasons))
	for i, r := range s.Reasons {
		out[i] = sentence(r.Code, asset.String(), r.Message)
	}
	return out
}

func (s *stateV1) generations() map[string]any {
	out := make(map[string]any, len(s.Generations))
	for key, g := range s.Generations {
		out[key] = map[string]any{"enabled": g.Enabled, "expires_at": g.ExpiresAt, "holder": g.Holder}
	}
	return out
}

func (s *stateV1) memory() (*memory, error) {
	m, err := readMemory(s.Memory)
	if err != nil {
		return nil, err
	}
	m.Serial, m.Conditions = s.Serial, s.Conditions
	m.RevokedAt, m.CertifiedAt, m.EnforceFrom = s.RevokedAt, s.CertifiedAt, s.EnforceFrom
	if s.Action != lifecycle.Keep.String() {
		m.Action = s.Action
	}
	if s.Rotation != lifecycle.RotateNone.String() {
		m.Rotation = s.Rotation
	}
	if b := s.Basis; b != nil {
		m.Class, m.Environment, m.Criticality, m.Manager, m.Teams = b.Class, b.Environment, b.Criticality, b.Manager, b.Teams
	}
	for key, g := range s.Generations {
		note(&m.IssuedAt, key, g.IssuedAt)
		if g.State == lifecycle.Retiring.String() {
			m.Retiring = append(m.Retiring, key)
		}
	}
	slices.Sort(m.Retiring)
	return m, nil
}

// stateV0 is what version 0 of the schema kept, as far as the memory of version 1
// follows from it.
type stateV0 struct {
	Risk        string            `json:"risk"`
	Status      string            `json:"status"`
	Serial      int               `json:"serial"`
	Active      bool              `json:"active"`
	RevokedAt   string            `json:"revoked_at"`
	Conditions  map[string]string `json:"conditions"`
	Attestation *struct {
		By   string `json:"by"`
		At   string `json:"at"`
		Note string `json:"note"`
	} `json:"attestation"`
}

// upgradeV0 brings the state of version 0 to version 1. Nothing that stood is
// changed; what version 1 remembers in addition is taken from it, so that a latch keeps
// its cause, a review its beginning and an attestation its force.
func upgradeV0(raw []byte) ([]byte, error) {
	var attributes map[string]any
	if err := json.Unmarshal(raw, &attributes); err != nil {
		return nil, err
	}
	var old stateV0
	if err := json.Unmarshal(raw, &old); err != nil {
		return nil, err
	}
	for _, name := range []string{"usage", "would", "enforce_from", "policy_digest", "memory"} {
		attributes[name] = nil
	}
	m, err := old.memory()
	if err != nil {
		return nil, err
	}
	attributes["memory"] = m.text()
	if b, ok := attributes["binding"].(map[string]any); ok {
		for _, name := range []string{"owner_keys", "state_confidence", "fresh", "task_kinds"} {
			b[name] = nil
		}
	}
	return json.Marshal(attributes)
}

func (s *stateV0) memory() (*memory, error) {
	m := &memory{LeftBlock: s.Serial > 0 && !s.Active && (s.Status == lifecycle.StatusBlocked.String() || s.Status == lifecycle.StatusRevoked.String())}
	if s.Risk != lifecycle.RiskStandard.String() {
		m.Risk = s.Risk
	}
	if a := s.Attestation; a != nil {
		at, err := instantV0(a.At)
		if err != nil {
			return nil, err
		}
		m.Answer = &answer{By: a.By, Note: a.Note, At: at, Spent: s.RevokedAt != "" && s.Status == lifecycle.StatusRevoked.String()}
	}
	since := ""
	for name, at := range s.Conditions {
		code, err := lifecycle.ParseCode(name)
		if err != nil {
			return nil, err
		}
		if s.RevokedAt != "" && lifecycle.Terminal.Has(code) {
			m.RevokedFor = append(m.RevokedFor, name)
		}
		if !lifecycle.Engine.Has(code) && (since == "" || at < since) {
			since = at
		}
	}
	slices.SortFunc(m.RevokedFor, strings.Compare)
	if s.Status != lifecycle.StatusActive.String() && since != "" {
		m.Review = &review{Since: since}
	}
	return m, nil
}

// instantV0 brings an instant that a user wrote into the one form of the state.
func instantV0(text string) (string, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return "", err
	}
	return value.Stamp(t), nil
}
