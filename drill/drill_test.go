// Package drill plays what happens in a company against real servers, with the provider
// as it is released, and with faults. See README.md.
package drill

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
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

// fault is what goes wrong in an apply, and when.
type fault struct {
	what, server string
	when         moment
	at           int // at which message of this kind
	bytes        int // of answers that still pass
}

// moment is a kind of message of the command line tool, by the texts that it has.
type moment struct {
	name  string
	texts []string
}

var (
	anyMessage = moment{"message", nil}
	aChange    = moment{"change", []string{`"type":"apply_`}}
	anAct      = moment{"act on an account", []string{`"type":"apply_start"`, `"resource_type":"custody_account"`}}
)

func (m moment) is(message string) bool {
	return !slices.ContainsFunc(m.texts, func(text string) bool { return !strings.Contains(message, text) })
}

func (f fault) String() string {
	return fmt.Sprintf("%s %s, %s %d, %d bytes", f.what, f.server, f.when.name, f.at, f.bytes)
}

// The faults of the drill. One that is silent costs the time limit of a system, so only
// the large drill has it.
const (
	killTool     = "kill the tool"
	killProvider = "kill the provider"
	cutAnswers   = "cut the answers of"
	silence      = "silence"
	twoAtOnce    = "two at once"
)

func newFault(random *rand.Rand) fault {
	kinds := []string{killTool, killTool, killProvider, killProvider, cutAnswers, cutAnswers, cutAnswers, twoAtOnce}
	if *full {
		kinds = append(kinds, silence)
	}
	f := fault{what: kinds[random.IntN(len(kinds))], bytes: random.IntN(300)}
	switch random.IntN(4) {
	case 0:
		f.when, f.at = anyMessage, 1+random.IntN(100)
	case 1:
		f.when, f.at = aChange, 1+random.IntN(12)
	default:
		f.when, f.at = anAct, 1+random.IntN(2)
	}
	if f.what == cutAnswers || f.what == silence {
		f.server = []string{"people", "assets", "accounts", "accounts", "roles", "roles", "register", "register"}[random.IntN(8)]
	}
	return f
}

// disturb starts an apply that does not come to its end, or to a bad one.
func disturb(t *testing.T, c *company, m *module, random *rand.Rand) {
	t.Helper()
	f := newFault(random)
	var both sync.WaitGroup
	if f.what == twoAtOnce {
		other := m.twin(t)
		both.Go(func() { other.apply(t, nil) })
	}
	seen := 0
	code, output := m.apply(t, func(message string, pid int) {
		if !f.when.is(message) {
			return
		}
		if seen++; seen != f.at {
			return
		}
		switch f.what {
		case killTool:
			kill(append([]int{pid}, providers(pid)...)...)
		case killProvider:
			kill(providers(pid)...)
		case cutAnswers, silence:
			c.proxies[f.server].interrupt(f.bytes, f.what == silence)
		}
	})
	both.Wait()
	for _, p := range c.proxies {
		p.mend()
	}
	t.Logf("fault: %s; it came: %v; the apply ended with %d: %.500s", f, seen >= f.at, code, problems(output))
}
