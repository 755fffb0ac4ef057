package grant_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// attestation and exception are valid but for the fields that a case replaces.
func attestation(old, bad string) string {
	return strings.Replace(`attestation = { by = "carol", at = "2030-01-15T09:00:00Z", note = "CHG-7" }`, old, bad, 1)
}

func exception(old, bad string) string {
	return strings.Replace(`exception = { codes = ["task.open"], reason = "CHG-8", approved_by = "carol", expires_at = "2030-02-15" }`, old, bad, 1)
}

// badArgument is an argument of a grant that is refused.
type badArgument struct {
	argument string
	says     []string
}

// refuses returns a test case over one configuration with all of the arguments.
func refuses(t *testing.T, cases map[string]badArgument) resource.TestCase {
	t.Helper()
	w := acctest.NewWorld(t)
	var blocks strings.Builder
	blocks.WriteString("resource \"custody_binding\" \"app\" {\n  asset = \"cmdb/APP-1\"\n}\n")
	want := make(map[string][]string)
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		label, c := acctest.Label(name), cases[name]
		access := `access  = "key/billing"` + "\n  "
		if strings.HasPrefix(c.argument, "access") {
			access = ""
		}
		fmt.Fprintf(&blocks, "resource \"custody_grant\" %q {\n  binding = custody_binding.app\n  %s%s\n}\n", label, access, c.argument)
		attribute, _, _ := strings.Cut(c.argument, " ")
		want[label] = append(c.says, "on main.tf line", attribute)
	}
	w.Write("main.tf", blocks.String())
	return w.Refuses(want)
}

// Each argument is refused by the schema.
func TestBadArguments(t *testing.T) {
	const nothing = "n empty text states nothing" // whatever stands before it
	resource.ParallelTest(t, refuses(t, map[string]badArgument{
		"no access":                 {`access = " "`, []string{nothing}},
		"no risk":                   {`risk = ""`, []string{"Invalid Risk", "Accepted: one of standard, privileged"}},
		"another risk":              {`risk = "high"`, []string{"Invalid Risk", `"high" is not among them`, "one of standard, privileged"}},
		"empty policy":              {`policy = ""`, []string{nothing}},
		"empty ttl":                 {`ttl = ""`, []string{"Invalid Duration", "a positive duration such as 36h, 14d or 2w"}},
		"ttl without unit":          {`ttl = "30"`, []string{"Invalid Duration"}},
		"negative ttl":              {`ttl = "-1d"`, []string{"Invalid Duration"}},
		"ttl of nothing":            {`ttl = "0s"`, []string{"Invalid Duration"}},
		"renew_before":              {`renew_before = "soon"`, []string{"Invalid Duration"}},
		"overlap":                   {`overlap = "1 day"`, []string{"Invalid Duration"}},
		"on_block":                  {`on_block = "ignore"`, []string{"Invalid Choice", "one of remove, disable"}},
		"empty on_block":            {`on_block = ""`, []string{"Invalid Choice", "one of remove, disable"}},
		"revoke_generations":        {`revoke_generations = ["2"]`, []string{"Invalid Generation Key", `"2" is not a generation key`, "such as g1"}},
		"generation zero":           {`revoke_generations = ["g0"]`, []string{"Invalid Generation Key"}},
		"generation with zeros":     {`revoke_generations = ["g01"]`, []string{"Invalid Generation Key"}},
		"attestation without by":    {attestation(`by = "carol", `, ""), []string{`attribute "by" is required`}},
		"attestation by nobody":     {attestation(`"carol"`, `" "`), []string{nothing}},
		"attestation, empty note":   {attestation(`"CHG-7"`, `""`), []string{nothing}},
		"attestation at no instant": {attestation("2030-01-15T09:00:00Z", "2030-01-15"), []string{"Invalid Timestamp", "is not an RFC 3339 timestamp", "such as 2030-01-31T12:00:00Z"}},
		"attestation in parts":      {attestation("09:00:00Z", "09:00:00.5Z"), []string{"Invalid Timestamp", "whole seconds"}},
		"exception for no code":     {exception(`["task.open"]`, "[]"), []string{"must contain at least 1 elements"}},
		"exception, unknown code":   {exception("task.open", "task.opened"), []string{"Finding Cannot Be Excepted", `"task.opened" is not a finding code`, "one of asset.inactive"}},
		"exception, terminal code":  {exception("task.open", "owner.left"), []string{"Finding Cannot Be Excepted", "no exception can waive it"}},
		"exception, engine code":    {exception("task.open", "grant.latched"), []string{"Finding Cannot Be Excepted", "there is nothing to waive"}},
		"exception without reason":  {exception(`"CHG-8"`, `""`), []string{nothing}},
		"exception by nobody":       {exception(`"carol"`, `""`), []string{nothing}},
		"exception without an end":  {exception(`, expires_at = "2030-02-15"`, ""), []string{`attribute "expires_at" is required`}},
		"exception, no date":        {exception("2030-02-15", "next month"), []string{"Invalid Date", "a date such as 2030-01-31"}},
	}))
}

