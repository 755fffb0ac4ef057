package policy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// document expects the text of a JSON document, whatever its layout.
func document(want string) knownvalue.Check {
	return knownvalue.StringFunc(func(text string) error {
		var got, wanted any
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			return err
		}
		if !reflect.DeepEqual(got, wanted) {
			return fmt.Errorf("rendered\n%v\nand not\n%v", got, wanted)
		}
		return nil
	})
}

func TestADocumentIsRendered(t *testing.T) {
	w := acctest.NewWorld(t)
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigPlanChecks: check.Plan(
			plancheck.ExpectKnownOutputValue("empty", document(`{"version": 1}`)),
			plancheck.ExpectKnownOutputValue("json", document(`{
		"version": 1,
		"confidence": {"automate_at": 0.8, "stale_after": "365d", "required_fields": ["owner"], "points": {"owner_named": 30, "owner_found": 20}},
		"lifetimes": [{"risk": "privileged", "criticality": "high", "environment": "production", "owner_kind": "vendor", "class": "server",
			"ttl": "7d", "renew_before": "2d", "overlap": "1d", "recertify_every": "30d", "spread": "0s"}],
		"exception_max": "30d",
		"lead_time": "2w",
		"review_deadline": "14d",
		"unused_after": "45d",
		"enforcement": [{"class": "*laptop*", "risk": "standard", "environment": "test", "mode": "observe", "enforce_from": "2030-01-01"}],
		"authority": {"trust": false, "attest": [{"risk": "privileged", "class": "server", "bound_to": "workload", "who": ["team:security", "manager"]}],
			"except": [{"who": ["lifecycle_owner"]}]},
		"require_closed": [{"class": "*laptop*", "bound_to": "person", "risk": "standard", "environment": "test", "criticality": "low", "kinds": []},
			{"kinds": ["offboarding", "decommission"]}],
		"frameworks": ["pci-dss-4.0.1"], "notices": ["14d", "2d"],
		"triggers": [{"on": "task.open", "class": "server", "bound_to": "workload", "risk": "standard", "when": "asset.shared",
			"action": "review", "rotate": "overlap", "grace": "7d", "then": "block"}],
		"classes": {"robot": {"bound_to": "workload", "lifecycle_owner": "payments", "review_queue": "robots"}}
	}`)),
			plancheck.ExpectKnownOutputValue("trusting", document(`{"version": 1, "authority": {"trust": true}, "frameworks": []}`)),
			plancheck.ExpectKnownOutputValue("unmatched", check.Texts()),
			plancheck.ExpectKnownOutputValue("milder", check.Texts(
				"policy triggers[0]: owner.left gives keep instead of review with rotation overlap, for access of workloads to assets of class kioks.",
				"policy triggers[0]: owner.left gives keep instead of block with rotation overlap (under the condition of baseline triggers[3]), for privileged access of workloads to assets of class kioks.")),
			plancheck.ExpectKnownOutputValue("stricter", check.Texts("ttl is 60d instead of 90d, for standard access.")),
			plancheck.ExpectKnownOutputValue("unknown", check.Texts(`triggers[0].class: the policy maps no class named "kioks".`)),
		),
	}))
}

func TestADocumentFeedsProviderAndGrant(t *testing.T) {
	w := acctest.NewWorld(t)
	resource.ParallelTest(t, w.Case(
		resource.TestStep{
			ConfigStateChecks: check.State(
				check.Resource("custody_grant.key", check.Attributes{"generations.current.expires_at": after(60)}),
				check.Resource("custody_grant.strict", check.Attributes{"generations.current.expires_at": after(10)}),
			),
		},
		resource.TestStep{
			PreConfig:          func() { w.Append("tasks.csv", "T-1,decommission,APP-1,open,,") },
			PlanOnly:           true,
			ExpectNonEmptyPlan: true,
			ConfigPlanChecks: check.PlanOnly(check.Resource("custody_grant.key", check.Attributes{
				"because": check.Says("Action: block (provider policy triggers[0], for assets of class"),
			})),
		},
	))
}

