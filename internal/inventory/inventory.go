// Package inventory collects the facts for one run. It requests everything at
// most once from each system and keeps the answers, including errors, so that
// all objects of one run are planned from one snapshot.
//
// The number of look-ups is not known in advance, because Terraform asks for one
// resource after the other. So the inventory begins with single reads, which are
// enough for a small plan, and changes to lists before the single reads have cost
// more than the lists (see system.Allowance). A plan of any size then takes the
// pages of the lists and fewer than 30 other requests for each system. Two things
// take additional requests: entries that a list hides or that are in doubt, each of
// which is read once before it counts as absent; and the members of a team, if they
// can only be read one by one.
package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Inventory is the snapshot of one run. It is safe for concurrent use. What it
// returns is shared and must not be modified.
type Inventory struct {
	// Run is the context of the run; nil for one that never ends. When it ends,
	// current requests are cancelled and no further ones are sent, whatever the
	// contexts of later questions are: Terraform still calls the provider for a
	// moment after it was interrupted.
	Run context.Context
	// Progress is called with how far a long list has been read; it may be nil. Run
	// and Progress are set before the first question.
	Progress func(context.Context, system.Progress)
	// Count judges how many records a list has; nil accepts every number. It is set
	// before the first question.
	Count Count

	systems     map[string]system.System
	budgets     map[string]*budget
	sources     map[string]*assetSource
	directories []*directory
}

// New joins the systems. Owners are resolved in the given directories, in that
// order; without any, in every system that can, in the order of their names.
// Its errors are faults of kind fault.ErrConfig.
func New(systems []system.System, directories []string) (*Inventory, error) {
	inv := &Inventory{systems: make(map[string]system.System), budgets: make(map[string]*budget), sources: make(map[string]*assetSource)}
	for _, s := range systems {
		name := s.Name()
		switch _, twice := inv.systems[name]; {
		case name == "" || strings.Contains(name, "/"):
			return nil, misconfigured(fmt.Sprintf("The system name %q is empty or holds a slash.", name),
				"Give every system a name without a slash: references are written <system>/<id>.")
		case twice:
			return nil, misconfigured(fmt.Sprintf("Two systems are named %q.", name), "Give every system its own name.")
		}
		inv.systems[name], inv.budgets[name] = s, newBudget()
		if assets, ok := system.AsAssets(s); ok {
			inv.sources[name] = newAssetSource(assets, inv.budgets[name], inv.counter(s, system.CanReadAssets))
		}
	}
	if len(directories) == 0 {
		directories = slices.DeleteFunc(inv.Systems(), func(name string) bool {
			_, ok := system.AsPeople(inv.systems[name])
			return !ok
		})
	}
	if err := inv.addDirectories(directories); err != nil {
		return nil, err
	}
	return inv, nil
}

func (inv *Inventory) addDirectories(names []string) error {
	for _, name := range names {
		s, ok := inv.systems[name]
		if !ok {
			return inv.unknown(name, "directories lists")
		}
		people, ok := system.AsPeople(s)
		if !ok {
			return misconfigured(fmt.Sprintf("The system %q, which is listed in directories, has no people.", name),
				"List systems that have people"+inv.listed(func(s system.System) bool { _, ok := system.AsPeople(s); return ok })+".")
		}
		if inv.directory(name) != nil {
			return misconfigured(fmt.Sprintf("The system %q is listed twice in directories.", name), "List every directory once.")
		}
		inv.directories = append(inv.directories, newDirectory(people, inv.budgets[name], inv.counter(s, system.CanReadPeople)))
	}
	return nil
}

// within returns the context for requests to the systems.
func (inv *Inventory) within(ctx context.Context) context.Context {
	if inv.Run != nil {
		ctx = memo.WithRun(ctx, inv.Run)
	}
	if inv.Progress != nil {
		ctx = system.WithProgress(ctx, inv.Progress)
	}
	return ctx
}

// interrupted replaces the error of a question after the run has ended by a
// fault that says so.
func (inv *Inventory) interrupted(err *error) {
	if *err != nil && inv.Run != nil && inv.Run.Err() != nil {
		*err = &fault.Fault{
			Kind: context.Canceled, Summary: "Run Was Interrupted", Happened: "Terraform was interrupted, so no more requests are sent to the systems.",
			Advice: "Plan again.",
		}
	}
}

// HasSystem reports whether a system of that name is configured.
func (inv *Inventory) HasSystem(name string) bool {
	_, ok := inv.systems[name]
	return ok
}

// KnowsTasks reports whether the open tasks of a system's assets can be read. Of a
// system that is not configured nothing is said: a question about it fails by itself.
func (inv *Inventory) KnowsTasks(name string) bool {
	s, ok := inv.sources[name]
	return !ok || s.tasks != nil
}

// Systems returns the names of the configured systems, sorted.
func (inv *Inventory) Systems() []string { return slices.Sorted(maps.Keys(inv.systems)) }

// Records returns all records of a system, sorted by id; those of one id keep
// the order of the system.
func (inv *Inventory) Records(ctx context.Context, name string) (_ []lifecycle.Record, err error) {
	defer inv.interrupted(&err)
	s, err := inv.assetSource(name)
	if err != nil {
		return nil, err
	}
	return s.list(inv.within(ctx))
}

// Asset returns the records of one asset: none if the system answered that it
// has none.
func (inv *Inventory) Asset(ctx context.Context, ref lifecycle.Ref) (_ []lifecycle.Record, err error) {
	defer inv.interrupted(&err)
	s, err := inv.assetSource(ref.System)
	if err != nil {
		return nil, err
	}
	return s.asset(inv.within(ctx), ref.ID)
}

