package owner

import (
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
)

// found holds the entry of an owner in the directories. All fields except
// Candidates are empty unless exactly one entry matches.
type found struct {
	Exists     bool
	Candidates []string
	Holder     string
	Status     string
	Person     lifecycle.Person
	Members    []string
}

// rows are the computed attributes of custody_owner.
var rows = attribute.Table[found]{
	attribute.Flag("exists", "Whether exactly one entry matches. `false` only if every directory answered: one that does not answer fails the plan.",
		func(f *found) *bool { return &f.Exists }),
	attribute.Texts("candidates", "The entries that match, as `<directory>/<id>`, if there are several. Empty otherwise.",
		func(f *found) *[]string { return &f.Candidates }),
	attribute.Text("holder", "The canonical name, `<directory>/<id>`. Null unless exactly one entry matches.",
		func(f *found) *string { return &f.Holder }),
	attribute.Text("email", "The email address. Null if there is none.",
		func(f *found) *string { return &f.Person.Email }),
	attribute.Text("username", "The user name. Null if there is none.",
		func(f *found) *string { return &f.Person.Username }),
	attribute.Text("name", "The display name. Null if there is none.",
		func(f *found) *string { return &f.Person.Name }),
	attribute.Word("kind", "", lifecycle.OwnerKinds(), lifecycle.ParseOwnerKind,
		func(f *found) *lifecycle.OwnerKind { return &f.Person.Kind }),
	attribute.Text("status", "Whether the owner is still here: one of "+attribute.Words(lifecycle.OwnerStatuses())+
		". It is `leaving` also when the end date is closer than the policy's `lead_time`.",
		func(f *found) *string { return &f.Status }),
	attribute.Instant("end_date", "The end of the last day, RFC 3339 in UTC. Null if none is set.",
		func(f *found) *time.Time { return &f.Person.EndDate }),
	attribute.Text("manager", "The manager, by the key in the directory. Null if there is none.",
		func(f *found) *string { return &f.Person.Manager }),
	attribute.Texts("teams", "The teams.",
		func(f *found) *[]string { return &f.Person.Teams }),
	attribute.Texts("members", "The members of a team, as `<directory>/<id>`, sorted. Empty otherwise.",
		func(f *found) *[]string { return &f.Members }),
}
