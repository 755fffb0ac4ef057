package run_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestATargetIsFoundByItsName(t *testing.T) {
	corp, cmdb := systemtest.NewFakeAccounts("corp", "ann"), systemtest.NewFake("cmdb", systemtest.Seed{})
	targets := run.NewTargets([]system.System{cmdb, corp})
	if found, err := targets.Find("corp"); found != system.Accounts(corp) || err != nil {
		t.Errorf("got %v, %v", found, err)
	}
	for name, want := range map[string]string{"crop": `No system named "crop" is configured`, "cmdb": `The system "cmdb" is of the kind fake, in which custody switches no accounts`} {
		var f *fault.Fault
		if _, err := targets.Find(name); !errors.As(err, &f) || !strings.Contains(f.Happened, want) || f.Advice != `Accepted: "corp".` {
			t.Errorf("%s: got %v", name, err)
		}
	}
	var f *fault.Fault
	if _, err := run.NewTargets([]system.System{cmdb}).Find("corp"); !errors.As(err, &f) || !strings.Contains(f.Advice, "the page of custody_account lists the kinds that do") {
		t.Errorf("got %v", err)
	}
}

// What is planned in one run rests on one answer.
func TestAGiverOfLeasesIsFoundByItsName(t *testing.T) {
	shop, cmdb := systemtest.NewFakeLeases("shop", time.Time{}), systemtest.NewFake("cmdb", systemtest.Seed{})
	targets := run.NewTargets([]system.System{cmdb, shop})
	if found, err := targets.Leases("shop"); found != system.Leases(shop) || err != nil {
		t.Errorf("got %v, %v", found, err)
	}
	for name, want := range map[string]string{"shoop": `No system named "shoop" is configured`, "cmdb": `The system "cmdb" is of the kind fake, in which custody gives no leases`} {
		var f *fault.Fault
		if _, err := targets.Leases(name); !errors.As(err, &f) || !strings.Contains(f.Happened, want) || f.Advice != `Accepted: "shop".` {
			t.Errorf("%s: got %v", name, err)
		}
	}
	var f *fault.Fault
	if _, err := run.NewTargets([]system.System{cmdb}).Leases("shop"); !errors.As(err, &f) || !strings.Contains(f.Advice, "of the kinds postgresql and vault") {
		t.Errorf("got %v", err)
	}
}

func TestAnAccountIsSeenOnceARun(t *testing.T) {
	corp := systemtest.NewFakeAccounts("corp", "ann")
	targets := run.NewTargets([]system.System{corp})
	first, err := targets.Seen(t.Context(), corp, "ann")
	if err != nil || !first.Enabled {
		t.Fatalf("got %+v, %v", first, err)
	}
	if err := corp.SetEnabled(t.Context(), first, false); err != nil {
		t.Fatal(err)
	}
	if again, err := targets.Seen(t.Context(), corp, "ann"); again != first || err != nil {
		t.Errorf("got %+v, %v", again, err)
	}
}

func TestARunThatWasInterruptedAsksForNothing(t *testing.T) {
	corp := systemtest.NewFakeAccounts("corp", "ann")
	targets := run.NewTargets([]system.System{corp})
	ended, end := context.WithCancel(t.Context())
	targets.Run = ended
	ctx, release := targets.Within(t.Context())
	defer release()
	if ctx.Err() != nil {
		t.Error("a run that goes on counts as ended")
	}
	end()
	<-ctx.Done()
	late, release := targets.Within(t.Context())
	defer release()
	if late.Err() == nil {
		t.Error("a run that has ended counts as going on")
	}
	_, err := targets.Seen(t.Context(), corp, "ann")
	var f *fault.Fault
	if !errors.As(err, &f) || f.Summary != "Run Was Interrupted" || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	known := &fault.Fault{Kind: context.Canceled, Summary: "s", Happened: "h"}
	if got := targets.Interrupted(known); !errors.Is(got, known) {
		t.Errorf("a fault that says what was done is replaced by %v", got)
	}
	if got := targets.Interrupted(errors.New("other")); got.Error() != "other" {
		t.Errorf("got %v", got)
	}
}
