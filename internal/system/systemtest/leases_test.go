package systemtest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestFakeLeasesConform(t *testing.T) {
	now := time.Date(2030, time.January, 15, 9, 0, 0, 0, time.UTC)
	systemtest.Leases(t, systemtest.LeasesHarness{
		Open: func(*testing.T) systemtest.LeaseStage {
			f := systemtest.NewFakeLeases("shop", now, "readers")
			return systemtest.LeaseStage{
				Giver: f, Another: func(*testing.T) system.Leases { return f }, Denied: f.Idle(), Right: "lend", Role: "readers", Ungiven: "admins",
				Login:   func(_ *testing.T, name, password string) func() bool { return f.Login(name, password) },
				Uses:    func(_ *testing.T, name, _ string) bool { return slices.Contains(f.Names(), name) },
				Expire:  func(_ *testing.T, name string) { f.Expire(name) },
				Foreign: func(_ *testing.T, name string) { f.Add(name) },
				Exists:  func(_ *testing.T, name string) bool { return slices.Contains(f.Names(), name) },
			}
		},
	})
}
