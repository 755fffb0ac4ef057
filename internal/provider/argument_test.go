package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
	"github.com/custodyhq/terraform-provider-custody/internal/clock"
)

const (
	systems = `cmdb = { file = { assets = "assets.csv", people = "people.csv", tasks = "tasks.csv" } }`
	nothing = "mpty text states nothing"
)

// badProvider is a provider block that is refused.
type badProvider struct {
	old, bad string // what the case replaces in a good block
	says     []string
}

// refuses returns a test case over one configuration with all of the provider
// blocks.
func refuses(t *testing.T, cases map[string]badProvider) resource.TestCase {
	t.Helper()
	w := acctest.NewWorld(t, "grant")
	var blocks strings.Builder
	want := make(map[string][]string)
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		label, c := acctest.Label(name), cases[name]
		good := fmt.Sprintf("provider \"custody\" {\n  alias = %q\n  plan_time = var.plan_time\n  systems = {\n    %s\n  }\n}\n", label, systems)
		if strings.Count(good, c.old) != 1 {
			t.Fatalf("%s: %q is not once in\n%s", name, c.old, good)
		}
		blocks.WriteString(strings.Replace(good, c.old, c.bad, 1))
		fmt.Fprintf(&blocks, "data \"custody_policy\" %q {\n  provider = custody.%s\n}\n", label, label)
		want[label] = append(c.says, "on main.tf line")
	}
	w.Write("main.tf", blocks.String())
	return w.Refuses(want)
}

// Each block is refused by the schema of the provider.
func TestBadProviderArguments(t *testing.T) {
	resource.ParallelTest(t, refuses(t, map[string]badProvider{
		"an empty path":         {systems, `cmdb = { file = { assets = "" } }`, []string{`systems["cmdb"].file.assets`, nothing}},
		"fewer than no records": {`tasks = "tasks.csv"`, `tasks = "tasks.csv", min_records = { assets = -1 }`, []string{"must be at least 0"}},
		"a name with a slash":   {"cmdb = {", `"cm/db" = {`, []string{"Invalid System Name", `"cm/db" cannot be the part of an asset before the slash`, "a letter, then letters, digits, - and _"}},
		"an empty name":         {"cmdb = {", `"" = {`, []string{"Invalid System Name"}},
		"no directory":          {"systems = {", "directories = []\n  systems = {", []string{"directories", "at least 1"}},
		"an empty directory":    {"systems = {", "directories = [\"\"]\n  systems = {", []string{"directories", nothing}},
		"a directory twice":     {"systems = {", "directories = [\"cmdb\", \"cmdb\"]\n  systems = {", []string{"directories", "Duplicate"}},
		"an empty review queue": {"systems = {", "reviews = \"\"\n  systems = {", []string{"reviews =", nothing}},
		"an empty policy":       {"systems = {", "policy = \"\"\n  systems = {", []string{"policy =", nothing}},
		"on_unavailable":        {"systems = {", "on_unavailable = \"ignore\"\n  systems = {", []string{"on_unavailable =", "Invalid Choice", `"ignore" is not among them`, "one of fail, hold"}},
		"an empty choice":       {"systems = {", "on_unavailable = \"\"\n  systems = {", []string{"on_unavailable =", "Invalid Choice"}},
		"plan_time":             {"= var.plan_time", `= "today"`, []string{"plan_time =", "Invalid Timestamp", "such as 2030-01-31T12:00:00Z"}},
		"an empty plan_time":    {"= var.plan_time", `= ""`, []string{"plan_time =", "Invalid Timestamp"}},
		"plan_time in parts":    {"= var.plan_time", `= "2030-01-15T09:00:00.5Z"`, []string{"plan_time =", "whole seconds"}},
		"an empty max_plan_age": {"systems = {", "max_plan_age = \"\"\n  systems = {", []string{"max_plan_age =", "Invalid Duration"}},
		"max_plan_age":          {"systems = {", "max_plan_age = \"tomorrow\"\n  systems = {", []string{"max_plan_age =", "Invalid Duration", "such as 36h, 14d or 2w"}},
		"negative limit":        {"systems = {", "limits = { revocations = -2 }\n  systems = {", []string{"limits.revocations", "at least -1"}},
		"more than a list":      {"systems = {", "limits = { shrink = 101 }\n  systems = {", []string{"limits.shrink", "between 0 and 100"}},
		"half a limit":          {"systems = {", "limits = { revocations = 1.5 }\n  systems = {", []string{"limits ="}},
	}))
}

