package grant_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// company returns a workspace of n laptops, each with its owner, a grant and a
// credential that hangs on it.
func company(t *testing.T, n int) *acctest.Workspace {
	t.Helper()
	w := acctest.Load(t, "company")
	w.Default("limits")
	people := []string{"id,name,kind,status,end_date,manager"}
	assets := []string{"id,class,name,state,owner,purpose,environment,criticality,retirement_date,verified_at"}
	for i := range n {
		people = append(people, fmt.Sprintf("p%d,Person %d,employee,active,,p0", i, i))
		assets = append(assets, fmt.Sprintf("LAP-%d,laptop,Laptop %d,in_service,p%d,work,office,low,,2030-01-01", i, i, i))
	}
	w.Write("people.csv", strings.Join(people, "\n")+"\n")
	w.Write("assets.csv", strings.Join(assets, "\n")+"\n")
	return w
}

// every edits the rows of a file but for its header.
func every(w *acctest.Workspace, file string, edit func(row string) string) {
	lines := strings.Split(strings.TrimSpace(w.Read(file)), "\n")
	for i := range lines[1:] {
		lines[1+i] = edit(lines[1+i])
	}
	w.Write(file, strings.Join(lines, "\n")+"\n")
}

const stopped = "Error: Too Many Revocations in One Plan"

// TestTheBrakeCountsEffects tries what one wrong export does to a company, and that
// the brake stops it whatever the cause.
func TestTheBrakeCountsEffects(t *testing.T) {
	yesterday := acctest.Start.Add(-day).Format(time.DateOnly)
	for name, c := range map[string]struct {
		size  int
		wrong func(w *acctest.Workspace)
	}{
		"A1: one date column retires all": {60, func(w *acctest.Workspace) {
			every(w, "assets.csv", func(row string) string { return strings.Replace(row, "low,,", "low,"+yesterday+",", 1) })
		}},
		"A2: one date column ends everybody": {30, func(w *acctest.Workspace) {
			every(w, "people.csv", func(row string) string { return strings.Replace(row, "active,,", "active,"+yesterday+",", 1) })
		}},
		"A3: the export is cut to one row": {60, func(w *acctest.Workspace) {
			w.Write("assets.csv", strings.Join(strings.SplitAfterN(w.Read("assets.csv"), "\n", 3)[:2], ""))
		}},
		"A5: a small company retires at once": {24, func(w *acctest.Workspace) {
			every(w, "assets.csv", func(row string) string { return strings.Replace(row, "in_service", "retired", 1) })
		}},
		"A5: all owners shift by a row": {24, func(w *acctest.Workspace) {
			i := 0
			every(w, "assets.csv", func(row string) string {
				i++
				return strings.Replace(row, fmt.Sprintf(",p%d,", i-1), fmt.Sprintf(",p%d,", i%24), 1)
			})
		}},
		"the blocks are removed": {24, func(w *acctest.Workspace) { w.Write("main.tf", "") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := company(t, c.size)
			w.Apply()
			c.wrong(w)
			before := w.Read(acctest.StateFile)
			w.Plan().Exits(1).Says(stopped, "Nothing was issued and nothing was revoked.", "limits = { revocations =")
			w.TryApply().Exits(1)
			if w.Read(acctest.StateFile) != before {
				t.Error("the state changed, although the plan was refused")
			}
		})
	}
}

// A date on a record that cannot be trusted ends nothing by itself.
func TestADateOnADoubtfulRecordEndsNothing(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]func(w *acctest.Workspace){
		"A1: a stale record": func(w *acctest.Workspace) {
			every(w, "assets.csv", func(row string) string {
				return strings.Replace(strings.Replace(row, "low,,", "low,2030-01-01,", 1), "2030-01-01\n", "2020-01-01\n", 1)
			})
			w.Asset("LAP-0", "verified_at", "2020-01-01")
			w.Asset("LAP-1", "verified_at", "2020-01-01")
		},
		"A1: in a second row of each id": func(w *acctest.Workspace) {
			w.Append("assets.csv", "LAP-0,laptop,Laptop 0,in_service,p0,work,office,low,2030-01-01,2030-01-01")
			w.Append("assets.csv", "LAP-1,laptop,Laptop 1,in_service,p1,work,office,low,2030-01-01,2030-01-01")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := company(t, 2)
			w.Apply()
			wrong(w)
			w.Apply()
			for _, grant := range []string{`custody_grant.of["LAP-0"]`, `custody_grant.of["LAP-1"]`} {
				w.Holds(grant, "generations", "g1", "active", "true")
			}
		})
	}
}

// TestDestroyNeedsAWordOfItsOwn holds that terraform destroy, which cannot be told
// from blocks that were removed, says how to let it through.
func TestDestroyNeedsAWordOfItsOwn(t *testing.T) {
	t.Parallel()
	w := company(t, 5)
	w.Apply()
	w.Run("destroy", "-no-color", "-auto-approve").Exits(1).Says(stopped, "-1 lifts the limit, as for terraform destroy")
	w.Provider("limits = { revocations = -1 }")
	w.Run("destroy", "-no-color", "-auto-approve").Ok()
}

