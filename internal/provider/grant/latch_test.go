package grant_test

import (
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

func revoked(t *testing.T) *acctest.Workspace {
	t.Helper()
	w := acctest.Load(t, "laptop")
	w.Apply()
	w.Clock.Advance(time.Hour)
	w.Person("p1", "status", "left")
	w.Apply()
	w.Holds(vpn, "status", "revoked", "revoked_at", instant(time.Hour))
	w.Clock.Advance(time.Hour)
	return w
}

func attested(after time.Duration) string {
	return `attestation = { by = "carol", at = "` + instant(after) + `", note = "CHG-7" }`
}

func TestRevokedAccessStaysRevokedWhenTheRecordIsEditedBack(t *testing.T) {
	w := revoked(t)
	w.Person("p1", "status", "active")
	w.Plan().Exits(2).Says("grant.latched", "To bring it back, add an attestation dated after revoked_at to this grant.").Silent(`credential["g2"]`)
	w.Apply()
	w.Holds(vpn, "status", "revoked", "reasons", "grant.latched", "generations", "", "serial", "1")
	w.Plan().Exits(0)
}

func TestAnAttestationAfterTheRevocationBringsAccessBack(t *testing.T) {
	w := revoked(t)
	w.Person("p1", "status", "active")
	give(w, attested(time.Hour)) // the instant of the revocation itself is not after it
	w.Plan().Exits(2).Says("grant.latched").Silent(`credential["g2"]`)
	take(w, attested(time.Hour))
	give(w, attested(time.Hour+time.Second))
	w.Apply()
	w.Holds(vpn, "status", "active", "revoked_at", "null", "generations", "g2", "certified_at", instant(time.Hour+time.Second))
	w.Plan().Exits(0)
}

func TestNoAttestationOverrulesAFactThatStillSaysRevoke(t *testing.T) {
	w := revoked(t)
	give(w, attested(2*time.Hour))
	w.Apply()
	w.Holds(vpn, "status", "revoked", "generations", "", "reasons", "owner.left")
}

func TestReplaceStartsAgainAtTheFirstGeneration(t *testing.T) {
	w := revoked(t)
	w.Person("p1", "status", "active")
	w.Apply("-replace=" + vpn)
	w.Holds(vpn, "status", "active", "generations", "g1", "serial", "1", "revoked_at", "null")
	w.Plan().Exits(0)
}

func TestAGrantThatNeverIssuedDoesNotLatch(t *testing.T) {
	w := acctest.Load(t, "laptop")
	w.Person("p1", "status", "left")
	w.Apply()
	w.Holds(vpn, "status", "revoked", "revoked_at", "null", "serial", "0")
	w.Person("p1", "status", "active")
	w.Apply()
	w.Holds(vpn, "status", "active", "generations", "g1")
}