// Each block is refused when the provider is configured.
func TestBadProviderConfigurations(t *testing.T) {
	resource.ParallelTest(t, refuses(t, map[string]badProvider{
		"no kind":                {systems, `cmdb = {}`, []string{`System Has No Kind`, `The system "cmdb" has no kind.`, "Accepted: exactly one kind"}},
		"two kinds":              {systems, `cmdb = { file = { assets = "a.csv" }, ldap = { url = "ldap://127.0.0.1" } }`, []string{`System Has Several Kinds`, "file, ldap"}},
		"an unknown kind":        {systems, `cmdb = { itop = { url = "https://assets.example.org" } }`, []string{`System Has No Kind`}},
		"a null header":          {`tasks = "tasks.csv"`, `tasks = "tasks.csv", columns = { owner = null }`, []string{`systems["cmdb"].file.columns["owner"]`, "A null element states nothing."}},
		"no file":                {systems, `cmdb = { file = {} }`, []string{`systems["cmdb"].file.assets`, "No file is named. Set assets, people or tasks"}},
		"another format":         {`"assets.csv"`, `"assets.xlsx"`, []string{`systems["cmdb"].file.assets`, `"assets.xlsx" does not end in a known format. Accepted:`}},
		"a malformed glob":       {`"people.csv"`, `"people[.csv"`, []string{`systems["cmdb"].file.people`, "is malformed"}},
		"an unknown field":       {`tasks = "tasks.csv"`, `tasks = "tasks.csv", columns = { holder = "Owner" }`, []string{`systems["cmdb"].file.columns["holder"]`, `"holder" is not a field of asset records. Accepted:`}},
		"an empty header":        {`tasks = "tasks.csv"`, `tasks = "tasks.csv", people_columns = { username = "" }`, []string{`systems["cmdb"].file.people_columns["username"]`}},
		"an unknown state":       {`tasks = "tasks.csv"`, `tasks = "tasks.csv", states = { Deployed = "live" }`, []string{`systems["cmdb"].file.states["Deployed"]`, `"live" is not accepted there. Accepted: unknown, planned, in_service`}},
		"an unknown status":      {`tasks = "tasks.csv"`, `tasks = "tasks.csv", people_states = { "on leave" = "away" }`, []string{`systems["cmdb"].file.people_states["on leave"]`, "Accepted: "}},
		"an unknown task status": {`tasks = "tasks.csv"`, `tasks = "tasks.csv", tasks_states = { Stalled = "waiting" }`, []string{`systems["cmdb"].file.tasks_states["Stalled"]`, "open, closed"}},
		"records of what":        {`tasks = "tasks.csv"`, `tasks = "tasks.csv", min_records = { owners = 3 }`, []string{`systems["cmdb"].file.min_records["owners"]`, "It is not accepted; use"}},
		"an unknown directory":   {"systems = {", "directories = [\"corp\"]\n  systems = {", []string{"directories =", `No system named "corp", which directories lists, is configured.`, `"cmdb"`}},
		"no people":              {systems, systems + "\n  other = { file = { assets = \"assets.csv\" } }\n  }\n  directories = [\"other\"]\n  limits = {", []string{"directories =", `The system "other", which is listed in directories, has no people.`}},
		"notices in a register":  {"systems = {", "notices = { reviews = true }\n  register = \"sqlite:custody.db\"\n  workspace = \"it\"\n  reviews = \"code\"\n  systems = {\n    code = { register = {} }", []string{"Notices Need a Review Queue", "is the register", "by mail or to a webhook"}},
		"notices in no queue":    {"systems = {", "notices = { reviews = true }\n  systems = {", []string{"Notices Need a Review Queue", "Name the system with the review queue"}},
		"a review queue":         {"systems = {", "reviews = \"cmdb\"\n  systems = {", []string{"reviews =", "System Has No Review Queue", "Leave reviews out"}},
		"a policy that is cut":   {"systems = {", "policy = \"{\"\n  systems = {", []string{"policy =", "Invalid Policy"}},
		"a policy of version 2":  {"systems = {", "policy = jsonencode({ version = 2 })\n  systems = {", []string{"policy =", "At version", "Unknown Version"}},
		"a policy's condition":   {"systems = {", "policy = jsonencode({ version = 1, triggers = [{ on = \"task.open\", when = \"asset.colour == 'blue'\", action = \"block\" }] })\n  systems = {", []string{"policy =", "At triggers[0].when", "Invalid Condition", "colour"}},
		"a policy's code":        {"systems = {", "policy = jsonencode({ version = 1, triggers = [{ on = \"task.opened\", action = \"block\" }] })\n  systems = {", []string{"policy =", "At triggers[0].on", "Unknown Finding Code"}},
		"a limit of lists":       {"systems = {", "limits = { shrink = 10 }\n  systems = {", []string{"limits =", "Limit Needs a Register", "Set register and workspace"}},
		"a confirmation":         {"systems = {", "limits = { confirmed = { \"cmdb/assets\" = 3 } }\n  systems = {", []string{"limits =", "Limit Needs a Register"}},
		"what is confirmed":      {"systems = {", "register = \"sqlite:custody.db\"\n  workspace = \"prod\"\n  limits = { confirmed = { \"cmdb/tasks\" = 3 } }\n  systems = {", []string{"limits =", "Invalid Confirmation", "cmdb/assets"}},
		"plan_time ahead":        {"= var.plan_time", `= "2030-01-15T09:00:01Z"`, []string{"plan_time =", "Plan Time Lies in the Future", "this machine's clock says \"2030-01-15T09:00:00Z\"", "check the clocks"}},
		"plan_time long ago":     {"= var.plan_time", `= "2030-01-14T08:59:59Z"`, []string{"plan_time =", "Saved Plan Is Too Old"}},
		"max_plan_age too long":  {"systems = {", "max_plan_age = \"169h\"\n  systems = {", []string{"max_plan_age =", "Invalid Plan Age", "at most 168h"}},
	}))
}

