package grant_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

func attested(after time.Duration) string {
	return `attestation = { by = "carol", at = "` + instant(after) + `", note = "CHG-7 of ` + instant(after) + `" }`
}

// Laptops that are revoked at one hour, and what happens to them at two.
func TestRevokedAccessStaysRevoked(t *testing.T) {
	const edited, tooEarly, later, left, never = "edited_back", "attested_too_early", "attested_later", "attested_while_left", "never_issued"
	latched := check.Attributes{"status": "revoked", "because": check.Codes("grant.latched"), "generations": check.Keys(), "binding.memory.serial": 1}
	e := newEstate(t)
	var revoked []statecheck.StateCheck
	for _, name := range []string{edited, tooEarly, later, left} {
		e.laptop(name)
		revoked = append(revoked, check.Resource(grant(name), check.Attributes{"status": "revoked", "binding.memory.revoked_at": instant(time.Hour)}))
	}
	e.laptop(never)
	e.Person(never, "status", "left")
	revoked = append(revoked, check.Resource(grant(never), check.Attributes{"status": "revoked", "binding.memory.revoked_at": nil, "binding.memory.serial": nil}))
	resource.ParallelTest(t, e.Case(
		resource.TestStep{},
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(time.Hour)
				for _, name := range []string{edited, tooEarly, later, left} {
					e.Person(name, "status", "left")
				}
			},
			ConfigStateChecks: revoked,
		},
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(time.Hour)
				for _, name := range []string{edited, tooEarly, later, never} {
					e.Person(name, "status", "active")
				}
				e.give(tooEarly, attested(time.Hour)) // the instant of the revocation itself is not after it
				e.give(later, attested(time.Hour+time.Second))
				e.give(left, attested(2*time.Hour))
			},
			ConfigPlanChecks: check.Plan(check.Resource(grant(edited), check.Attributes{
				"because": check.Says("grant.latched", "To bring it back, add an attestation dated after 2030-01-15T10:00:00Z to this grant."),
			})),
			ConfigStateChecks: check.State(
				check.Resource(grant(edited), latched),
				check.Resource(grant(tooEarly), latched),
				check.Resource(grant(later), check.Attributes{
					"status": "active", "binding.memory.revoked_at": nil, "generations": check.Keys("g2"), "binding.memory.certified_at": instant(time.Hour + time.Second),
				}),
				// No attestation overrules a fact that still says revoke.
				check.Resource(grant(left), check.Attributes{"status": "revoked", "generations": check.Keys(), "because": check.Codes("owner.left")}),
				// What was never issued does not latch.
				check.Resource(grant(never), check.Attributes{"status": "active", "generations": check.Keys("g1")}),
			),
		},
		// A grant that is replaced starts again at the first generation.
		resource.TestStep{
			Taint: []string{grant(edited)},
			ConfigStateChecks: check.State(check.Resource(grant(edited), check.Attributes{
				"status": "active", "generations": check.Keys("g1"), "binding.memory.serial": 1, "binding.memory.revoked_at": nil,
			})),
		},
	))
}
