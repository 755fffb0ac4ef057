package ldap_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// BenchmarkPerson resolves owners as a plan does: several at a time, each once.
func BenchmarkPerson(b *testing.B) {
	for name, server := range map[string]func(testing.TB) *servers.Directory{"slapd": servers.Slapd, "samba": servers.Samba} {
		b.Run(name, func(b *testing.B) {
			p := newTestSubtree(b, server(b), name == "samba")
			var seed systemtest.Seed
			for i := range 200 {
				seed.People = append(seed.People, lifecycle.Person{ID: fmt.Sprint(i), Kind: lifecycle.KindEmployee, Teams: []string{"t"}})
			}
			seed.People = append(seed.People, lifecycle.Person{ID: "t", Kind: lifecycle.KindTeam})
			p.seed(b, seed)
			s, err := ldap.New(p.seeded())
			if err != nil {
				b.Fatal(err)
			}
			var n atomic.Int64
			b.SetParallelism(4)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if found, err := s.Person(b.Context(), fmt.Sprint(n.Add(1)%200)); err != nil || len(found) != 1 {
						b.Error(found, err)
						return
					}
				}
			})
		})
	}
}