func TestArgumentsThatAreKnownAfterApplyOnlyAreRefused(t *testing.T) {
	w := acctest.NewWorld(t, "grant")
	w.Append("main.tf", "resource \"terraform_data\" \"limit\" {\n  input = \"hold\"\n}")
	w.Provider("on_unavailable = terraform_data.limit.output")
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ExpectError: check.Error("Error: Provider Argument Not Known Yet", "on_unavailable = terraform_data.limit.output",
			"no decision can be planned", "Nothing was issued and nothing was revoked.", "Pass values that are known"),
	}))
}

func TestForeignExports(t *testing.T) {
	w := acctest.NewWorld(t)
	resource.ParallelTest(t, w.Case(
		resource.TestStep{ConfigStateChecks: check.State(
			check.Resource("custody_grant.vpn", check.Attributes{"holder": "hr/77", "status": "active", "generations": check.Keys("g1")}),
			check.Resource("custody_binding.laptop", check.Attributes{
				"state": "in_service", "class": "laptop", "owner_status": "active", "findings": check.Codes(),
			}),
		)},
		resource.TestStep{
			PreConfig:          func() { w.Edit("hr.csv", "aktiv", "ausgetreten") },
			PlanOnly:           true,
			ExpectNonEmptyPlan: true,
			ConfigPlanChecks: check.PlanOnly(
				check.Resource("custody_grant.vpn", check.Attributes{"status": "revoked"}),
				check.Resource("custody_binding.laptop", check.Attributes{"findings": check.Says("The owner Ada (hr/77) has left.")}),
			),
		},
	))
}

