package plugin

import (
	"encoding/csv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	day         = 24 * time.Hour
	assetsInOne = 3 // so many assets are in a world
)

var epoch = time.Date(2030, time.March, 1, 9, 0, 0, 0, time.UTC)

// dice decide what happens in a world.
type dice struct{ *rand.Rand }

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// world is an organisation in files, and what a configuration says of it. Values of
// arguments are as valueOf takes them; nil is null.
type world struct {
	dice
	folder string
	now    time.Time
	fixed  bool // plan_time is set
	people map[string]person
	assets [assetsInOne]asset

	policy, onUnavailable, clockJump, limits any
}

type person struct{ kind, status, endDate, manager, teams string }

// asset is a record, and the two resources about it.
type asset struct {
	gone                                            bool
	name, class, state, owner, environment          string
	thirdParty, shared, retires, verified, taskKind string
	binding, grant                                  map[string]any
	frozen                                          bool // the grant keeps the binding that it has
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{dice: dice{rand.New(rand.NewPCG(seed, 0x5eed))}, folder: t.TempDir(), now: epoch, fixed: true, people: map[string]person{}}
	w.limits = map[string]any{"revocations": -1}
	for _, name := range []string{"alice", "bob", "carol"} {
		w.people[name] = person{kind: "employee", status: "active", manager: "carol", teams: "payments"}
	}
	for i := range w.assets {
		a := &w.assets[i]
		a.class, a.state, a.owner, a.environment, a.verified = pick(w.dice, "laptop", "application"), "in_service", "alice", "production", w.date(-10)
		a.binding = map[string]any{"asset": "cmdb/A-" + strconv.Itoa(i)}
		a.grant = map[string]any{"access": "key " + strconv.Itoa(i), "risk": pick[any](w.dice, nil, "privileged"), "on_block": pick[any](w.dice, nil, "disable")}
		for range 3 {
			w.configure(a)
		}
	}
	for range 3 {
		w.provide()
	}
	return w
}

func (w *world) date(days int) string { return w.now.AddDate(0, 0, days).Format(time.DateOnly) }

func (w *world) instant(d time.Duration) string { return w.now.Add(d).Format(time.RFC3339) }

// happen changes a few things: as a rule one of each asset.
func (w *world) happen() {
	for i := range w.assets {
		a := &w.assets[i]
		switch w.IntN(5) {
		case 0, 1:
			w.record(a)
		case 2, 3:
			w.configure(a)
		}
	}
	w.assets[0].frozen = w.chance(50)
	switch w.IntN(6) {
	case 0:
		w.employ(pick(w.dice, "alice", "alice", "bob"))
	case 1:
		w.provide()
	case 2: // two grants of one id
		a, other := &w.assets[w.IntN(assetsInOne)], &w.assets[w.IntN(assetsInOne)]
		a.binding["asset"], a.grant["access"] = other.binding["asset"], other.grant["access"]
	}
}

func (w *world) employ(name string) {
	if w.chance(10) {
		delete(w.people, name)
		return
	}
	w.people[name] = person{
		kind: pick(w.dice, "employee", "employee", "contractor", "service"), status: pick(w.dice, "active", "active", "active", "left", "suspended", "leaving"),
		endDate: pick(w.dice, "", "", w.date(20), w.date(-3)), manager: pick(w.dice, "carol", "bob", ""), teams: pick(w.dice, "payments", "research", ""),
	}
}

func (w *world) record(a *asset) {
	switch w.IntN(9) {
	case 8:
		a.name = pick(w.dice, "", "Billing", "Export")
	case 0:
		a.state = pick(w.dice, "in_service", "in_service", "retired", "lost", "planned", "maintenance")
	case 1:
		a.owner = pick(w.dice, "alice", "alice", "bob", "alice;bob", "nobody", "")
	case 2:
		a.verified = pick(w.dice, w.date(-2), w.date(-2), w.date(-400), "")
	case 3:
		a.environment = pick(w.dice, "production", "test", "")
	case 4:
		a.class = pick(w.dice, "laptop", "application", "toaster", "")
	case 5:
		a.retires = pick(w.dice, "", "", w.date(10), w.date(300), w.date(-1))
	case 6:
		a.shared, a.thirdParty, a.taskKind = pick(w.dice, "", "no", "yes"), pick(w.dice, "", "no", "yes"), pick(w.dice, "", "", "offboarding", "decommission")
	default:
		a.gone = w.chance(30)
	}
}

