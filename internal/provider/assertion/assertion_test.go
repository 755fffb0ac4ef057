package assertion_test

import (
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

const profile = `terraform_data.profile["g1"]`

// gated returns a workspace in which the grant of a laptop is applied, and whose
// configuration now adds the credential, behind a gate.
func gated(t *testing.T) *acctest.Workspace {
	t.Helper()
	acctest.SkipWithoutEphemeral(t)
	w := acctest.Load(t, "laptop")
	gate := w.Read("gate.tf")
	w.Remove("gate.tf")
	w.Apply()
	w.Write("gate.tf", gate)
	return w
}

// An apply does not look at an unchanged grant again. The gate does.
func TestALaptopThatIsLostAfterThePlanGetsNoCredential(t *testing.T) {
	t.Parallel()
	w := gated(t)
	w.Save().Says(profile+" will be created", "Plan: 1 to add, 0 to change, 0 to destroy.")
	w.Asset("LAP-1", "state", "lost")
	w.ApplySaved().Exits(1).Says("Resource precondition failed", "The laptop does not justify the VPN profile any more.",
		"Warning: Access Is Not Confirmed", "on gate.tf line 2", "2: grant = custody_grant.vpn", `The state was "in_service" and is now "lost".`, "its status would be revoked", "asset.lost on Alice's laptop")
	if w.Attributes(profile) != nil {
		t.Error("the credential was made")
	}

	// Without the gate it is made.
	w.Edit("gate.tf", "!terraform.applying || contains(ephemeral.custody_assertion.vpn.generations, each.key)", `each.key != ""`)
	w.Asset("LAP-1", "state", "in_service")
	w.Save()
	w.Asset("LAP-1", "state", "lost")
	w.ApplySaved().Ok()
	if w.Attributes(profile) == nil {
		t.Error("the gate is not what kept the credential from being made")
	}
	w.Edit("gate.tf", `condition     = each.key != ""`, "condition     = !terraform.applying || contains(ephemeral.custody_assertion.vpn.generations, each.key)")

	// The gate does not stop the revocation, and no destroy.
	w.Apply().Says(profile + ": Destruction complete")
	w.Plan().Exits(0)
	w.Destroy()
}

func TestADestroyIsNotStopped(t *testing.T) {
	t.Parallel()
	for name, gate := range map[string]string{
		"by a gate":                 "",
		"by one that fails":         "strict = terraform.applying",
		"while a system is missing": "",
	} {
		t.Run(name, func(t *testing.T) {
			w := gated(t)
			if gate != "" {
				w.Edit("gate.tf", "grant = custody_grant.vpn", "grant = custody_grant.vpn\n  "+gate)
			}
			w.Apply()
			w.Asset("LAP-1", "state", "lost")
			if strings.Contains(name, "missing") {
				w.Remove("assets.csv")
				w.Run("destroy", "-no-color", "-auto-approve", "-refresh=false").Says("custody_grant.vpn")
				return
			}
			w.Destroy()
			w.Plan().Exits(2)
		})
	}
}

// What the assertion says is decided by the grant's own arguments, policy and memory.
// Each case is a plan that is saved, and applied after a change of the facts.
func TestWhatAnAssertionSays(t *testing.T) {
	t.Parallel()
	w := gated(t)
	w.Remove("gate.tf")
	tables := w.Tables()
	for name, c := range map[string]struct {
		change func()
		want   string // of the assertion a, as a condition
		says   []string
	}{
		"nothing changed":    {func() {}, `a.active && a.status == "active" && join(" ", a.generations) == "g1" && length(a.because) == 0`, nil},
		"the owner has left": {func() { w.Person("p1", "status", "left") }, `!a.active && a.status == "revoked" && length(a.generations) == 0 && strcontains(join(" ", a.because), "owner.left")`, []string{`The owner's status was "active" and is now "left".`}},
		"suspended":          {func() { w.Person("p1", "status", "suspended") }, `!a.active && a.status == "blocked"`, []string{"owner.suspended"}},
		"another holder":     {func() { w.Asset("LAP-1", "owner", "bob") }, `!a.active && a.status == "active" && strcontains(join(" ", a.because), "The next apply replaces")`, []string{`The holder was "cmdb/p1" and is now "cmdb/p2".`}},
		"stale":              {func() { w.Asset("LAP-1", "verified_at", "2020-01-01") }, `a.active && strcontains(join(" ", a.because), "record.stale")`, nil},
		"renamed":            {func() { w.Asset("LAP-1", "name", "Renamed") }, `a.active && a.status == "active"`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.In(t)
			w.Restore(tables)
			w.Write("said.tf", `ephemeral "custody_assertion" "vpn" {
  grant = custody_grant.vpn
}

resource "terraform_data" "said" {
  triggers_replace = "`+name+`"

  lifecycle {
    precondition {
      condition     = !terraform.applying || alltrue([for a in [ephemeral.custody_assertion.vpn] : `+c.want+`])
      error_message = "It says something else."
    }
  }
}
`)
			w.Save()
			c.change()
			r := w.ApplySaved().Ok().Says(c.says...)
			if len(c.says) == 0 {
				r.Silent("Access Is Not Confirmed")
			}
		})
	}
}

