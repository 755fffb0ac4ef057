package vault_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/vault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

func TestConfigurationsThatAreRefused(t *testing.T) {
	const url = "https://vault.example.org"
	for name, c := range map[string]struct {
		config         vault.Config
		attribute, key string
		says           string
	}{
		"no address":            {vault.Config{Token: "x"}, "url", "", "It is required"},
		"clear text":            {vault.Config{URL: "http://vault.example.org", Token: "x"}, "url", "", "in clear"},
		"no login":              {vault.Config{URL: url}, "token", "", "CUSTODY_KEYS_TOKEN"},
		"two logins":            {vault.Config{URL: url, Token: canary, RoleID: "r", SecretID: "s"}, "token", "", "Leave role_id and secret_id out"},
		"no secret ID":          {vault.Config{URL: url, RoleID: "r"}, "secret_id", "", "CUSTODY_KEYS_SECRET_ID"},
		"no role ID":            {vault.Config{URL: url, SecretID: canary}, "role_id", "", "beside secret_id"},
		"a token of two lines":  {vault.Config{URL: url, Token: canary + "\n"}, "token", "", "white space"},
		"a hostile mount":       {vault.Config{URL: url, RoleID: "r", SecretID: "s", AppRole: "../sys"}, "approle_path", "", "mounted"},
		"a hostile namespace":   {vault.Config{URL: url, Token: "x", Namespace: "team\r\nX-Vault-Token: y"}, "namespace", "", "path of a namespace"},
		"all leases":            {vault.Config{URL: url, Token: "x", Leases: map[string][]string{"ann": {"database"}}}, "leases", "ann", "not the prefix of the leases of one role"},
		"leases of another way": {vault.Config{URL: url, Token: "x", Leases: map[string][]string{"ann": {"database/creds/../app"}}}, "leases", "ann", "not the prefix"},
		"a negative time":       {vault.Config{URL: url, Token: "x", Timeout: -time.Second}, "timeout", "", "negative"},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Name = "keys"
			s, err := vault.New(c.config)
			var problems *system.ConfigError
			if s != nil || !errors.As(err, &problems) || len(problems.Problems) != 1 {
				t.Fatalf("got %v, %v", s, err)
			}
			p := problems.Problems[0]
			if p.Attribute != c.attribute || p.Key != c.key || !strings.Contains(p.Message, c.says) || strings.Contains(err.Error(), canary) {
				t.Errorf("got %+v", p)
			}
		})
	}
}
