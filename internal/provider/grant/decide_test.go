package grant_test

import (
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/grant"
)

// TestShortestExceptionHolds compares durations whose difference in nanoseconds
// has another sign in 32 bits. It can fail only where an int has no more: see the
// step for 386 in scripts/test.sh.
func TestShortestExceptionHolds(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range [][2]time.Duration{{45 * day, 90 * day}, {30 * day, 90 * day}, {7 * day, 365 * day}} {
		short, long := &lifecycle.Rules{ExceptionMax: c[0]}, &lifecycle.Rules{ExceptionMax: c[1]}
		if grant.ByExceptionMax(short, long) >= 0 || grant.ByExceptionMax(long, short) <= 0 || grant.ByExceptionMax(long, long) != 0 {
			t.Errorf("%s is not less than %s", c[0], c[1])
		}
	}
}
