package scenarios_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// tracker is a Request Tracker that holds the assets and tasks of the scenario.
type tracker struct {
	t       *testing.T
	rt      *servers.RequestTracker
	w       *acctest.Workspace  // is told the numbers of the assets
	known   map[string]*tracked // by tag
	users   map[string]bool
	tickets map[string]*ticket // of the scenario
}

// ticket is a task as the server was told of it.
type ticket struct{ number, status string }

// tracked is an asset as the server was told of it.
type tracked struct {
	system string
	number string
	fields map[string]any
	custom map[string]any
}

func (r *tracker) put(t *testing.T, e export) {
	t.Helper()
	if e.path == tasksExport {
		r.tasks(e.rows)
		return
	}
	r.assets(e.path, e.rows)
	var numbers strings.Builder
	numbers.WriteString("asset,number\n")
	for _, tag := range slices.Sorted(maps.Keys(r.known)) {
		a := r.known[tag]
		fmt.Fprintf(&numbers, "%[1]s/%[2]s,%[1]s/%[3]s\n", a.system, tag, a.number)
	}
	r.w.Write("numbers.csv", numbers.String())
}

// catalogs are where the exports' assets go to.
var catalogs = map[string]struct{ system, catalog string }{
	devicesExport:   {"itam", "Devices"},
	workloadsExport: {"cmdb", "Workloads"},
}

// statuses translates the words of the exports to those of the server.
var statuses = map[string]string{
	"Ready to Deploy": "planned", "Deployed": "in_service", "Out for Repair": "maintenance", "Lost/Stolen": "lost", "Archived": "retired",
	"Build": "planned", "Live": "in_service", "Decommissioned": "retired",
}

// customFields are the custom fields of the server, by the columns of the exports.
var customFields = map[string]string{
	"Category": "Class", "Shared Device": "Shared", "Last Audit Date": "Verified",
	"CI Type": "Class", "Business Purpose": "Purpose", "Environment": "Environment", "Criticality": "Criticality",
	"Run by Vendor": "Third Party", "Planned End": "Retirement Date", "Last Review": "Verified",
}

func newTracker(t *testing.T, w *acctest.Workspace, rt *servers.RequestTracker) *tracker {
	r := &tracker{t: t, rt: rt, w: w, known: make(map[string]*tracked), users: make(map[string]bool), tickets: make(map[string]*ticket)}
	for _, c := range catalogs {
		rt.Create(t, "catalog", map[string]any{"Name": r.catalog(c.catalog), "Lifecycle": "custody"})
	}
	return r
}

// catalog returns the name of a catalog on the server, which other tests use too.
func (r *tracker) catalog(name string) string { return name + " of " + r.t.Name() }

// assets makes the assets of an export and changes those that are there.
func (r *tracker) assets(path string, rows table) {
	r.t.Helper()
	for _, tag := range slices.Sorted(maps.Keys(rows)) {
		row := rows[tag]
		next := &tracked{system: catalogs[path].system, fields: map[string]any{
			"Name":   row["Asset Name"] + row["CI Name"],
			"Status": statuses[row["Status Label"]+row["Lifecycle"]],
			"Owner":  r.user(row["Checked Out To"] + row["Accountable"]),
		}, custom: map[string]any{}}
		for column, field := range customFields {
			if value := row[column]; value != "" {
				next.custom[field] = value
			}
		}
		if was := r.known[tag]; was != nil {
			next.number = was.number
			r.change(was, next)
		} else {
			all := maps.Clone(next.fields)
			all["Catalog"], all["CustomFields"] = r.catalog(catalogs[path].catalog), next.custom
			next.number = r.rt.Create(r.t, "asset", all)
		}
		r.known[tag] = next
	}
}

// changed is what the server says of something that it did.
var changed = regexp.MustCompile(`changed (from|to)|set to|added|is no longer a value`)

// change tells the server of what is different, and makes sure that each part of
// it was done: the server answers 200 whatever became of it.
func (r *tracker) change(was, next *tracked) {
	r.t.Helper()
	fields, custom := different(was.fields, next.fields), different(was.custom, next.custom)
	if len(custom) > 0 {
		fields["CustomFields"] = custom
	}
	if len(fields) == 0 {
		return
	}
	want := len(fields) + max(0, len(custom)-1)
	var said []string
	r.rt.Call(r.t, "PUT", "/asset/"+next.number, fields, &said)
	done := 0
	for _, sentence := range said {
		if changed.MatchString(sentence) {
			done++
		}
	}
	if len(said) != want || done != want {
		r.t.Fatalf("asset %s: %v was answered with %q", next.number, fields, said)
	}
}

// different returns what has another value, and nil for what has none any more.
func different(was, next map[string]any) map[string]any {
	out := make(map[string]any)
	for name, value := range next {
		if was[name] != value {
			out[name] = value
		}
	}
	for name := range was {
		if _, still := next[name]; !still {
			out[name] = nil
		}
	}
	return out
}

// user returns the name of the user with an address, who is made if need be.
func (r *tracker) user(address string) string {
	r.t.Helper()
	if address == "" {
		return "Nobody"
	}
	name := strings.ReplaceAll(address, "@", " at ")
	if !r.users[name] {
		r.users[name] = true
		r.rt.Call(r.t, "PUT", "/user/"+r.rt.User(r.t, name), map[string]any{"EmailAddress": address}, nil)
	}
	return name
}

// queues are where the scenario's tasks go to, and the status that says there
// that nothing is left to do.
var queues = map[string]struct{ name, closed string }{
	"Decommission": {"Decommissioning", "resolved"},
	"Incident":     {"Helpdesk", "resolved"},
	"Offboarding":  {"Offboarding", "resolved"},
	"Reassignment": {"Handovers", "handed-over"},
}

// tasks makes the tickets of the export, and closes those that are closed.
func (r *tracker) tasks(rows table) {
	r.t.Helper()
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		row := rows[id]
		queue, it := queues[row["Type"]], r.tickets[id]
		if it == nil {
			it = &ticket{status: "Open", number: r.rt.Create(r.t, "ticket", map[string]any{
				"Queue": queue.name, "Subject": id, "RefersTo": []string{"asset:" + r.known[row["Configuration Item"]].number},
			})}
			r.tickets[id] = it
		}
		if row["Status"] == it.status {
			continue
		}
		it.status = row["Status"]
		status := map[string]string{"Closed": queue.closed, "Cancelled": "rejected"}[it.status]
		r.rt.Set(r.t, "ticket", it.number, map[string]any{"Status": status}, "'"+status+"'")
	}
}