// Each argument is refused when the grant is planned.
func TestArgumentsThatCannotBePlanned(t *testing.T) {
	resource.ParallelTest(t, refuses(t, map[string]badArgument{
		"policy that is no JSON":       {`policy = "keep"`, []string{"Invalid Policy", "Nothing was issued"}},
		"policy with unknown key":      {`policy = jsonencode({ version = 1, trigger = [] })`, []string{"trigger", "Nothing was issued"}},
		"policy that revokes":          {`policy = jsonencode({ version = 1, triggers = [{ on = "task.open", action = "revoke" }] })`, []string{"At triggers[0].action", "Only A Terminal State Revokes"}},
		"policy condition":             {`policy = jsonencode({ version = 1, triggers = [{ on = "task.open", when = "grant.risk", action = "block" }] })`, []string{"At triggers[0].when", "Invalid Condition"}},
		"attestation in the future":    {attestation("09:00:00Z", "09:00:01Z"), []string{"Attestation Lies in the Future", "Accepted: an instant that has passed."}},
		"exception too long":           {exception("2030-02-15", "2030-04-15"), []string{"Exception Is Too Long", "provider policy", "at most 90d", "2030-04-15T09:00:00Z", "exception_max counts from the first run that sees"}},
		"exception too long for grant": {waiver + "\n  policy = jsonencode({ version = 1, exception_max = \"9d\" })", []string{"Exception Is Too Long", "The grant policy allows an exception of at most 9d"}},
	}))
}

// edited is a copy of a binding in whose facts one text was replaced by another.
func edited(before, after string) string {
	return fmt.Sprintf("{ facts = replace(custody_binding.app.facts, %q, %q) }", before, after)
}

func TestABindingThatWasWrittenByHandIsRefused(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Person("p1", "status", "left")
	var blocks strings.Builder
	blocks.WriteString("resource \"custody_binding\" \"app\" {\n  asset = \"cmdb/APP-1\"\n}\n")
	want := make(map[string][]string)
	for name, c := range map[string]struct{ binding, says string }{
		"a copy with another status": {edited(`"owner_status":"left"`, `"owner_status":"active"`), "its digest does not match its other facts"},
		"a copy of another asset":    {edited("cmdb/APP-1", "cmdb/APP-2"), "its digest does not match its other facts"},
		"a copy without findings":    {`{ facts = jsonencode({ for k, v in jsondecode(custody_binding.app.facts) : k => v if k != "findings" }) }`, "its digest does not match its other facts"},
		"a copy of another word":     {edited(`"left"`, `"fine"`), "owner_status"},
		"a copy of another field":    {edited(`"asset"`, `"assets"`), "its facts name no asset"},
		"a copy of no asset":         {edited("cmdb/APP-1", "APP-1"), "its facts name no asset"},
		"a copy of another version":  {edited(`"class"`, `"klass"`), `its facts hold "klass", which this version does not know`},
		"no facts at all":            {`{ facts = "left" }`, "its facts are not the JSON object that a custody_binding writes"},
	} {
		label := acctest.Label(name)
		fmt.Fprintf(&blocks, "resource \"custody_grant\" %q {\n  access = \"key/billing\"\n  binding = %s\n}\n", label, c.binding)
		want[label] = []string{"Error: Invalid Binding", "on main.tf line", "This object was not written by a custody_binding", c.says,
			"Nothing was issued and nothing was revoked.", "Pass the whole resource: binding = custody_binding.<name>."}
	}
	resource.ParallelTest(t, w.Case(
		resource.TestStep{
			PreConfig: func() {
				w.Write("main.tf", "resource \"custody_grant\" \"parts\" {\n  access = \"a\"\n  binding = { asset = \"cmdb/APP-1\" }\n}\n")
			},
			ExpectError: check.Error("on main.tf line", `attribute "facts" is required`),
		},
		w.Refused(want, resource.TestStep{PreConfig: func() { w.Write("main.tf", blocks.String()) }}),
		w.Left(check.Absent("custody_grant.")),
	))
}
