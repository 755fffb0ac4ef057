// Package drill plays what happens in a company against real servers, with the provider
// as it is released, and with faults. See README.md.
package drill

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
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
	names, ended := []string{"calm", "disturbed"}, make([]outcome, 2)
	u := &users{numbers: map[string]string{}}
	t.Run("play", func(t *testing.T) {
		for i, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				g := &game{settings: settings, company: found(t, name, world.New(*seed, size, now), now, u), size: size}
				if i > 0 {
					g.random = rand.New(rand.NewPCG(*seed, 20))
				}
				ended[i] = g.play(t)
			})
		}
	})
	if !t.Failed() {
		compare(t, ended[0], ended[1])
	}
}

func compare(t *testing.T, calm, disturbed outcome) {
	t.Helper()
	for key, want := range calm.Grants {
		got := disturbed.Grants[key]
		got.ID = want.ID // with the number of its asset, which each company has of its own
		got.Generations, want.Generations = renumbered(got.Generations), renumbered(want.Generations)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s ended as %+v with faults, and as %+v without", key, got, want)
		}
	}
	if !reflect.DeepEqual(calm.Accounts, disturbed.Accounts) {
		t.Errorf("the accounts are %v with faults, and %v without", disturbed.Accounts, calm.Accounts)
	}
}

// renumbered counts generations from one. Where a state was lost, keys are left out, so that
// none is used twice.
func renumbered(all map[string]check.Generation) map[string]check.Generation {
	out := make(map[string]check.Generation, len(all))
	byNumber := func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }
	for i, key := range slices.SortedFunc(maps.Keys(all), byNumber) {
		out[fmt.Sprintf("g%d", i+1)] = all[key]
	}
	return out
}

// game is a company that lives, and the modules of its departments.
type game struct {
	*company
	settings string
	size     world.Size
	modules  []*module
	random   *rand.Rand // with it, each apply is disturbed first
	faults   []string   // kinds that are still to come
	disturbs int
}

// patience is how long a system may take to answer, and impatience how long where a fault
// is that none comes.
const (
	patience   = "1m"
	impatience = "2s"
)

// play lets the company live, applies after each round, and checks what came of it.
func (g *game) play(t *testing.T) outcome {
	t.Helper()
	began := clock.System{}.Now()
	for d := range g.size.Departments {
		g.modules = append(g.modules, newModule(t, g.settings, g.company, d))
	}
	checker := &check.Checker{Now: g.now, Prefix: g.role("")}
	var last outcome
	checks, entries := 0, 0
	for round := range g.size.Rounds + 1 {
		if round > 0 {
			for range g.size.Events / g.size.Rounds {
				change := g.Next()
				t.Logf("round %d: %s", round, change.Event)
				g.write(t, change)
			}
		}
		s := check.NewState()
		for _, m := range g.modules {
			g.turn(t, m, round)
			m.read(t, s)
		}
		wanted, f := g.wanted(), g.facts(t)
		for _, wrong := range checker.Check(wanted, f, s) {
			t.Errorf("round %d: %s", round, wrong)
		}
		checks += len(wanted.Grants) + len(wanted.Accounts)
		entries = 0
		for _, events := range f.Ledger {
			entries += len(events)
		}
		last = outcome{s.Grants, f.Accounts}
		t.Logf("round %d: %d grants and %d accounts checked, %d entries in the ledger, %d open cases", round, len(wanted.Grants), len(wanted.Accounts), entries, len(f.Cases))
	}
	t.Logf("%d events in %d rounds of %d departments, %d faults, %d grants and accounts checked, %d entries in the ledger, in %s",
		g.size.Events, g.size.Rounds, g.size.Departments, g.disturbs, checks, entries, clock.System{}.Now().Sub(began).Round(time.Second))
	return last
}

// turn applies what a round has changed for one department.
func (g *game) turn(t *testing.T, m *module, round int) {
	t.Helper()
	if g.random != nil && round > 0 {
		f := g.newFault()
		limit := patience
		if f.what == silence {
			limit = impatience
		}
		m.variables(t, g.company, round, limit)
		disturb(t, g.company, m, f)
		g.disturbs++
	}
	m.variables(t, g.company, round, patience)
	m.settle(t)
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

// The faults of the drill.
const (
	killTool     = "kill the tool"
	killProvider = "kill the provider"
	cutAnswers   = "cut the answers of"
	silence      = "silence"
	twoAtOnce    = "two at once"
)

// newFault draws a fault. Each kind comes before one comes again.
func (g *game) newFault() fault {
	random := g.random
	if len(g.faults) == 0 {
		g.faults = []string{killTool, killTool, killProvider, killProvider, cutAnswers, cutAnswers, silence, silence, twoAtOnce}
		random.Shuffle(len(g.faults), func(i, j int) { g.faults[i], g.faults[j] = g.faults[j], g.faults[i] })
	}
	f := fault{what: g.faults[0], bytes: random.IntN(300)}
	g.faults = g.faults[1:]
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
func disturb(t *testing.T, c *company, m *module, f fault) {
	t.Helper()
	before := m.state(t)
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
	if !json.Valid(m.state(t)) {
		t.Log("the tool was killed while it wrote the state; the last one that is whole is taken")
		write(t, m.statePath(), string(before))
	}
	t.Logf("fault: %s; it came: %v; the apply ended with %d: %.500s", f, seen >= f.at, code, problems(output))
	if (f.what == cutAnswers || f.what == silence) && code != 0 && !saysWhatIsDown(output) {
		t.Errorf("after the fault %q the apply ended with %d, and does not say which server is down:\n%s", f, code, problems(output))
	}
}

var (
	down   = regexp.MustCompile(`did not answer|could not be reached|cannot be reached|connection .*was lost|ended the connection`)
	defect = regexp.MustCompile(`bug in the provider|Plugin did not respond|panic`)
)

// saysWhatIsDown reports whether errors say that a server does not answer, and none of
// them that the provider is at fault.
func saysWhatIsDown(output string) bool {
	said := problems(output)
	return down.MatchString(said) && !defect.MatchString(said)
}
