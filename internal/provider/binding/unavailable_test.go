package binding_test

import (
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// failures are the ways in which an inventory cannot be believed.
var failures = map[string]struct {
	happen func(w *acctest.Workspace)
	says   []string
}{
	"the assets vanish":    {func(w *acctest.Workspace) { w.Remove("assets.csv") }, []string{"assets.csv", "Nothing was issued and nothing was revoked", "then plan again"}},
	"the people vanish":    {func(w *acctest.Workspace) { w.Remove("people.csv") }, []string{"people.csv", "Nothing was issued and nothing was revoked"}},
	"the tasks vanish":     {func(w *acctest.Workspace) { w.Remove("tasks.csv") }, []string{"tasks.csv", "Nothing was issued and nothing was revoked"}},
	"a row is cut off":     {func(w *acctest.Workspace) { w.Append("assets.csv", "APP-2,application,Led") }, []string{"assets.csv", "line 4", "Correct or export the file again"}},
	"a quote is left open": {func(w *acctest.Workspace) { w.Append("people.csv", `p5,"dave@exam`) }, []string{"people.csv", "line 6"}},
	"all rows are gone":    {func(w *acctest.Workspace) { w.Write("people.csv", "id,username,status\n") }, []string{"it holds 0 ", "it may be cut off"}},
	"a header is gone":     {func(w *acctest.Workspace) { w.Edit("assets.csv", "id,class", "key,class") }, []string{"assets.csv", "id"}},
	"the last row is gone": {func(w *acctest.Workspace) { w.Forget("assets.csv", "LAP-1") }, []string{"it holds 1 asset records and min_records asks for at least 2; it may be cut off"}},
}

func TestASystemThatCannotBeBelievedStopsThePlan(t *testing.T) {
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			w := acctest.Load(t, "granted")
			w.Edit("provider.tf", "/tasks.csv\"", `/tasks.csv", min_records = { assets = 2 }`)
			w.Apply()
			before := w.Read(acctest.StateFile)
			failure.happen(w)
			w.TryApply().Exits(1).Says(failure.says...).Says("Error: Unable to Read", "with custody_binding.app", "on main.tf line 2", `asset = "cmdb/APP-1"`)
			w.Plan("-refresh=false").Exits(1)
			if w.Read(acctest.StateFile) != before {
				t.Error("the state changed, although nothing could be told")
			}
		})
	}
}

// holding returns a workspace with an active grant that holds on.
func holding(t *testing.T) *acctest.Workspace {
	t.Helper()
	w := acctest.Load(t, "granted")
	w.Provider(`on_unavailable = "hold"`)
	w.Apply()
	return w
}

func TestHeldFactsKeepWhatExists(t *testing.T) {
	for name, failure := range failures {
		if name == "the last row is gone" {
			continue // only min_records tells
		}
		t.Run(name, func(t *testing.T) {
			w := holding(t)
			failure.happen(w)
			w.Plan().Exits(2).Says("Warning: System Unavailable, Last Known Facts Kept", "~ held = false -> true").Says(failure.says[0]).Silent("will be destroyed", "will be created")
			w.Apply()
			w.Holds(app, "held", "true", "holder", "cmdb/p1", "state", "in_service")
			w.Holds(key, "status", "active", "generations", "g1", "conditions", "")
			w.Plan().Exits(0).Says("Warning: System Unavailable, Last Known Facts Kept")
			w.Plan("-refresh=false").Exits(0)
		})
	}
}

func TestHeldFactsRenewNothingAndTheRestFollows(t *testing.T) {
	w := holding(t)
	people := w.Read("people.csv")
	w.Remove("people.csv")
	w.Clock.Advance(60 * 24 * time.Hour)
	w.Apply()
	w.Holds(key, "generations", "g1", "serial", "1")
	w.Plan().Exits(0)
	w.Write("people.csv", people)
	w.Apply().Silent("System Unavailable")
	w.Holds(app, "held", "false")
	w.Holds(key, "generations", "g1 g2", "status", "active")
	w.Plan().Exits(0)
}

func TestHeldFactsUnblockNothing(t *testing.T) {
	w := acctest.Load(t, "granted")
	w.Provider(`on_unavailable = "hold"`)
	w.Asset("APP-1", "state", "planned")
	w.Apply()
	w.Remove("people.csv")
	w.Asset("APP-1", "state", "in_service")
	w.Apply()
	w.Holds(key, "status", "blocked", "generations", "")
}

// A finding whose grace runs goes on running; a new one cannot start on facts
// that nobody can read.
func TestHeldFactsGoOnWithAGraceThatRuns(t *testing.T) {
	w := acctest.Load(t, "granted")
	w.Provider(`on_unavailable = "hold"`)
	w.Asset("APP-1", "verified_at", "2029-01-01")
	w.Apply()
	w.Holds(key, "conditions", "record.stale")
	w.Remove("people.csv")
	w.Apply()
	w.Clock.Advance(14 * 24 * time.Hour)
	w.Apply()
	w.Holds(key, "status", "blocked")
}

func TestABindingCannotBeCreatedOnHeldFacts(t *testing.T) {
	w := acctest.Load(t, "granted")
	w.Provider(`on_unavailable = "hold"`)
	w.Remove("people.csv")
	w.TryApply().Exits(1).Says("Error: Unable to Create Binding on Held Facts", "there are no last known facts to hold", "Plan again once the system answers.")
	if w.Attributes(app) != nil {
		t.Error("the binding stands in the state")
	}
}

func TestFactsOfAnotherAssetAreNotHeld(t *testing.T) {
	w := holding(t)
	w.Remove("people.csv")
	w.Edit("main.tf", "APP-1", "LAP-1")
	w.TryApply().Exits(1).Says("Error: Unable to Create Binding on Held Facts")
	w.Holds(app, "asset", "cmdb/APP-1")
	w.Holds(key, "generations", "g1")
}

// A configuration that names no system is no system that does not answer.
func TestASystemThatIsNotConfiguredIsNotHeldOn(t *testing.T) {
	w := holding(t)
	w.Edit("provider.tf", "cmdb =", "itam =")
	w.TryApply().Exits(1).Says("Error: Unable to Find System", `No system named "cmdb"`, `"itam"`)
	w.Holds(app, "held", "false")
}

func TestAGrantIssuesNothingOnHeldFacts(t *testing.T) {
	w := acctest.Load(t, "alone")
	w.Provider(`on_unavailable = "hold"`)
	w.Apply()
	w.Remove("people.csv")
	w.Append("main.tf", "resource \"custody_grant\" \"key\" {\n  binding = custody_binding.app\n  access  = \"key/billing\"\n}")
	w.Apply()
	w.Holds(key, "serial", "0", "generations", "", "active", "false")
}

func TestAFileOfAnotherSystemThatFailsDoesNotMatter(t *testing.T) {
	w := acctest.Load(t, "granted")
	w.Edit("provider.tf", "systems = {", "directories = [\"cmdb\"]\n  systems = {\n    other = { file = { assets = \"nowhere.csv\" } }")
	w.Apply()
	w.Plan().Exits(0)
}
