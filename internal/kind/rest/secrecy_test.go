package rest

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// Every field of every description counts: user names and the names of clients
// are given as secrets too.
func TestSecretsOfEveryDescriptionStaySecret(t *testing.T) {
	const secret = "Canary-7f3a/of+a=<&Token>"
	for _, kind := range shippedKinds(t) {
		if leftOut(kind) {
			continue
		}
		text, _ := Description(Shipped(), kind)
		about, err := AboutOf(text)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(kind, func(t *testing.T) {
			systemtest.Secrecy(t, secret, func(t *testing.T, address string) system.System {
				c := filledIn(about, kind, address, secret)
				c.Retries, c.Wait = -1, impatient
				return mustNew(t, c, nil)
			})
		})
	}
}

// A secret that is given and not needed, because another way to log in comes
// first, is a secret all the same.
func TestASecretThatIsNotNeededStaysSecret(t *testing.T) {
	const secret = "Canary-7f3a/of+a=<&Token>"
	s := mustNew(t, Config{Name: "cmdb", Kind: "servicenow", URL: "https://h",
		Secrets: map[string]string{"username": "reader", "password": "another-secret", "api_key": secret}}, nil)
	for name, form := range systemtest.Encodings(secret) {
		systemtest.WantHidden(t, name, s.client.Shown("it says "+form), secret)
	}
}