// Facts collects what Assess needs for q: the records and open tasks of the
// asset, the people named by the records, the configuration and the evidence,
// and the successors that the rules need. Rules may be nil; then no successors
// are looked up.
func (inv *Inventory) Facts(ctx context.Context, q lifecycle.Question, rules *lifecycle.Rules) (lifecycle.Facts, error) {
	return inv.facts(ctx, q, rules, (*assetSource).asset)
}

// PlannedFacts are the facts once the plan is carried out: they rest on the record that
// was announced of the asset, if there is one. Its error is ErrNotKnownYet if the
// record is known after apply only.
func (inv *Inventory) PlannedFacts(ctx context.Context, q lifecycle.Question, rules *lifecycle.Rules) (lifecycle.Facts, error) {
	return inv.facts(ctx, q, rules, (*assetSource).planned)
}

func (inv *Inventory) facts(ctx context.Context, q lifecycle.Question, rules *lifecycle.Rules,
	look func(*assetSource, context.Context, string) ([]lifecycle.Record, error)) (facts lifecycle.Facts, err error) {
	defer inv.interrupted(&err)
	ctx = inv.within(ctx)
	s, err := inv.assetSource(q.Asset.System)
	if err != nil {
		return facts, err
	}
	records, err := look(s, ctx, q.Asset.ID)
	if err != nil {
		return lifecycle.Facts{}, err
	}
	facts.Records = composed(records)
	if facts.Tasks, err = s.openTasks(ctx, q.Asset.ID); err != nil {
		return lifecycle.Facts{}, err
	}
	facts.People = make(map[string][]lifecycle.Person)
	facts.ActiveMembers = make(map[string]int)
	if err := inv.addPeople(ctx, &facts, lifecycle.OwnerKeys(q, facts.Records)); err != nil {
		return lifecycle.Facts{}, err
	}
	if rules == nil {
		return facts, nil
	}
	if err := inv.addPeople(ctx, &facts, lifecycle.SuccessorKeys(q, rules, facts)); err != nil {
		return lifecycle.Facts{}, err
	}
	return facts, nil
}

// composed returns the records with their words in one Unicode form. Ids are not
// changed, because a system may distinguish them.
func composed(records []lifecycle.Record) []lifecycle.Record {
	out := records
	for i := range records {
		r := records[i]
		changed := false
		word := func(at *string) {
			if c := system.Composed(*at); c != *at {
				*at, changed = c, true
			}
		}
		r.Owners = slices.Clone(r.Owners)
		for j := range r.Owners {
			word(&r.Owners[j])
		}
		for _, at := range []*string{&r.Class, &r.Environment, &r.Criticality, &r.Purpose, &r.StateText} {
			word(at)
		}
		if !changed {
			continue
		}
		if &out[0] == &records[0] {
			out = slices.Clone(records)
		}
		out[i] = r
	}
	return out
}

// addPeople resolves the keys that are not in the facts yet, and counts the
// active members of the resolved teams.
func (inv *Inventory) addPeople(ctx context.Context, facts *lifecycle.Facts, keys []string) error {
	keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		_, known := facts.People[key]
		return known || key == ""
	})
	slices.Sort(keys)
	keys = slices.Compact(keys)
	answers, err := system.Gather(ctx, parallel, keys, inv.Resolve)
	if err != nil {
		return err
	}
	var teams []lifecycle.Person
	for i, key := range keys {
		facts.People[key] = answers[i]
		for _, p := range answers[i] {
			if _, counted := facts.ActiveMembers[p.Holder()]; p.Kind == lifecycle.KindTeam && !counted {
				facts.ActiveMembers[p.Holder()] = 0
				teams = append(teams, p)
			}
		}
	}
	members, err := system.Gather(ctx, parallel, teams, inv.Members)
	if err != nil {
		return err
	}
	for i, team := range teams {
		facts.ActiveMembers[team.Holder()] = countActive(members[i])
	}
	return nil
}

// countActive counts the people who are active or leaving.
func countActive(people []lifecycle.Person) int {
	n := 0
	for _, p := range people {
		if p.Status == lifecycle.PersonActive || p.Status == lifecycle.PersonLeaving {
			n++
		}
	}
	return n
}

func (inv *Inventory) assetSource(name string) (*assetSource, error) {
	if s, ok := inv.sources[name]; ok {
		return s, nil
	}
	if !inv.HasSystem(name) {
		return nil, inv.unknown(name, "the asset names")
	}
	return nil, misconfigured(fmt.Sprintf("The system %q holds no asset records.", name),
		"Name a system that does"+inv.listed(func(s system.System) bool { _, ok := system.AsAssets(s); return ok })+".")
}

func (inv *Inventory) unknown(name, who string) error {
	return misconfigured(fmt.Sprintf("No system named %q, which %s, is configured.", name, who),
		"Name one of the systems in the provider block"+inv.listed(func(system.System) bool { return true })+".")
}

// listed returns the quoted names of the systems for which has is true.
func (inv *Inventory) listed(has func(system.System) bool) string {
	var names []string
	for _, name := range inv.Systems() {
		if has(inv.systems[name]) {
			names = append(names, strconv.Quote(name))
		}
	}
	if len(names) == 0 {
		return "; there is none"
	}
	return ": " + strings.Join(names, ", ")
}

func misconfigured(happened, advice string) error {
	return &fault.Fault{
		Kind: fault.ErrConfig, Summary: "Unable to Find System", Happened: happened, Advice: advice,
	}
}
