package binding

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

var _ resource.ResourceWithUpgradeState = (*Resource)(nil)

// UpgradeState reads the state of earlier builds.
func (r *Resource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return map[int64]resource.StateUpgrader{0: {StateUpgrader: func(_ context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
		upgraded, err := upgradeV0(req.RawState.JSON)
		if err != nil {
			resp.Diagnostics.AddError("Unable to Upgrade Binding", fmt.Sprintf("The state of this binding was written by an earlier build and cannot be read: %s.\n\n"+
				"The state is as it was.\n\nRestore it from a backup, or take the binding out of the state and import it again.", err))
			return
		}
		resp.DynamicValue = &tfprotov6.DynamicValue{JSON: upgraded}
	}}}
}

// upgradeV0 adds to the state of version 0 what grants keep of it. What that version
// did not have yet is read by the next refresh.
func upgradeV0(raw []byte) ([]byte, error) {
	var attributes map[string]json.RawMessage
	if err := json.Unmarshal(raw, &attributes); err != nil {
		return nil, err
	}
	facts, _, err := FactsOfState(raw)
	if err != nil {
		return nil, err
	}
	if attributes[factsName], err = json.Marshal(facts); err != nil {
		return nil, err
	}
	for name := range modelTypes {
		if _, stated := attributes[name]; !stated {
			attributes[name] = json.RawMessage("null")
		}
	}
	return json.Marshal(attributes)
}

// FactsOfState writes the text that a grant keeps from the attributes of a binding, as
// a state of earlier builds holds them: a binding's own, or those that a grant kept.
func FactsOfState(raw []byte) (string, lifecycle.Ref, error) {
	var b lifecycle.Binding
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return "", b.Asset, err
	}
	q, err := questionOfState(raw)
	if err != nil {
		return "", b.Asset, err
	}
	for name, v := range object {
		if bytes.Equal(v, []byte("null")) {
			delete(object, name)
		}
	}
	if object["findings"], err = findingsByCode(object["findings"]); err != nil {
		return "", b.Asset, err
	}
	if err := kept.Take(object, &b); err != nil {
		return "", b.Asset, err
	}
	b.Asset = q.Asset
	return Facts(&b, &q), b.Asset, nil
}

func questionOfState(raw []byte) (lifecycle.Question, error) {
	var q lifecycle.Question
	var state struct {
		Asset      string            `json:"asset"`
		Declared   *declaredFacts    `json:"declared"`
		Evidence   map[string]string `json:"evidence"`
		Successors []string          `json:"successors"`
	}
	if err := json.Unmarshal(raw, &state); err != nil {
		return q, err
	}
	var ok bool
	if q.Asset, ok = lifecycle.ParseRef(state.Asset); !ok {
		return q, errors.New("it names no asset")
	}
	q.Successors, q.Evidence = state.Successors, claims(state.Evidence)
	d := state.Declared
	if d == nil {
		return q, nil
	}
	for _, text := range []*string{&d.Owner, &d.Purpose, &d.Environment, &d.Criticality} {
		*text = system.Composed(*text)
	}
	if d.RetirementDate != "" { // as the user wrote it
		date, err := value.ParseEndOfDay(d.RetirementDate)
		if err != nil {
			return q, err
		}
		d.RetirementDate = value.Stamp(date)
	}
	return q, d.read(&q.Declared)
}

// findingsByCode turns a list of findings into the sentences by their codes.
func findingsByCode(list json.RawMessage) (json.RawMessage, error) {
	if len(list) == 0 {
		return json.RawMessage("{}"), nil
	}
	var findings []struct{ Code, Message string }
	if err := json.Unmarshal(list, &findings); err != nil {
		return nil, err
	}
	byCode := make(map[string]string, len(findings))
	for _, f := range findings {
		byCode[f.Code] = f.Message
	}
	return json.Marshal(byCode)
}
