package backstage

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestTheTokenStaysSecret(t *testing.T) {
	const secret = "Canary-7f3a/of+a=<&Token>"
	systemtest.Secrecy(t, secret, func(t *testing.T, address string) system.System {
		s, err := open(Config{Name: "cat", URL: address, Token: secret}, impatient())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
