package scim

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestTheTokenStaysSecret(t *testing.T) {
	const secret = "Canary-7f3a/of+a=<&Token>"
	systemtest.Secrecy(t, secret, func(t *testing.T, address string) system.System { return mustNew(t, config(address, secret)) })
}
