package requesttracker

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestTheTokenStaysSecret(t *testing.T) {
	const secret = "1-7-Canary/of+a=<&Token>"
	systemtest.Secrecy(t, secret, func(t *testing.T, address string) system.System {
		return mustOpen(t, Config{Name: "rt", URL: address, Token: secret, Queues: custodyQueues(), Reviews: &ReviewConfig{Queue: "Access Review"}})
	})
}