func after(days int) string {
	return acctest.Start.AddDate(0, 0, days).Format(time.RFC3339)
}

// Data sources are deferred there, so the policy and with it the decision are
// known after apply only; a file is known.
func TestUnderAModuleWithDependsOn(t *testing.T) {
	w := acctest.NewWorld(t)
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigPlanChecks: check.Plan(
			check.Resource("module.access.custody_grant.deferred", check.Attributes{"generations": check.Unknown}),
			check.Resource("module.access.custody_grant.known", check.Attributes{"generations": check.Keys("g1")}),
		),
		ConfigStateChecks: check.State(
			check.Resource("module.access.custody_grant.deferred", check.Attributes{"generations.current.expires_at": after(10)}),
		),
	}))
}

func TestBadDocuments(t *testing.T) {
	trigger := func(s string) string {
		return "triggers = [{ on = \"task.open\", action = \"review\" }, { " + s + " }]"
	}
	lifetime := func(s string) string { return "lifetimes = [{ " + s + " }]" }
	documents := map[string]struct {
		content string
		at      string // the place that the error names
		says    string
	}{
		"unknown code":         {trigger(`on = "task.opened", action = "block"`), "triggers[1].on", "Unknown Finding Code"},
		"engine code":          {trigger(`on = "grant.latched", action = "block"`), "triggers[1].on", "Finding Cannot Be Mapped"},
		"empty code":           {trigger(`on = "", action = "block"`), "triggers[1].on", "Missing Value"},
		"unknown action":       {trigger(`on = "task.overdue", action = "delete"`), "triggers[1].action", "Unknown Action"},
		"revoke":               {trigger(`on = "task.overdue", action = "revoke"`), "triggers[1].action", "only an explicit terminal state revokes"},
		"revoke later":         {trigger(`on = "task.overdue", action = "block", grace = "1d", then = "revoke"`), "triggers[1].then", "only an explicit terminal state revokes"},
		"revoke everything":    {trigger(`on = "*", action = "revoke"`), "triggers[1].action", "includes findings that are not terminal"},
		"unreachable":          {trigger(`on = "task.open", risk = "privileged", action = "block"`), "triggers[1]", "triggers[0] comes first and matches everything"},
		"type error":           {trigger(`on = "task.overdue", action = "block", when = "asset.shared == 'yes'"`), "triggers[1].when", "Invalid Condition"},
		"unknown fact":         {trigger(`on = "task.overdue", action = "block", when = "asset.colour == 'blue'"`), "triggers[1].when", "it can read asset."},
		"no boolean":           {trigger(`on = "task.overdue", action = "block", when = "asset.class"`), "triggers[1].when", "it must give true or false"},
		"a clock":              {trigger(`on = "task.overdue", action = "block", when = "now() > timestamp('2030-01-01T00:00:00Z')"`), "triggers[1].when", "It sees no clock"},
		"empty condition":      {trigger(`on = "task.overdue", action = "block", when = ""`), "triggers[1].when", "The value is empty"},
		"unknown rotation":     {trigger(`on = "task.overdue", action = "block", rotate = "soon"`), "triggers[1].rotate", "Unknown Rotation"},
		"unknown column":       {trigger(`on = "task.overdue", action = "block", bound_to = "team"`), "triggers[1].bound_to", "Unknown Column"},
		"unknown risk":         {trigger(`on = "task.overdue", action = "block", risk = "high"`), "triggers[1].risk", "Unknown Risk"},
		"empty class":          {trigger(`on = "task.overdue", action = "block", class = ""`), "triggers[1].class", "The value is empty"},
		"grace without then":   {trigger(`on = "task.overdue", action = "review", grace = "1d"`), "triggers[1].then", "Missing Value"},
		"then without grace":   {trigger(`on = "task.overdue", action = "review", then = "block"`), "triggers[1].grace", "Missing Value"},
		"milder then":          {trigger(`on = "task.overdue", action = "block", grace = "1d", then = "review"`), "triggers[1].then", "Milder Action"},
		"bad grace":            {trigger(`on = "task.overdue", action = "review", grace = "1", then = "block"`), "triggers[1].grace", "Invalid Duration"},
		"empty lifetime":       {lifetime(`risk = "standard"`), "lifetimes[0]", "Empty Lifetime"},
		"lifetime risk":        {lifetime(`risk = "high", ttl = "1d"`), "lifetimes[0].risk", "Unknown Risk"},
		"lifetime owner kind":  {lifetime(`owner_kind = "robot", ttl = "1d"`), "lifetimes[0].owner_kind", "Unknown Owner Kind"},
		"lifetime environment": {lifetime(`environment = "", ttl = "1d"`), "lifetimes[0].environment", "The value is empty"},
		"lifetime criticality": {lifetime(`criticality = "", ttl = "1d"`), "lifetimes[0].criticality", "The value is empty"},
		"lifetime class":       {lifetime(`class = "", ttl = "1d"`), "lifetimes[0].class", "The value is empty"},
		"ttl":                  {lifetime(`ttl = "forever"`), "lifetimes[0].ttl", "Invalid Duration"},
		"renew_before":         {lifetime(`ttl = "1d", renew_before = "1d"`), "lifetimes[0].renew_before", "is not shorter than the ttl"},
		"overlap":              {lifetime(`overlap = ""`), "lifetimes[0].overlap", "Invalid Duration"},
		"recertify_every":      {lifetime(`recertify_every = "0d"`), "lifetimes[0].recertify_every", "Invalid Duration"},
		"null lifetime":        {`lifetimes = [null]`, "lifetimes[0]", "A null element states nothing"},
		"null trigger":         {`triggers = [null]`, "triggers[0]", "A null element states nothing"},
		"null class":           {`classes = { robot = null }`, `classes["robot"]`, "A null element states nothing"},
		"spread":               {lifetime(`spread = "soon"`), "lifetimes[0].spread", "Invalid Duration"},
		"review_deadline":      {`review_deadline = "0d"`, "review_deadline", "Invalid Duration"},
		"unused_after":         {`unused_after = "never"`, "unused_after", "Invalid Duration"},
		"mode":                 {`enforcement = [{ mode = "warn" }]`, "enforcement[0].mode", "enforce, observe"},
		"enforcement class":    {`enforcement = [{ class = "", mode = "observe" }]`, "enforcement[0].class", "The value is empty"},
		"enforcement risk":     {`enforcement = [{ risk = "high", mode = "observe" }]`, "enforcement[0].risk", "Unknown Risk"},
		"enforcement place":    {`enforcement = [{ environment = " ", mode = "observe" }]`, "enforcement[0].environment", "The value is empty"},
		"enforce_from":         {`enforcement = [{ mode = "observe", enforce_from = "soon" }]`, "enforcement[0].enforce_from", "Invalid Date"},
		"enforced from":        {`enforcement = [{ mode = "enforce", enforce_from = "2030-01-01" }]`, "enforcement[0].enforce_from", "Meaningless Date"},
		"hidden enforcement":   {`enforcement = [{ mode = "observe" }, { risk = "standard", mode = "enforce" }]`, "enforcement[1]", "enforcement[0] comes first"},
		"kinds":                {`require_closed = [{ kinds = ["hiring"] }]`, "require_closed[0].kinds[0]", "offboarding, reassignment"},
		"closure class":        {`require_closed = [{ class = "", kinds = ["offboarding"] }]`, "require_closed[0].class", "The value is empty"},
		"hidden closure":       {`require_closed = [{ kinds = [] }, { risk = "standard", kinds = ["offboarding"] }]`, "require_closed[1]", "require_closed[0] comes first"},
		"null closure":         {`require_closed = [null]`, "require_closed[0]", "A null element states nothing"},
		"null enforcement":     {`enforcement = [null]`, "enforcement[0]", "A null element states nothing"},
		"who":                  {`authority = { attest = [{ who = [] }] }`, "authority.attest[0].who", "Missing Value"},
		"empty who":            {`authority = { except = [{ who = ["owner", "team:"] }] }`, "authority.except[0].who[1]", "names neither a person nor a team"},
		"authority risk":       {`authority = { except = [{ risk = "high", who = ["owner"] }] }`, "authority.except[0].risk", "Unknown Risk"},
		"authority column":     {`authority = { attest = [{ bound_to = "team", who = ["owner"] }] }`, "authority.attest[0].bound_to", "Unknown Column"},
		"authority class":      {`authority = { attest = [{ class = "", who = ["owner"] }] }`, "authority.attest[0].class", "The value is empty"},
		"null authorization":   {`authority = { attest = [null] }`, "authority.attest[0]", "A null element states nothing"},
		"trust and lists":      {`authority = { trust = true, attest = [{ who = ["owner"] }] }`, "authority.trust", "attest and except have no effect"},
		"framework":            {`frameworks = ["pci"]`, "frameworks[0]", "pci-dss-4.0.1"},
		"notice":               {`notices = ["30 days"]`, "notices[0]", "Invalid Duration"},
		"fallible condition":   {trigger(`on = "task.overdue", action = "block", when = "owner.teams[0] == 'x'"`), "triggers[1].when", "this can fail"},
		"spelled condition":    {trigger(`on = "task.overdue", action = "block", when = "asset.class == 'Server'"`), "triggers[1].when", "write \"server\""},
		"exception_max":        {`exception_max = "long"`, "exception_max", "Invalid Duration"},
		"lead_time":            {`lead_time = ""`, "lead_time", "Invalid Duration"},
		"automate_at":          {`confidence = { automate_at = 1.5 }`, "confidence.automate_at", "1.5"},
		"automate_at in parts": {`confidence = { automate_at = 0.905 }`, "confidence.automate_at", "two decimals"},
		"stale_after":          {`confidence = { stale_after = "-1d" }`, "confidence.stale_after", "Invalid Duration"},
		"required_fields":      {`confidence = { required_fields = ["colour"] }`, "confidence.required_fields[0]", "owner, purpose, environment, criticality"},
		"points of nothing":    {`confidence = { points = { luck = 5 } }`, "confidence.points.luck", "owner_named"},
		"points that exceed":   {`confidence = { points = { fresh = 90 } }`, "confidence.points", "100"},
		"class without column": {`classes = { robot = { lifecycle_owner = "payments" } }`, "classes.robot.bound_to", "Missing Value"},
		"class column":         {`classes = { robot = { bound_to = "team" } }`, "classes.robot.bound_to", "Unknown Column"},
		"class owner":          {`classes = { robot = { bound_to = "person", lifecycle_owner = "" } }`, "classes.robot.lifecycle_owner", "The value is empty"},
		"class queue":          {`classes = { robot = { bound_to = "person", review_queue = "" } }`, "classes.robot.review_queue", "The value is empty"},
		"empty class name":     {`classes = { "" = { bound_to = "person" } }`, "classes", "The value is empty"},
		"extends nothing":      {`extends = ""`, "extends", "Invalid Policy"},
		"extends a bad one":    {`extends = jsonencode({ version = 1, triggers = [{ on = "x", action = "keep" }] })`, "extends.triggers[0].on", "Unknown Finding Code"},
		"extends a typo":       {`extends = jsonencode({ version = 1, trigger = [] })`, "extends", "trigger"},
	}
	w := acctest.NewWorld(t, "policy")
	var blocks strings.Builder
	want := make(map[string][]string)
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		c := documents[name]
		label := acctest.Label(name)
		fmt.Fprintf(&blocks, "data \"custody_policy\" %q {\n  %s\n}\n", label, c.content)
		want[label] = []string{c.at, c.says, "on main.tf line", "with data.custody_policy." + label}
	}
	w.Write("main.tf", blocks.String())
	resource.ParallelTest(t, w.Refuses(want))
}

// validate is no command of a test case.
func TestABadDocumentIsReportedByValidate(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "policy")
	w.Edit("main.tf", "# what a test states", `lead_time = "soon"`)
	w.Run("validate", "-no-color").Exits(1).Says("Invalid Duration", "on main.tf line 2", `lead_time = "soon"`)
}
