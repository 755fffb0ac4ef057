package owner_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

func TestAnOwner(t *testing.T) {
	alice := []string{"exists", "true", "candidates", "", "holder", "cmdb/p1", "email", "alice@example.org", "username", "alice", "name", "Alice",
		"kind", "employee", "status", "active", "end_date", "null", "manager", "carol", "teams", "payments", "members", ""}
	for owner, want := range map[string][]string{
		"alice":             alice,
		"P1":                alice,
		"Alice@Example.org": alice,
		"cmdb/p1":           alice,
		"stranger":          {"exists", "false", "candidates", "", "holder", "null", "status", "null", "kind", "null", "teams", "", "members", ""},
		"twin":              {"exists", "false", "candidates", "cmdb/p5 cmdb/p6", "holder", "null", "status", "null"},
		"payments":          {"exists", "true", "holder", "cmdb/t1", "kind", "team", "members", "cmdb/p1 cmdb/p2 cmdb/p3"},
		"dave":              {"exists", "true", "kind", "contractor", "status", "leaving", "end_date", "2030-02-10T23:59:59Z"},
	} {
		t.Run(owner, func(t *testing.T) {
			w := acctest.Load(t, "owner")
			w.Append("people.csv", "p5,,Twin,Twin,employee,active,,,")
			w.Append("people.csv", "p6,,twin,,employee,active,,,")
			w.Append("people.csv", "p7,,dave,Dave,contractor,active,2030-02-10,,")
			w.Setenv("TF_VAR_owner", owner)
			w.Apply()
			w.Holds("data.custody_owner.one", want...)
			w.Plan().Exits(0)
		})
	}
}

func TestAnOwnerWhoCannotBeAskedFor(t *testing.T) {
	t.Run("empty", func(t *testing.T) {
		w := acctest.Load(t, "owner")
		w.Setenv("TF_VAR_owner", "")
		w.Plan().Exits(1).Says("mpty text states nothing", "on main.tf line 6", "owner = var.owner")
	})
	t.Run("unavailable", func(t *testing.T) {
		w := acctest.Load(t, "owner")
		w.Remove("people.csv")
		w.Plan().Exits(1).Says("Unable to Read", "people.csv", "on main.tf line 6")
	})
}

// The directory that is named first and knows the owner answers.
func TestDirectoriesAreAskedInTheirOrder(t *testing.T) {
	w := acctest.Load(t, "owner")
	w.Write("corp.csv", "id,username,status\nc1,alice,suspended\n")
	w.Edit("provider.tf", "systems = {", "directories = [\"corp\", \"cmdb\"]\n  systems = {\n    corp = { file = { people = \"corp.csv\" } }")
	w.Apply()
	w.Holds("data.custody_owner.one", "holder", "corp/c1", "status", "suspended")
	w.Setenv("TF_VAR_owner", "bob")
	w.Apply()
	w.Holds("data.custody_owner.one", "holder", "cmdb/p2")
}
