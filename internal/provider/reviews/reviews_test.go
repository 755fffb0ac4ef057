package reviews_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

const waiting = "data.custody_reviews.waiting"

// opened returns a workspace with the example, in which a leaver has left an application
// to Ann and another one to Dan, who are asked in a real Request Tracker.
func opened(t *testing.T) (*acctest.Workspace, *servers.RequestTracker) {
	t.Helper()
	example, err := filepath.Abs("../../../examples/data-sources/custody_reviews")
	if err != nil {
		t.Fatal(err)
	}
	rt := servers.StartRequestTracker(t)
	w := acctest.New(t)
	w.CopyDir(example)
	w.FollowMachine()
	w.Edit("data-source.tf", `"https://rt.example.org"`, `"`+rt.URL+`"
        token      = "`+rt.Asks+`"
        allow_http = true`)
	w.Edit("data-source.tf", "  systems = {", `  directories = ["cmdb"]
  policy = jsonencode({ classes = { application = { bound_to = "workload" } } })
  systems = {
    cmdb = { file = { people = "${path.module}/people.csv", assets = "${path.module}/assets.csv" } }`)
	w.Write("people.csv", "id,name,username,email,status,manager\np1,Alice,alice,alice@example.org,active,ann\np2,Bob,bob,bob@example.org,active,dan\n"+
		"ann,Ann Archer,ann,ann@example.org,active,\ndan,Dan Draper,dan,dan@example.org,active,\n")
	day := w.Clock.Now().AddDate(0, 0, -1).Format("2006-01-02")
	w.Write("assets.csv", "id,class,name,state,owner,purpose,environment,criticality,verified_at\n"+
		"APP-1,application,Billing,in_service,p1,billing,production,high,"+day+"\nAPP-2,application,Search,in_service,p2,search,production,high,"+day+"\n")
	w.Write("grants.tf", `resource "custody_binding" "all" {
  for_each = toset(["APP-1", "APP-2"])
  asset    = "cmdb/${each.key}"
}
resource "custody_grant" "all" {
  for_each = custody_binding.all
  binding  = each.value
  access   = "key/`+t.Name()+`"
}
`)
	w.Apply()
	w.Edit("people.csv", "alice@example.org,active", "alice@example.org,left")
	w.Edit("people.csv", "bob@example.org,active", "bob@example.org,left")
	w.Apply()
	return w, rt
}

// rows returns what a list shows of the cases of a test: "<status> <assignee> <grant>".
func rows(t *testing.T, w *acctest.Workspace, at string) []map[string]any {
	t.Helper()
	var out []map[string]any
	list, _ := acctest.Dig(w.Attributes(at), "reviews").([]any)
	for _, row := range list {
		if m, ok := row.(map[string]any); ok && strings.HasSuffix(acctest.Text(m["grant"]), "#key/"+t.Name()) {
			out = append(out, m)
		}
	}
	return out
}

// The example lists what waits in a real queue, by who has to answer; what was answered
// is listed with who did it; and a queue that is down stops nothing.
func TestReviewsAreListed(t *testing.T) {
	w, rt := opened(t)
	w.Write("more.tf", `data "custody_reviews" "anns" {
  status   = ["open"]
  assignee = ["cmdb/ann"]
}
data "custody_reviews" "recent" {}
data "custody_reviews" "one" {
  limit = 1
}
`)
	w.Apply().Says("Reviews Are Left Out")
	if got := rows(t, w, waiting); len(got) != 2 {
		t.Fatalf("waiting: %v", got)
	}
	anns := rows(t, w, "data.custody_reviews.anns")
	if len(anns) != 1 || acctest.Text(anns[0]["assignee"]) != "ann" || acctest.Text(anns[0]["grant"]) != "cmdb/APP-1#key/"+t.Name() ||
		acctest.Text(anns[0]["status"]) != "open" || acctest.Text(anns[0]["due_at"]) == "" || !strings.HasPrefix(acctest.Text(anns[0]["url"]), rt.URL) ||
		!strings.HasPrefix(acctest.Text(anns[0]["key"]), "custody-") || anns[0]["answered_by"] != nil {
		t.Errorf("Ann's: %v", anns)
	}
	answer := map[string]any{"Content": "billing needs it", "ContentType": "text/plain", "Status": "confirmed"}
	if !rt.Ask(t, rt.People["ann"], http.MethodPost, "/ticket/"+acctest.Text(anns[0]["id"])+"/comment", answer, nil) {
		t.Fatal("the case cannot be answered")
	}
	w.Apply()
	if got := rows(t, w, waiting); len(got) != 1 || acctest.Text(got[0]["assignee"]) != "dan" {
		t.Errorf("waiting: %v", got)
	}
	recent := rows(t, w, "data.custody_reviews.recent")
	if len(recent) != 2 || acctest.Text(recent[1]["status"]) != "confirmed" || acctest.Text(recent[1]["answered_by"]) != "ann" ||
		acctest.Text(recent[1]["note"]) != "billing needs it" || acctest.Text(recent[1]["answered_at"]) == "" {
		t.Errorf("recent: %v", recent)
	}
	w.Edit("data-source.tf", rt.URL, "http://127.0.0.1:1")
	w.Plan().Says("Review Queue Was Not Read", "No decision rests on it").Silent("Error:")
}

func TestReviewsNeedAQueue(t *testing.T) {
	w := acctest.LoadAlone(t)
	w.Write("main.tf", `data "custody_reviews" "it" {}`)
	w.Plan().Exits(1).Says("No Review Queue Is Connected", "Set reviews")
	w.Write("main.tf", "data \"custody_reviews\" \"it\" {\n  status = [\"opened\"]\n  limit = 0\n}")
	w.Plan().Exits(1).Says("opened", "limit")
}