// An assertion that is strict fails by itself, with the reasons.
func TestAStrictAssertionFails(t *testing.T) {
	t.Parallel()
	w := gated(t)
	w.Edit("gate.tf", "  grant = custody_grant.vpn\n", "  count  = custody_grant.vpn.active ? 1 : 0\n  grant  = custody_grant.vpn\n  strict = terraform.applying\n")
	w.Edit("gate.tf", "!terraform.applying || contains(ephemeral.custody_assertion.vpn.generations, each.key)", "!terraform.applying || alltrue(ephemeral.custody_assertion.vpn[*].active)")
	w.Save()
	w.Person("p1", "status", "left")
	w.ApplySaved().Exits(1).Says("Error: Access Is Not Confirmed", "3: grant  = custody_grant.vpn", "its status would be revoked", "owner.left",
		"The access is not confirmed. What depends on it stops here.", "Make a new plan").Silent("Resource precondition failed")
	if w.Attributes(profile) != nil {
		t.Error("the credential was made")
	}
	w.Apply() // a plan that takes the access away is not stopped
	w.Plan().Exits(0)
}

// What is not known is never active.
func TestASystemThatDoesNotAnswerConfirmsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		argument string
		says     []string
	}{
		"fail": {"fail", []string{"Error: Unable to Read", "The access is not confirmed: absence cannot be told from failure. What depends on it stops here."}},
		"hold": {"hold", []string{"Warning: Facts Unavailable, Access Not Confirmed", "Resource precondition failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := gated(t)
			w.Provider(`on_unavailable = "` + c.argument + `"`)
			w.Save()
			w.Remove("assets.csv")
			w.ApplySaved().Exits(1).Says(c.says...)
			if w.Attributes(profile) != nil {
				t.Error("the credential was made")
			}
		})
	}
}

func TestGrantsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := gated(t)
	for grant, says := range map[string][]string{
		`merge(custody_grant.vpn, { id = null })`:                                                           {"Error: Invalid Grant", "This object was not written by a custody_grant.", "grant = custody_grant.<name>"},
		`merge(custody_grant.vpn, { binding = { facts = " {}", memory = null } })`:                          {"Error: Invalid Binding"},
		`merge(custody_grant.vpn, { binding = { facts = custody_grant.vpn.binding.facts, memory = "x" } })`: {"Error: Unable to Read Grant From State"},
		`custody_binding.laptop`: {"Incorrect attribute value type"},
	} {
		w.Edit("gate.tf", "grant = custody_grant.vpn", "grant = "+grant)
		w.Plan().Exits(1).Says(append(says, "on gate.tf line 2")...)
		w.Edit("gate.tf", "grant = "+grant, "grant = custody_grant.vpn")
	}
}

// A grant that is created in the same apply is asserted at apply.
func TestAGrantThatIsCreatedInTheSameApply(t *testing.T) {
	t.Parallel()
	acctest.SkipWithoutEphemeral(t)
	w := acctest.Load(t, "laptop")
	w.Apply()
	if w.Attributes(profile) == nil {
		t.Error("the credential was not made")
	}
	w.Plan().Exits(0)

	w = acctest.Load(t, "laptop")
	w.Default("plan_time")
	w.Apply()
	if w.Attributes(profile) == nil {
		t.Error("the credential was not made without plan_time")
	}
}

// The table in the guide "Just-in-time access".
func TestWhatEachConstructStops(t *testing.T) {
	t.Parallel()
	const applying = "!terraform.applying || ephemeral.custody_assertion.vpn.active"
	for name, c := range map[string]struct {
		strict, condition     string
		plan, apply, destroys bool // whether they pass
	}{
		"a condition for applies": {"false", applying, true, false, true},
		"a condition":             {"false", "ephemeral.custody_assertion.vpn.active", false, false, true},
		"strict in applies":       {"terraform.applying", applying, true, false, true},
		"strict":                  {"true", applying, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			acctest.SkipWithoutEphemeral(t)
			w := acctest.Load(t, "laptop")
			config := func(input string) {
				w.Write("gate.tf", `ephemeral "custody_assertion" "vpn" {
  grant  = custody_grant.vpn
  strict = `+c.strict+`
}

resource "terraform_data" "profile" {
  input = "`+input+`"

  lifecycle {
    precondition {
      condition     = `+c.condition+`
      error_message = "Not now."
    }
  }
}
`)
			}
			want := func(what string, r acctest.Result, passes bool) {
				t.Helper()
				if (r.Code != 1) != passes {
					t.Errorf("%s ended with %d:\n%s", what, r.Code, r.Output)
				}
			}
			config("first")
			w.Apply()
			config("second")
			w.Save()
			w.Asset("LAP-1", "state", "lost")
			want("the apply", w.ApplySaved(), c.apply)
			// OpenTofu opens it in the apply only, if the plan changes the grant, and in no
			// destroy.
			tofu := acctest.IsOpenTofu(t)
			want("the plan", w.Plan(), c.plan || tofu)
			want("the destroy", w.Run("destroy", "-no-color", "-auto-approve"), c.destroys || tofu)
		})
	}
}
