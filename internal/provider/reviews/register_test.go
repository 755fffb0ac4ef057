package reviews_test

import (
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

const questions = `terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

provider "custody" {
  register  = "sqlite:custody.db"
  workspace = "platform"
  systems = {
    cmdb = { file = { people = "${path.module}/people.csv", assets = "${path.module}/assets.csv" } }
    code = { register = {} }
  }
  directories = ["cmdb"]
  reviews     = "code"
}

resource "custody_binding" "app" {
  asset = "cmdb/APP-1"
}

resource "custody_grant" "key" {
  binding = custody_binding.app
  access  = "key/billing"
}

data "custody_reviews" "open" {
  status     = ["open"]
  depends_on = [custody_grant.key]
}

data "custody_reviews" "of_ann" {
  assignee   = ["cmdb/ann"]
  depends_on = [custody_grant.key]
}

data "custody_events" "asked" {
  kinds      = ["review"]
  depends_on = [custody_grant.key]
}
`

// A company without a ticket system keeps its cases in the register: the grant of a leaver
// opens one, an attestation in the configuration answers it, and the ledger tells both.
func TestTheRegisterHoldsCases(t *testing.T) {
	w := asking(t)
	w.Apply()
	w.Edit("people.csv", "alice@example.org,active", "alice@example.org,left")
	w.Apply()
	w.Apply() // data sources that wait for a change of the grant read in the next run
	list, _ := acctest.Dig(w.Attributes("data.custody_reviews.open"), "reviews").([]any)
	if len(list) != 1 {
		t.Fatalf("open: %v", list)
	}
	c, _ := list[0].(map[string]any)
	if acctest.Text(c["assignee"]) != "ann@example.org" || acctest.Text(c["grant"]) != "cmdb/APP-1#key/billing" || acctest.Text(c["due_at"]) == "" || c["url"] != nil {
		t.Errorf("open: %v", c)
	}
	grant := w.Attributes("custody_grant.key")
	if acctest.Text(grant["status"]) != "review" || acctest.Text(acctest.Dig(grant, "review.assignee")) != "ann@example.org" {
		t.Errorf("%v", grant["review"])
	}
	w.Plan().Exits(0)

	w.Clock.Advance(time.Hour)
	w.Edit("main.tf", `"key/billing"`, `"key/billing"
  attestation = { by = "ann", at = "`+w.Clock.Now().UTC().Format("2006-01-02T15:04:05Z")+`", note = "billing needs it" }`)
	w.Apply()
	w.Apply()
	if got := acctest.Text(w.Attributes("custody_grant.key")["status"]); got != "active" {
		t.Errorf("the grant is %s", got)
	}
	w.Plan().Exits(0)
	list, _ = acctest.Dig(w.Attributes("data.custody_reviews.of_ann"), "reviews").([]any)
	if len(list) != 1 || acctest.Text(acctest.Dig(list[0], "status")) != "withdrawn" || acctest.Dig(list[0], "answered_by") != nil {
		t.Errorf("Ann's: %v", list)
	}
	var told []string
	events, _ := acctest.Dig(w.Attributes("data.custody_events.asked"), "events").([]any)
	for _, e := range events {
		told = append(told, acctest.Text(acctest.Dig(e, "kind"))+" "+acctest.Text(acctest.Dig(e, "subject")))
	}
	if got := strings.Join(told, ", "); got != "review.opened cmdb/APP-1#key/billing, review.withdrawn cmdb/APP-1#key/billing" {
		t.Errorf("the ledger tells %s", got)
	}
}

// asking returns a workspace with an application of Alice, about which Ann is asked in the
// register.
func asking(t *testing.T) *acctest.Workspace {
	t.Helper()
	w := acctest.NewAlone(t)
	w.Write("main.tf", questions)
	w.Write("people.csv", "id,name,username,email,status,manager\np1,Alice,alice,alice@example.org,active,ann\nann,Ann Archer,ann,ann@example.org,active,\n")
	day := w.Clock.Now().AddDate(0, 0, -1).Format("2006-01-02")
	w.Write("assets.csv", "id,class,name,state,owner,purpose,environment,criticality,verified_at\nAPP-1,application,Billing,in_service,p1,billing,production,high,"+day+"\n")
	return w
}

// A grant whose state was lost goes on with the case that is open about it, however long
// after its first issue the case was opened.
func TestALostStateKeepsTheCase(t *testing.T) {
	leave := func(w *acctest.Workspace) { w.Edit("people.csv", "alice@example.org,active", "alice@example.org,left") }
	for name, before := range map[string]func(w *acctest.Workspace){
		"opened before a credential":  leave,
		"opened with the first issue": func(w *acctest.Workspace) { w.Edit("assets.csv", "billing,production", ",production") },
		"opened later":                func(w *acctest.Workspace) { w.Apply(); w.Clock.Advance(time.Hour); leave(w) },
		"recorded since then": func(w *acctest.Workspace) {
			leave(w)
			w.Apply()
			w.Edit("assets.csv", "billing,production", ",production")
		},
		"the second one": func(w *acctest.Workspace) {
			leave(w)
			w.Apply()
			w.Edit("people.csv", "alice@example.org,left", "alice@example.org,active")
			w.Apply()
			w.Clock.Advance(time.Hour)
			leave(w)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := asking(t)
			before(w)
			w.Apply()
			id := acctest.Text(acctest.Dig(w.Attributes("custody_grant.key"), "review.id"))
			w.Remove(acctest.StateFile)
			w.Clock.Advance(time.Hour)
			w.Apply()
			w.Apply()
			if got := acctest.Text(acctest.Dig(w.Attributes("custody_grant.key"), "review.id")); got != id {
				t.Errorf("the case was %s and is %s", id, got)
			}
			if open, _ := acctest.Dig(w.Attributes("data.custody_reviews.open"), "reviews").([]any); len(open) != 1 {
				t.Errorf("open: %v", open)
			}
			w.Plan().Exits(0)
		})
	}
}