// configure changes an argument of the binding or of the grant.
func (w *world) configure(a *asset) {
	switch w.IntN(18) {
	case 12, 13, 14: // an argument with a default is taken out
		a.grant["risk"] = nil
	case 15, 16:
		a.grant["on_block"] = nil
	case 0:
		a.binding["declared"] = pick[any](w.dice, nil, map[string]any{"purpose": "billing"}, map[string]any{"owner": "bob", "third_party": true, "retirement_date": "2031-01-01"})
	case 1:
		a.binding["evidence"] = pick[any](w.dice, nil, map[string]any{"tag": "alice", "codeowners": "payments"}, map[string]any{})
		a.binding["successors"] = pick[any](w.dice, nil, []any{"bob", "carol"}, []any{})
	case 2:
		a.grant["risk"] = pick[any](w.dice, nil, nil, "standard", "privileged")
	case 3:
		a.grant["on_block"] = pick[any](w.dice, nil, "disable", "remove")
	case 4:
		a.grant["ttl"], a.grant["renew_before"], a.grant["overlap"] = pick[any](w.dice, nil, "20d", "1h", "400d"), pick[any](w.dice, nil, "2d"), pick[any](w.dice, nil, "1d", "30d")
	case 5:
		a.grant["rotate_when_changed"] = pick[any](w.dice, nil, map[string]any{"image": "1", "region": "eu"}, map[string]any{"image": "2", "region": "eu"}, map[string]any{})
	case 6:
		a.grant["revoke_generations"] = pick[any](w.dice, nil, nil, []any{"g1"}, []any{"g1", "g2"}, []any{})
	case 7, 8:
		a.grant["attestation"] = pick[any](w.dice, nil, map[string]any{"by": "carol", "at": w.instant(-time.Hour)},
			map[string]any{"by": "carol", "at": w.instant(0), "note": w.instant(0)}, map[string]any{"by": "alice", "at": w.instant(-day)})
	case 9:
		a.grant["exception"] = pick[any](w.dice, nil, map[string]any{
			"codes": []any{"record.stale", "owner.shared"}, "reason": "moving", "approved_by": pick(w.dice, "carol", "carol", "bob"), "expires_at": w.date(5 + w.IntN(50)),
		})
	case 10:
		a.grant["usage"] = pick[any](w.dice, nil, map[string]any{"observed_at": w.instant(-time.Hour)},
			map[string]any{"observed_at": w.instant(-time.Hour), "last_used_at": w.instant(-100 * day)})
	default:
		a.grant["policy"] = pick[any](w.dice, nil, nil, `{"lifetimes": [{"ttl": "10d"}]}`, `{"triggers": [{"on": "record.stale", "action": "block", "when": "binding.confidence < 0.9"}]}`)
	}
}

// provide changes an argument of the provider block.
func (w *world) provide() {
	switch w.IntN(6) {
	case 0, 1:
		w.policy = pick[any](w.dice, nil, `{"authority": "trust"}`, `{"authority": "trust", "lead_time": "60d"}`, `{"enforcement": [{"class": "laptop", "mode": "observe"}]}`,
			`{"authority": "trust", "enforcement": [{"mode": "observe", "enforce_from": "2030-06-01"}]}`)
	case 2:
		w.onUnavailable = pick[any](w.dice, nil, "hold", "hold")
	case 3:
		w.clockJump = pick[any](w.dice, nil, "2000d", "10d")
	case 4:
		w.limits = pick[any](w.dice, nil, map[string]any{"revocations": -1}, map[string]any{"revocations": 1, "rotations": 1})
	default:
		w.fixed = w.chance(70)
	}
}

// write writes the files. A table that is cut is unavailable, as one is whose system
// does not answer.
func (w *world) write(t *testing.T, cut bool) {
	t.Helper()
	assets := [][]string{{"id", "class", "name", "state", "owner", "purpose", "environment", "third_party", "shared", "retirement_date", "verified_at"}, {"Z", "", "", "", "", "", "", "", "", "", ""}}
	tasks := [][]string{{"id", "kind", "asset", "status"}}
	for i := range w.assets {
		a, id := &w.assets[i], "A-"+strconv.Itoa(i)
		if !a.gone {
			assets = append(assets, []string{id, a.class, a.name, a.state, a.owner, "export", a.environment, a.thirdParty, a.shared, a.retires, a.verified})
		}
		if a.taskKind != "" {
			tasks = append(tasks, []string{"T-" + id, a.taskKind, id, "open"})
		}
	}
	people := [][]string{{"id", "email", "username", "name", "kind", "status", "end_date", "manager", "teams"}, {"payments", "", "payments", "Payments", "team", "active", "", "", ""}}
	for _, name := range []string{"alice", "bob", "carol"} {
		if p, ok := w.people[name]; ok {
			people = append(people, []string{"P-" + name, name + "@example.org", name, strings.ToUpper(name), p.kind, p.status, p.endDate, p.manager, p.teams})
		}
	}
	if cut {
		assets = assets[:1]
	}
	for name, rows := range map[string][][]string{"assets.csv": assets, "people.csv": people, "tasks.csv": tasks} {
		var text strings.Builder
		if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// provider is the provider block at an instant.
func (w *world) provider(at time.Time) map[string]any {
	file := map[string]any{}
	for _, name := range []string{"assets", "people", "tasks"} {
		file[name] = filepath.Join(w.folder, name+".csv")
	}
	block := map[string]any{
		"systems": map[string]any{"cmdb": map[string]any{"file": file}},
		"policy":  w.policy, "on_unavailable": w.onUnavailable, "max_clock_jump": w.clockJump, "limits": w.limits,
	}
	if w.fixed {
		block["plan_time"] = at.Format(time.RFC3339)
	}
	return block
}