// A policy of the provider decides. What facts could break in it is refused before
// they do.
func TestThePolicyOfTheProviderDecides(t *testing.T) {
	const key = "custody_grant.key"
	w := acctest.NewWorld(t, "grant")
	w.Provider(`policy = file("policy.json")`)
	w.Write("policy.json", `{"version": 1, "lifetimes": [{"ttl": "12h"}], "triggers": [{"on": "task.open", "action": "block"}]}`)
	var state string
	resource.ParallelTest(t, w.Case(
		resource.TestStep{
			ConfigStateChecks: check.State(check.Resource(key, check.Attributes{
				"generations.current.expires_at": acctest.Start.Add(12 * time.Hour).Format(time.RFC3339),
			})),
			PostApplyFunc: func() { state = w.Read(acctest.StateFile) },
		},
		resource.TestStep{
			PreConfig:          func() { w.Append("tasks.csv", "T-1,decommission,APP-1,open,,") },
			PlanOnly:           true,
			ExpectNonEmptyPlan: true,
			ConfigPlanChecks:   check.PlanOnly(check.Resource(key, check.Attributes{"because": check.Says("Action: block (provider policy triggers[0])")})),
		},
		resource.TestStep{
			PreConfig: func() {
				w.Write("policy.json", `{"version": 1, "triggers": [{"on": "task.open", "when": "owner.teams[1] == 'x'", "action": "block"}]}`)
			},
			ExpectError: check.Error("Error: Invalid Condition", "At triggers[0].when", "this can fail: a list may be shorter",
				"Nothing was issued and nothing was revoked."),
		},
		w.Look(func() error { return w.Unchanged(acctest.StateFile, state) }),
	))
}

// A policy that spares leavers is told by one warning, however many grants there are;
// one that only spares less is not. No test case sees warnings.
func TestAMilderPolicyIsReportedOnce(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "grant")
	w.Append("main.tf", "resource \"custody_grant\" \"other\" {\n  binding = custody_binding.app\n  access  = \"key/other\"\n}")
	w.Provider(`policy = file("policy.json")`)
	const summary = "Policy Is Milder Than the Baseline"
	w.Write("policy.json", `{"lifetimes": [{"class": "laptop", "ttl": "60d"}, {"class": "server", "ttl": "400d"}], "triggers": [{"on": "owner.moved", "action": "keep"}]}`)
	w.Plan().Exits(2).Silent(summary)
	w.Write("policy.json", `{"lifetimes": [{"risk": "privileged", "class": "laptop", "ttl": "60d"}], "triggers": [{"on": "*", "action": "keep"}]}`)
	plan := w.Plan().Exits(2).Says("Warning: "+summary, "policy = file(", "- provider policy triggers[0]: asset.retired, asset.lost and grant.rejected give keep instead of revoke.",
		"- ttl is 60d instead of 30d, for privileged access to assets of class laptop.", "custody_policy lists all differences")
	if n := strings.Count(plan.Output, summary); n != 1 {
		t.Errorf("the warning stands in the plan %d times", n)
	}
}

func TestPlantimestampIsAPlanTime(t *testing.T) {
	w := acctest.NewWorld(t, "grant")
	w.Edit("provider.tf", "var.plan_time", "plantimestamp()")
	w.Clock.Set(clock.System{}.Now().Add(time.Hour)) // plantimestamp reads the machine's clock
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigPlanChecks: check.Plan(check.Resource("custody_grant.key", check.Attributes{"generations.current.expires_at": knownvalue.NotNull()})),
	}))
}
