package rest

import (
	"fmt"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// BenchmarkList10k lists 10,000 assets in pages of 500 from loopback.
func BenchmarkList10k(b *testing.B) {
	var seed systemtest.Seed
	for i := range 10_000 {
		seed.Records = append(seed.Records, lifecycle.Record{
			ID: fmt.Sprintf("APP-%05d", i), Class: "laptop", Name: fmt.Sprintf("Laptop %d", i), State: lifecycle.StateInService,
			Owners: []string{fmt.Sprintf("person%d@example.org", i)}, Purpose: "Work", Environment: "production", Criticality: "low",
		})
	}
	url := systemtest.ServeHTTP(b, newServer(seed))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range openAt(b, url, dialects["path and offset"], func(c *Config) { c.PageSize = 500 }).Assets(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 10_000 {
			b.Fatal(n)
		}
	}
}
