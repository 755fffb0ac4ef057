package lease

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

var now = time.Date(2030, time.January, 15, 9, 0, 0, 0, time.UTC)

// opened returns a resource with a system in memory, and a lease of 15 minutes there
// that may last for 40.
func opened(t *testing.T) (*Resource, *systemtest.FakeLeases, *kept) {
	t.Helper()
	shop := systemtest.NewFakeLeases("shop", now, "readers")
	o := system.NewLeaseOrder()
	o.Roles, o.End.TTL = []string{"readers"}, 15*time.Minute
	if err := shop.OpenLease(t.Context(), &o); err != nil {
		t.Fatal(err)
	}
	r := &Resource{run: &run.Run{Clock: clock.NewFake(now), Targets: run.NewTargets([]system.System{shop})}}
	return r, shop, &kept{Target: "shop", Name: o.Name, TTL: 15 * time.Minute, ExpiresAt: now.Add(15 * time.Minute), Latest: now.Add(40 * time.Minute)}
}

// A lease is renewed half way to its end, until it has lasted as long as it may.
func TestALeaseIsRenewedWithinItsLimits(t *testing.T) {
	r, shop, k := opened(t)
	for _, c := range []struct{ at, expires, next time.Duration }{ // since it was opened, in minutes
		{0, 15, 7*time.Minute + 30*time.Second}, {8, 23, 15*time.Minute + 30*time.Second}, {20, 35, 27*time.Minute + 30*time.Second}, {28, 40, 0},
	} {
		if c.at > 0 {
			r.run.Clock.(*clock.Fake).Set(now.Add(c.at * time.Minute))
			shop.SetNow(now.Add(c.at * time.Minute))
			var diags diag.Diagnostics
			if k = r.renew(t.Context(), k.text(), &diags); k == nil || diags.HasError() {
				t.Fatalf("after %d minutes: %v", c.at, diags)
			}
		}
		if want := now.Add(c.expires * time.Minute); !k.ExpiresAt.Equal(want) {
			t.Errorf("after %d minutes it ends at %s, want %s", c.at, k.ExpiresAt, want)
		}
		want := now.Add(c.next)
		if c.next == 0 {
			want = time.Time{}
		}
		if got := r.renewAt(k); !got.Equal(want) {
			t.Errorf("after %d minutes it is renewed at %s, want %s", c.at, got, want)
		}
	}
}

func TestALeaseThatHasEndedIsNotRenewed(t *testing.T) {
	for name, end := range map[string]func(shop *systemtest.FakeLeases, k *kept){
		"its end has passed": func(shop *systemtest.FakeLeases, k *kept) { shop.Expire(k.Name) },
		"it is gone": func(shop *systemtest.FakeLeases, k *kept) {
			l, _ := shop.Lease(context.Background(), k.Name)
			_ = shop.RemoveLease(context.Background(), l)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, shop, k := opened(t)
			end(shop, k)
			var diags diag.Diagnostics
			if r.renew(t.Context(), k.text(), &diags) != nil || !diags.HasError() || !strings.Contains(diags[0].Detail(), "The lease is not renewed.") {
				t.Errorf("got %v", diags)
			}
		})
	}
}

// A lease is closed after an interrupt too, and what cannot be closed says until when it
// lasts.
func TestALeaseIsClosed(t *testing.T) {
	r, shop, k := opened(t)
	ended, end := context.WithCancel(t.Context())
	end()
	r.run.Targets.Run = ended
	var diags diag.Diagnostics
	r.close(t.Context(), k.text(), &diags)
	if len(diags) > 0 || len(shop.Names()) > 0 {
		t.Errorf("%v is left: %v", shop.Names(), diags)
	}
	r.close(t.Context(), k.text(), &diags) // it is closed already
	r.close(t.Context(), nil, &diags)      // none was opened
	if len(diags) > 0 {
		t.Errorf("got %v", diags)
	}

	_, shop, k = opened(t)
	r.run.Targets = run.NewTargets([]system.System{shop.Idle()})
	r.close(t.Context(), k.text(), &diags)
	if len(diags) != 1 || !strings.Contains(diags[0].Detail(), "The lease is not ended. Its role is not removed. The lease ends by itself: its password is accepted until 2030-01-15T09:15:00Z.") {
		t.Errorf("got %v", diags)
	}
}

func TestWhatStepsShow(t *testing.T) {
	open, ended := &system.Lease{Open: true, ExpiresAt: now}, &system.Lease{}
	for _, c := range []struct {
		step              string
		open, ended, gone bool
	}{
		{stepOpen, true, false, false}, {stepEnd, false, true, true}, {stepRemove, false, false, true},
		{stepRenew + "2030-01-15T08:59:59Z", true, false, false}, {stepRenew + "2030-01-15T09:00:00Z", false, false, false}, {"another", false, false, false}, {"", false, false, false},
	} {
		if a, b, d := shows(open, c.step), shows(ended, c.step), shows(nil, c.step); a != c.open || b != c.ended || d != c.gone {
			t.Errorf("%q: %v %v %v", c.step, a, b, d)
		}
	}
}
