package grant_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// ticketed is a workspace whose assets, and the tasks that must be closed, are in a real
// Request Tracker, read with the rights that the guide names and no others.
type ticketed struct {
	*acctest.Workspace

	t      *testing.T
	rt     *servers.RequestTracker
	assets map[string]string // numbers, by name
}

// newTicketed puts an application for each name into Request Tracker.
func newTicketed(t *testing.T, names ...string) *ticketed {
	t.Helper()
	w := &ticketed{acctest.LoadAlone(t, "ticketed"), t, servers.StartRequestTracker(t), nil}
	w.Setenv("TF_VAR_rt_url", w.rt.URL)
	w.Setenv("TF_VAR_rt_token", w.rt.Reads)
	w.Person("p1", "username", "ann")
	facts := map[string]string{"Purpose": "export invoices", "Environment": "production", "Criticality": "high", "Verified": "2030-01-01"}
	records := make([]servers.AssetRecord, len(names))
	for i, name := range names {
		records[i] = servers.AssetRecord{Name: name, Catalog: "Applications", Status: "in-use", HeldBy: []string{"ann"}, Fields: facts}
	}
	w.assets = w.rt.Load(t, nil, records)
	return w
}

// access adds a grant on the application of that name, and its credential.
func (w *ticketed) access(name string, arguments ...string) {
	w.t.Helper()
	w.Append("main.tf", fmt.Sprintf("resource \"custody_binding\" %q {\n  asset = \"hq/%s\"\n}\n", name, w.assets[name])+
		grantBlock(name, name, name, arguments)+
		fmt.Sprintf("resource \"terraform_data\" %q {\n  for_each = custody_grant.%[1]s.generations\n}\n", name))
}

// opens opens a ticket against the application and returns its number and its address.
func (w *ticketed) opens(queue, name string) (id, link string) {
	w.t.Helper()
	id = w.rt.Create(w.t, "ticket", map[string]any{"Queue": queue, "Subject": "For " + name, "RefersTo": []string{"asset:" + w.assets[name]}})
	return id, w.rt.URL + "/Ticket/Display.html?id=" + id
}

// closes lets somebody who is not custody change the status of a ticket.
func (w *ticketed) closes(id, status string) {
	w.t.Helper()
	if !w.rt.Ask(w.t, w.rt.People["dan"], http.MethodPut, "/ticket/"+id, map[string]any{"Status": status}, nil) {
		w.t.Fatalf("ticket %s did not become %s", id, status)
	}
}

// A ticket that must be closed first is named by the plan, with its link, and nothing is
// issued. Once somebody has closed it in Request Tracker, the next run issues by itself.
func TestATicketIsClosedBeforeAccessIsIssued(t *testing.T) {
	w := newTicketed(t, "fresh")
	id, link := w.opens("Decommissioning", "fresh")
	w.access("fresh")
	w.Apply().Says(`Open, and must be closed first (provider policy require_closed[0]): decommission task "`+id+`" (`+link+`).`,
		"Close the task: nothing else is needed, and the next run goes on by itself.").Silent("terraform_data.fresh")
	w.Holds(grant("fresh"), "status", "review", "generations", "")
	w.closes(id, "stalled") // which is open
	w.Plan().Exits(0)
	w.closes(id, "resolved")
	w.Save().Says(credential("fresh", "g1") + " will be created")
	w.closes(id, "open") // before that plan is applied
	w.ApplySaved().Exits(1).Says("Facts Changed Since Plan", "New finding task.open", "Nothing was issued.")
	w.Holds(grant("fresh"), "status", "review", "generations", "")
	w.closes(id, "rejected") // which is closed, too
	w.Apply()
	w.Holds(grant("fresh"), "status", "active", "generations", "g1")
}

// The same before access is renewed, and before privileged access is kept.
func TestATicketIsClosedBeforeAccessIsRenewedOrKept(t *testing.T) {
	w := newTicketed(t, "kept", "privileged", "other")
	w.access("kept")
	w.access("privileged", `risk = "privileged"`, `ttl = "28d"`)
	w.access("other")
	w.Apply()
	kept, keptLink := w.opens("Decommissioning", "kept")
	privileged, privilegedLink := w.opens("Handovers", "privileged")
	w.Clock.Advance(10 * day)
	w.Apply().Says(`"`+kept+`" (`+keptLink+`)`, `"`+privileged+`" (`+privilegedLink+`)`,
		"access ends with g1 on 2030-04-15", "Action: lapse; block on 2030-02-08 if this is still so").Silent("# custody_grant.other")
	w.Holds(grant("kept"), "status", "lapsing", "generations", "g1")
	w.Holds(grant("privileged"), "status", "lapsing", "generations", "g1")
	w.Clock.Advance(14 * day)
	w.Apply().Says(credential("privileged", "g1") + " will be destroyed").Silent("# terraform_data.kept")
	w.Holds(grant("privileged"), "status", "blocked", "generations", "")
	// Past the renewal of both, which only the open tickets prevent.
	w.Clock.Advance(41 * day)
	w.Apply()
	w.Holds(grant("other"), "generations", "g1 g2")
	w.Holds(grant("kept"), "status", "lapsing", "generations", "g1")
	w.Holds(grant("privileged"), "status", "blocked", "generations", "")
	w.closes(kept, "resolved")
	w.closes(privileged, "handed-over")
	w.Apply().Says(credential("kept", "g2"), credential("privileged", "g2"), "Plan: 2 to add, 2 to change, 0 to destroy.")
	w.Holds(grant("kept"), "status", "active", "generations", "g1 g2")
	w.Holds(grant("privileged"), "status", "active", "generations", "g2")
	w.Plan().Exits(0)
}
