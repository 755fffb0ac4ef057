// Package drill plays what happens in a company against real servers, with the provider
// as it is released, and with faults. See README.md.
package drill

import (
	"flag"
	"math/rand/v2"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/drill/check"
	"github.com/custodyhq/terraform-provider-custody/drill/world"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/clock"
)

var (
	full = flag.Bool("full", false, "play the large drill")
	seed = flag.Uint64("seed", 1, "from which the drill is invented")
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// outcome is what must be the same however a drill was disturbed.
type outcome struct {
	Grants   map[string]check.Grant
	Accounts map[string]bool
}

func TestDrill(t *testing.T) {
	if testing.Short() {
		t.Skip("the drill is not for a short run")
	}
	size := world.Small
	if *full {
		size = world.Full
	}
	t.Logf("seed %d, %+v", *seed, size)
	settings := build(t)
	now := clock.System{}.Now().Add(-2 * time.Hour).Truncate(time.Second)
	calm := play(t, settings, "calm", size, now, nil)
	disturbed := play(t, settings, "disturbed", size, now, rand.New(rand.NewPCG(*seed, 20)))
	compare(t, calm, disturbed)
}

func compare(t *testing.T, calm, disturbed outcome) {
	t.Helper()
	for key, want := range calm.Grants {
		if got := disturbed.Grants[key]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s ended as %+v with faults, and as %+v without", key, got, want)
		}
	}
	if !reflect.DeepEqual(calm.Accounts, disturbed.Accounts) {
		t.Errorf("the accounts are %v with faults, and %v without", disturbed.Accounts, calm.Accounts)
	}
}

// play lets a company live, applies after each round, and checks what came of it. With
// random, each apply is disturbed first.
func play(t *testing.T, settings, name string, size world.Size, now time.Time, random *rand.Rand) outcome {
	t.Helper()
	c := found(t, name, world.New(*seed, size, now), now)
	m := newModule(t, settings, c)
	checker := &check.Checker{Now: now}
	var last outcome
	for round := range size.Rounds + 1 {
		if round > 0 {
			for range size.Events / size.Rounds {
				change := c.Next()
				t.Logf("%s, round %d: %s", name, round, change.Event)
				c.write(t, change)
			}
		}
		m.variables(t, c, round)
		if random != nil && round > 0 {
			disturb(t, c, m, random)
		}
		m.settle(t)
		f, s := c.facts(t), m.state(t)
		for _, wrong := range checker.Check(c.wanted(), f, s) {
			t.Errorf("%s, round %d: %s", name, round, wrong)
		}
		last = outcome{s.Grants, f.Accounts}
	}
	return last
}

// disturb starts an apply that does not come to its end, or to a bad one.
func disturb(t *testing.T, c *company, m *module, random *rand.Rand) {
	t.Helper()
	at := 1 + random.IntN(100)
	faults := []string{"kill the tool", "kill the provider", "cut people", "cut assets", "cut accounts", "two at once"}
	fault := faults[random.IntN(len(faults))]
	t.Logf("fault: %s at %d", fault, at)
	var code int
	var output string
	switch fault {
	case "two at once":
		other := m.twin(t)
		var both sync.WaitGroup
		both.Go(func() { other.apply(t, nil) })
		code, output = m.apply(t, nil)
		both.Wait()
	case "kill the tool":
		code, output = m.apply(t, func(line, pid int) {
			if line == at {
				kill(append([]int{pid}, providers(pid)...)...)
			}
		})
	case "kill the provider":
		code, output = m.apply(t, func(line, pid int) {
			if line == at {
				kill(providers(pid)...)
			}
		})
	default:
		p := c.proxies[fault[len("cut "):]]
		p.cut(at * 100)
		code, output = m.apply(t, nil)
		p.mend()
	}
	t.Logf("the disturbed apply ended with %d: %s", code, first(problems(output)))
}

func first(s string) string { return s[:min(len(s), 500)] }
