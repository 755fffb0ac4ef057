package run_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

func TestAGrantPolicyIsCompiledOnce(t *testing.T) {
	r := &run.Run{Rules: policy.Baseline()}
	const document = `{"version": 1, "lifetimes": [{"ttl": "10d"}]}`
	first, err := r.GrantPolicy(document)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if again, err := r.GrantPolicy(document); again != first || err != nil {
				t.Errorf("the document was compiled again: %v", err)
			}
		})
	}
	wg.Wait()
	for range 2 {
		if _, err := r.GrantPolicy(`{"version": 9}`); err == nil {
			t.Error("an unknown version was accepted")
		}
	}
}

func TestOnlyUnavailabilityHoldsTheGrant(t *testing.T) {
	unavailable := fmt.Errorf("read: %w", fault.ErrUnavailable)
	for _, c := range []struct {
		hold bool
		err  error
		want bool
	}{
		{true, unavailable, true}, {false, unavailable, false}, {true, fault.ErrConfig, false}, {true, errors.New("a defect"), false},
	} {
		if got := (&run.Run{Hold: c.hold}).HoldsOn(c.err); got != c.want {
			t.Errorf("hold %v on %q: %v", c.hold, c.err, got)
		}
	}
}

func TestARunIsTakenOutOfProviderData(t *testing.T) {
	var diags diag.Diagnostics
	if run.From(nil, &diags) != nil || diags.HasError() {
		t.Error("a provider that is not configured is no error")
	}
	r := &run.Run{}
	if run.From(r, &diags) != r || diags.HasError() {
		t.Error("the run was not taken over")
	}
	if run.From("something else", &diags); !diags.HasError() {
		t.Error("a defect was not reported")
	}
}
