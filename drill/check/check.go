// Package check judges the outcome of the drill: who should have access by what the
// servers themselves say, and who has it. It shares nothing with the provider, neither
// code nor the words of its policy: what it demands is written down here once more.
package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Facts are what the servers say.
type Facts struct {
	People   map[string]Person   // by user name
	Assets   map[string]Asset    // by name
	Accounts map[string]bool     // whether the server lets the account in, by its name
	Sessions map[string]int      // how many sessions the account has open
	Ledger   map[string][]Event  // of each workspace, in its order
	Cases    map[string][]string // who has to answer the open cases about a grant, by its id
	Begun    []string            // the accounts that were begun to be changed, and not known how it ended
}

// Person is an entry of the directory of people.
type Person struct {
	ID      string
	Status  string
	EndDate time.Time
}

// Asset is a record of the asset system.
type Asset struct {
	Workload bool
	Status   string
	Verified bool     // somebody has looked at it
	Holders  []string // user names
	Tasks    int      // open offboarding tasks that refer to it
}

// Wanted are the grants and accounts that the configuration asks for.
type Wanted struct {
	Grants   map[string]string // the name of the asset, by the key of the grant
	Accounts map[string]string // the key of the grant, by the name of the account
}

// demand is what the facts ask for.
type demand int

const (
	none  demand = iota // no credential works
	asked               // somebody is asked; what works may go on working or be blocked
	works               // the holder has a credential that works, and nobody else has
)

// Checker remembers from one check to the next what was revoked for good.
type Checker struct {
	Now     time.Time
	Prefix  string            // of the names of roles in the ledger
	latched map[string]string // the holder for whom a grant was revoked
	before  Facts             // of the last check
	grants  map[string]Grant  // likewise
}

// Check returns what is wrong, each in a sentence.
func (c *Checker) Check(wanted Wanted, f Facts, s State) []string {
	var wrong []string
	for _, key := range slices.Sorted(maps.Keys(wanted.Grants)) {
		g, known := s.Grants[key]
		a, recorded := f.Assets[wanted.Grants[key]]
		if !known || !recorded {
			wrong = append(wrong, fmt.Sprintf("%s: it is in the state: %v, its asset is recorded: %v", key, known, recorded))
			continue
		}
		for _, w := range c.grant(key, g, a, f, s) {
			wrong = append(wrong, fmt.Sprintf("%s (%s, asset %s, held by %v): %s", key, g.Risk, a.Status, a.Holders, w))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted.Accounts)) {
		open, g := f.Accounts[name], s.Grants[wanted.Accounts[name]]
		if open != g.Active {
			wrong = append(wrong, fmt.Sprintf("the account %s is open: %v, but its grant is active: %v", name, open, g.Active))
		}
		if !open && f.Sessions[name] > 0 {
			wrong = append(wrong, fmt.Sprintf("the account %s is closed, and has %d sessions open", name, f.Sessions[name]))
		}
	}
	wrong = append(wrong, c.ledger(wanted, f, s)...)
	c.before, c.grants = f, s.Grants
	return wrong
}

func (c *Checker) grant(key string, g Grant, a Asset, f Facts, s State) []string {
	wrong, working := credentials(key, g, s)
	what, why := c.demand(key, g, a, f)
	switch {
	case what == none && working > 0:
		wrong = append(wrong, "stale access: "+why+", but a credential works; status "+g.Status)
	case what == asked && g.Status == "active":
		wrong = append(wrong, "nobody is asked, although "+why)
	case what == asked && (g.Status == "revoked" || a.Workload && g.Risk == "standard" && working == 0):
		wrong = append(wrong, "wrong revocation: it is "+g.Status+" without a question, although only "+why)
	case what == works && (g.Status != "active" || working == 0):
		wrong = append(wrong, "wrong revocation: it is "+g.Status+", although "+why)
	case what == works && !heldBy(g, a, f):
		wrong = append(wrong, fmt.Sprintf("it is for %s, although %s", g.Holder, why))
	}
	return append(wrong, c.asked(g, what, why, f)...)
}

// asked demands that somebody who works here has one open case about a grant that is in
// doubt, that nobody has two about one grant, and that nobody is asked about what is
// revoked. About privileged access nobody need be asked: it may be blocked until the
// facts are mended.
func (c *Checker) asked(g Grant, what demand, why string, f Facts) (wrong []string) {
	open := f.Cases[g.ID]
	switch {
	case len(open) > 1:
		wrong = append(wrong, fmt.Sprintf("%d cases are open", len(open)))
	case len(open) > 0 && g.Status == "revoked":
		wrong = append(wrong, "a case is open, although it is revoked")
	case len(open) == 0 && what == asked && (g.Risk == "standard" || g.Status == "review"):
		wrong = append(wrong, "no case is open, although "+why)
	}
	for _, reviewer := range open {
		if trouble := c.trouble(reviewer, f); trouble != "" {
			wrong = append(wrong, "nobody answers the case, because "+trouble)
		}
	}
	return wrong
}

