package world_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/drill/world"
)

func TestASeedGivesOneWorld(t *testing.T) {
	now := time.Date(2030, 1, 15, 9, 0, 0, 0, time.UTC)
	for name, size := range map[string]world.Size{"small": world.Small, "full": world.Full} {
		t.Run(name, func(t *testing.T) {
			a, b, other := world.New(1, size, now), world.New(1, size, now), world.New(2, size, now)
			if len(a.People) != size.People || len(a.Assets) != size.Assets || len(a.Grants) != size.Grants || len(a.Accounts) != size.Accounts {
				t.Errorf("%d people, %d assets, %d grants, %d accounts", len(a.People), len(a.Assets), len(a.Grants), len(a.Accounts))
			}
			differs := false
			for range size.Events {
				one, two, third := a.Next(), b.Next(), other.Next()
				if !reflect.DeepEqual(one, two) {
					t.Fatalf("got %+v and %+v", one, two)
				}
				differs = differs || one.Event != third.Event
			}
			if !differs {
				t.Error("another seed gives the same events")
			}
		})
	}
}
