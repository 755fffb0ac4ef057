package systemtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestFakeAccountsConform(t *testing.T) {
	now := time.Date(2030, time.January, 15, 9, 0, 0, 0, time.UTC)
	systemtest.Accounts(t, systemtest.AccountsHarness{
		Asserts: true,
		Open: func(_ *testing.T, subjects ...string) systemtest.Stage {
			f := systemtest.NewFakeAccounts("corp", subjects...)
			return systemtest.Stage{
				Target: f, Reader: f.Reader(), Another: func(*testing.T) system.Accounts { return f },
				Right: map[system.AccountAct]string{system.EnableAccount: "write", system.DisableAccount: "write", system.SetAccountEnd: "write", system.EndSessions: "write"},
				Lets: func(_ *testing.T, subject string) bool {
					a, err := f.Account(context.Background(), subject)
					return err == nil && a != nil && a.Enabled && (a.ExpiresAt.IsZero() || now.Before(a.ExpiresAt))
				},
				Session: func(t *testing.T, subject string) func() bool {
					return func() bool {
						a, err := f.Account(t.Context(), subject)
						return err == nil && a != nil && len(a.Issued) > 0
					}
				},
				Delete: func(_ *testing.T, subject string) { f.Remove(subject) },
			}
		},
	})
}
