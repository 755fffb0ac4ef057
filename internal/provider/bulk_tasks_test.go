package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/rest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest/snipetest"
)

// serviceNow answers as a ServiceNow does that holds the assets 1 to assets, and
// an open task against every tenth.
type serviceNow struct{ assets int }

// tasksOf is the number of tasks against an asset.
func (s *serviceNow) tasksOf(n int) int {
	if n%10 == 0 {
		return 1
	}
	return 0
}

func (s *serviceNow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	row, every := inHardware, 1
	if path.Base(r.URL.Path) == "sc_task" {
		row, every = inTasks, 10
	}
	rows := []map[string]any{}
	total := s.assets / every
	if _, id, single := strings.Cut(q.Get("sysparm_query"), "asset_tag="); single {
		total = 0
		id, _, _ = strings.Cut(id, "^")
		if n, err := strconv.Atoi(id); err == nil && n <= s.assets && n%every == 0 {
			rows, total = append(rows, row(n)), 1
		}
	} else {
		offset, _ := strconv.Atoi(q.Get("sysparm_offset"))
		limit, _ := strconv.Atoi(q.Get("sysparm_limit"))
		for n := offset + 1; n <= min(offset+limit, total); n++ {
			rows = append(rows, row(n*every))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Total-Count", strconv.Itoa(total))
	_ = json.NewEncoder(w).Encode(map[string]any{"result": rows})
}

// inHardware is an asset as it stands in the table alm_hardware.
func inHardware(n int) map[string]any {
	return columns(map[string]string{
		"sys_id": fmt.Sprintf("%032d", n), "asset_tag": strconv.Itoa(n), "display_name": "ThinkPad", "model_category": "Computer",
		"install_status": "In use", "assigned": "", "assigned_to": snipetest.Holder(n), "assigned_to.user_name": snipetest.Holder(n),
		"sys_updated_on": "2030-01-01 00:00:00",
	})
}

// inTasks is the task against an asset as it stands in the table sc_task.
func inTasks(n int) map[string]any {
	return columns(map[string]string{
		"sys_id": fmt.Sprintf("%032d", n), "number": fmt.Sprintf("SCTASK%07d", n), "active": "true", "due_date": "",
		"category": "Offboarding", "cmdb_ci.asset.asset_tag": strconv.Itoa(n),
	})
}

// columns writes each value as sysparm_display_value=all asks for it.
func columns(values map[string]string) map[string]any {
	out := make(map[string]any, len(values))
	for name, value := range values {
		out[name] = map[string]string{"value": value, "display_value": value}
	}
	return out
}

// The tasks of a large plan take the pages of their list, and not a request for
// each asset.
func TestManyBindingsWithTasksMakePages(t *testing.T) {
	now := &serviceNow{assets: many}
	server := &systemtest.Recorder{Handler: now}
	s, err := rest.New(rest.Config{
		Name: "hq", Kind: "servicenow", URL: systemtest.ServeHTTP(t, server), Secrets: map[string]string{"token": "canary-token"},
		Settings: map[string]string{"task_table": "sc_task"}, PageSize: pageSize, RequestsPerMinute: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	assess(t, s, files(t, "corp"), now.tasksOf)
	listed := make(map[string]int)
	for _, r := range server.Requests() {
		if !strings.Contains(r.URL.Query().Get("sysparm_query"), "asset_tag=") {
			listed[path.Base(r.URL.Path)]++
		}
	}
	if listed["alm_hardware"] != many/pageSize || listed["sc_task"] != many/10/pageSize {
		t.Errorf("pages asked for: %v", listed)
	}
	if n, pages := len(server.Requests()), many/pageSize+many/10/pageSize; n > pages+30 {
		t.Errorf("%d requests for %d pages", n, pages)
	}
	t.Logf("%d bindings: %d requests, pages %v", many, len(server.Requests()), listed)
}
