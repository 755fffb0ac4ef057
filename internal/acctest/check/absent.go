package check

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// Absent expects that no resource in the state has an address that begins with
// the text: a resource, or all of its instances.
func Absent(address string) statecheck.StateCheck { return absent(address) }

type absent string

// CheckState looks for the address.
func (address absent) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	for _, r := range resources(req.State) {
		if strings.HasPrefix(r.Address, string(address)) {
			resp.Error = fmt.Errorf("%s is in the state", r.Address)
			return
		}
	}
}
