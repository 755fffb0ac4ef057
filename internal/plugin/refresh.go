package plugin

import (
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/vmihailenco/msgpack/v5"
)

// asJSON returns a refreshed state in the encoding of the state file. Terraform
// 1.10 and 1.11 compare the two bit by bit, and read numbers from MessagePack
// with another precision than those in the file: an unchanged number would
// count as drift, and -refresh-only -detailed-exitcode would always end with 2.
// A value that cannot be translated is not changed.
func asJSON(state *tfprotov6.DynamicValue) *tfprotov6.DynamicValue {
	if state == nil || len(state.MsgPack) == 0 {
		return state
	}
	var value any
	if err := msgpack.Unmarshal(state.MsgPack, &value); err != nil {
		return state
	}
	text, err := json.Marshal(value)
	if err != nil {
		return state
	}
	return &tfprotov6.DynamicValue{JSON: text}
}
