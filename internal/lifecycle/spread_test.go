package lifecycle_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// most is how many of 1,000 grants one daily plan may renew. Ids that have no numbers
// are placed by a hash, which leaves small heaps.
const (
	most       = 60
	mostHashed = 80
)

// numberings are ways in which organisations name many assets, or many accesses to one.
var numberings = map[string]func(n int) (Ref, string){
	"padded numbers":  func(n int) (Ref, string) { return Ref{"cmdb", fmt.Sprintf("APP-%04d", n)}, "aws/key" },
	"bare numbers":    func(n int) (Ref, string) { return Ref{"snipe", fmt.Sprint(n)}, "aws/key" },
	"large numbers":   func(n int) (Ref, string) { return Ref{"glpi", fmt.Sprint(1_000_000 + n)}, "db/role" },
	"every tenth":     func(n int) (Ref, string) { return Ref{"cmdb", fmt.Sprintf("LT%06d", 10*n)}, "vpn/cert" },
	"racks and units": func(n int) (Ref, string) { return Ref{"netbox", fmt.Sprintf("rack%02d-u%02d", n/40, n%40)}, "ssh/key" },
	"many accesses":   func(n int) (Ref, string) { return Ref{"cmdb", "APP-0042"}, fmt.Sprintf("aws/key-%d", n) },
	"digests": func(n int) (Ref, string) {
		sum := sha256.Sum256([]byte(fmt.Sprint(n)))
		return Ref{"servicenow", hex.EncodeToString(sum[:16])}, "aws/key"
	},
	"names": func(n int) (Ref, string) {
		return Ref{"backstage", "component:" + []string{"billing", "export", "search", "mail", "login"}[n%5] + "-" + string(rune('a'+n/5%26)) + string(rune('a'+n/130))}, "aws/key"
	},
}

// fleet is what many grants of one apply remember.
type fleet struct {
	rules  *Rules
	specs  []Spec
	assets []Binding
	grants []*Grant
}

// plan decides on every grant, and counts those that get a new credential.
func (f *fleet) plan(t *testing.T, now time.Time) int {
	t.Helper()
	issues := 0
	for i := range f.grants {
		got, err := Decide(Input{Binding: &f.assets[i], Spec: &f.specs[i], Prior: f.grants[i], Policies: []*Rules{f.rules}, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if got.Issues {
			issues++
		}
		if f.grants[i] != nil && len(got.Withdrawn) > 0 {
			t.Fatalf("%s takes %v away", got.Grant.ID(), got.Withdrawn)
		}
		f.grants[i] = &got.Grant
	}
	return issues
}

// TestRenewalsAreSpread holds that of 1,000 grants of one apply no later daily plan
// renews more than 6 in 100, and likewise after the switch from observing to enforcing.
func TestRenewalsAreSpread(t *testing.T) {
	const grants, days = 1000, 150
	for name, number := range numberings {
		limit := most
		if name == "digests" || name == "names" {
			limit = mostHashed
		}
		for _, observed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/observed %t", name, observed), func(t *testing.T) {
				t.Parallel()
				rules := *policy.Baseline()
				rules.Lifetimes = append([]Lifetime{{RecertifyEvery: 4000 * day}}, rules.Lifetimes...)
				if observed {
					rules.Enforcement = []Enforcement{{Mode: Observe, From: epoch.Add(day)}}
				}
				f := &fleet{rules: &rules, grants: make([]*Grant, grants)}
				for n := range grants {
					b := healthyBinding()
					var access string
					b.Asset, access = number(n)
					f.assets, f.specs = append(f.assets, b), append(f.specs, Spec{Access: access})
				}
				if got := f.plan(t, epoch); got != grants {
					t.Fatalf("%d are issued", got)
				}
				total := 0
				for d := range days {
					got := f.plan(t, epoch.Add(time.Duration(d+1)*day))
					if total += got; got > limit {
						t.Errorf("the plan of day %d renews %d of %d", d+1, got, grants)
					}
				}
				if total < grants*3/2 {
					t.Errorf("only %d renewals in %d days", total, days)
				}
			})
		}
	}
}
