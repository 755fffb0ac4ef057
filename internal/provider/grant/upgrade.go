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
)

var _ resource.ResourceWithUpgradeState = (*Resource)(nil)

// UpgradeState reads the state of earlier builds.
func (r *Resource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return map[int64]resource.StateUpgrader{0: {StateUpgrader: func(_ context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
		upgraded, err := upgradeV0(req.RawState.JSON)
		if err != nil {
			resp.Diagnostics.AddError("Unable to Upgrade Grant", fmt.Sprintf("The state of this grant was written by an earlier build and cannot be read: %s.\n\n"+
				"The state is as it was.\n\nRestore it from a backup, or start again at g1 with -replace.", err))
			return
		}
		resp.DynamicValue = &tfprotov6.DynamicValue{JSON: upgraded}
	}}}
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
	if text := m.text(); text != "" {
		attributes["memory"] = text
	}
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
	return stamp(t), nil
}