// credentials compares the credentials with those that the grant asks for, and counts
// those that work.
func credentials(key string, g Grant, s State) (wrong []string, working int) {
	for n, generation := range g.Generations {
		if generation.Enabled {
			working++
		}
		if enabled, ok := s.Credentials[key+"/"+n]; !ok || enabled != generation.Enabled {
			wrong = append(wrong, fmt.Sprintf("the credential %s is there: %v, enabled: %v, and should be enabled: %v", n, ok, enabled, generation.Enabled))
		}
	}
	for name := range s.Credentials {
		if n, ok := strings.CutPrefix(name, key+"/"); ok && g.Generations[n] == (Generation{}) {
			wrong = append(wrong, "the credential "+n+" is left over")
		}
	}
	if g.Active != (working > 0) {
		wrong = append(wrong, fmt.Sprintf("it is active: %v, with %d credentials that work", g.Active, working))
	}
	return wrong, working
}

// firstHolder is how grants name the first of those who hold an asset.
func firstHolder(a Asset, f Facts) string { return "hr/" + f.People[a.Holders[0]].ID }

// heldBy reports whether the newest credential is the holder's and, of a person's
// asset, every one. The credential of a workload is not replaced a second time while
// two of them work.
func heldBy(g Grant, a Asset, f Facts) bool {
	want := firstHolder(a, f)
	for _, generation := range g.Generations {
		if !a.Workload && generation.Holder != want {
			return false
		}
	}
	return g.Holder == want || a.Workload && len(g.Generations) == 2
}

// demand says what the facts ask for, and why.
func (c *Checker) demand(key string, g Grant, a Asset, f Facts) (what demand, why string) {
	holder := strings.Join(a.Holders, " ")
	if a.Status == "lost" || a.Status == "retired" {
		c.latch(key, holder)
		return none, "the asset is " + a.Status
	}
	what, why = c.holders(a, f)
	if what == none && strings.HasSuffix(why, "has left") {
		c.latch(key, holder)
	}
	former, latched := c.latched[key]
	switch {
	case what == none:
		return what, why
	case latched && (former == holder || a.Workload):
		return none, "it was revoked, and nobody has attested anything since"
	case latched && g.Status == "revoked":
		return none, "it was revoked" // for somebody else; whether it comes back is not judged here
	case a.Tasks > 0 && what == works:
		return asked, "an offboarding task is open"
	case what == works && !a.Workload && !a.Verified && g.Holder != "" && g.Holder != firstHolder(a, f):
		return asked, "the record that names another holder was never verified"
	}
	return what, why
}

func (c *Checker) latch(key, holder string) {
	if c.latched == nil {
		c.latched = make(map[string]string)
	}
	if _, ok := c.latched[key]; !ok {
		c.latched[key] = holder
	}
}

// holders says what the people who hold an asset in service ask for.
func (c *Checker) holders(a Asset, f Facts) (what demand, why string) {
	switch len(a.Holders) {
	case 0:
		if a.Workload {
			return asked, "nobody holds the asset"
		}
		return none, "nobody holds the asset"
	case 1:
	default:
		return c.several(a, f)
	}
	trouble := c.trouble(a.Holders[0], f)
	switch {
	case trouble == "":
		return works, a.Holders[0] + " works here and holds the asset"
	case a.Workload:
		return asked, trouble
	default:
		return none, trouble
	}
}

func (c *Checker) several(a Asset, f Facts) (what demand, why string) {
	for _, h := range a.Holders {
		if c.trouble(h, f) == "" {
			return asked, "several people hold the asset"
		}
	}
	return none, "none of the holders works here"
}

// trouble says why somebody should have no access; "" if there is no reason.
func (c *Checker) trouble(username string, f Facts) string {
	p, ok := f.People[username]
	switch {
	case !ok:
		return username + " is in no directory"
	case p.Status == "left":
		return username + " has left"
	case p.Status == "suspended":
		return username + " is suspended"
	case !p.EndDate.IsZero() && !c.Now.Before(p.EndDate):
		return username + " has had the last day"
	default:
		return ""
	}
}
