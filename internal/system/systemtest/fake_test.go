package systemtest_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// The fake stands in for real systems, so it has to behave as they must.
func TestFakeConforms(t *testing.T) {
	h := systemtest.Harness{
		Healthy: func(_ *testing.T, seed systemtest.Seed) system.System {
			for i := range seed.Records {
				r := &seed.Records[i]
				r.Source = "record " + string(rune('a'+i%26))
				r.Name, r.Purpose = system.Clean(r.Name), system.Clean(r.Purpose)
				for j := range r.Owners {
					r.Owners[j] = system.Clean(r.Owners[j])
				}
			}
			return systemtest.NewFake("cmdb", seed)
		},
		Broken: map[string]systemtest.Make{
			"failing": func(_ *testing.T, seed systemtest.Seed) system.System {
				f := systemtest.NewFake("cmdb", seed)
				err := &fault.Fault{Kind: fault.ErrUnavailable, Summary: "s", Happened: "h", Advice: "a"}
				for _, method := range []string{"Asset", "Assets", "Person", "Members", "Tasks"} {
					f.Fail(method, err)
				}
				return f
			},
		},
	}
	t.Run("assets", func(t *testing.T) { systemtest.Assets(t, h) })
	t.Run("people", func(t *testing.T) { systemtest.People(t, h) })
	t.Run("tasks", func(t *testing.T) { systemtest.Tasks(t, h) })
}