// TestTwoGrantsOfOneIDAreRefused is case A4.
func TestTwoGrantsOfOneIDAreRefused(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Write("twin.tf", "resource \"custody_grant\" \"twin\" {\n  binding = custody_binding.app\n  access  = \"key/billing\"\n}\n")
	w.Plan().Exits(1).Says("Error: Grant Is Declared Twice", `"cmdb/APP-1#key/billing"`, "an access text of its own")
	w.Edit("twin.tf", "key/billing", "key/other")
	w.Apply()
	w.Apply("-replace=" + key)
}

// TestAGrantRestsOnTheFactsOfTheRun is case A7: a grant whose binding is frozen must
// not outlive its owner in silence.
func TestAGrantRestsOnTheFactsOfTheRun(t *testing.T) {
	t.Parallel()
	frozen := map[string]func(w *acctest.Workspace){
		"ignore_changes = [binding]": func(w *acctest.Workspace) { give(w, "lifecycle { ignore_changes = [binding] }") },
		"ignore_changes = all":       func(w *acctest.Workspace) { give(w, "lifecycle { ignore_changes = all }") },
	}
	for name, freeze := range frozen {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.Load(t, "laptop")
			freeze(w)
			w.Apply()
			w.Plan().Exits(0)
			w.Person("p1", "status", "left")
			w.Plan().Exits(1).Says("Error: Grant Rests on Old Facts", `The owner's status was "active" and is now "left"`, "ignore_changes")
			w.Person("p1", "status", "active")
			w.Plan().Exits(0)
		})
	}
}

// TestAnApprovedRevocationIsNeverStopped holds that facts that move between plan and
// apply do not keep a planned revocation from being carried out.
func TestAnApprovedRevocationIsNeverStopped(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "laptop")
	w.Apply()
	w.Person("p1", "status", "left")
	w.Save()
	w.Person("p1", "name", "Alice Renamed")
	w.ApplySaved().Ok()
	w.Holds(vpn, "status", "revoked")
}

// TestAuthority is case A12: who may say that access is justified.
func TestAuthority(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by   string
		says string // "" if the attestation is accepted
	}{
		"nobody":                {"mickey mouse", "is known to no directory"},
		"the holder herself":    {"alice", "holds the asset, and no one decides on access of their own"},
		"a colleague":           {"bob", "has no authority over this access"},
		"the manager":           {"carol", ""},
		"the manager by e-mail": {"carol@example.org", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.Load(t, "laptop")
			w.Apply()
			w.Clock.Advance(time.Hour)
			give(w, fmt.Sprintf("attestation = { by = %q, at = %q }", c.by, instant(time.Hour)))
			if c.says == "" {
				w.Apply()
				w.Holds(vpn, "binding.memory.certified_at", instant(time.Hour))
				w.Person("p3", "status", "left") // later departures undo nothing
				w.Apply()
				return
			}
			w.Plan().Exits(1).Says("Error: Approver Has No Authority", fmt.Sprintf("%q %s", c.by, c.says), "manager (carol)")
		})
	}
}

// TestALeaverCannotAttestHerself holds that an attestation by the leaver is refused
// also for a workload, whose owner may attest otherwise.
func TestALeaverCannotAttestHerself(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Apply()
	w.Person("p1", "status", "left")
	w.Clock.Advance(time.Hour)
	give(w, fmt.Sprintf("attestation = { by = \"alice\", at = %q }", instant(time.Hour)))
	w.Plan().Exits(1).Says("Error: Approver Has No Authority", "is not active in the directory, but left")
}

// TestAClockThatJumped is case A10: nothing is issued, what must go goes, and the
// access recovers without an edit of the state.
func TestAClockThatJumped(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Apply()
	w.Clock.Advance(365 * day)
	w.Provider("limits = { revocations = -1 }")
	w.Apply()
	w.Holds(key, "generations", "")
	w.Plan().Exits(0)
	w.Clock.Set(acctest.Start.Add(day)) // the clock is right again
	w.Apply()
	w.Holds(key, "status", "active", "generations", "g2")
	w.Clock.Advance(-12 * time.Hour) // and once behind
	give(w, `rotate_when_changed = { a = "1" }`)
	w.Apply()
	w.Edit("main.tf", `a = "1"`, `a = "2"`)
	w.Plan().Exits(2).Says("precedes what the grant remembers")
	w.Edit("main.tf", `a = "2"`, `a = "1"`)
	w.Clock.Advance(12 * time.Hour)
	w.Clock.Advance(day)
	w.Asset("APP-1", "state", "retired")
	w.Apply()
	w.Holds(key, "status", "revoked")
}

// TestASlidingExceptionEnds is case A11.
func TestASlidingExceptionEnds(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Asset("APP-1", "verified_at", "2020-01-01")
	give(w, `exception = { codes = ["record.stale"], reason = "audit in March", approved_by = "carol", expires_at = timeadd(var.plan_time, "2159h") }`)
	for range 4 {
		w.Apply()
		w.Holds(key, "status", "active")
		w.Clock.Advance(20 * day)
	}
	w.Clock.Set(acctest.Start.Add(91 * day))
	w.Plan().Exits(2).Says("exception.expired", "Lifetime Shortened to the Policy's Maximum")
}

// TestANameThatChangesStopsNoApply is case A17.
func TestANameThatChangesStopsNoApply(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Save()
	w.Asset("APP-1", "name", "Billing, renamed")
	w.ApplySaved().Ok()
	w.Holds("custody_binding.app", "name", "Billing, renamed")
	w.Holds(key, "status", "active")
	w.Plan().Exits(0)
}
