package scenarios_test

import (
	"encoding/csv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// table is an export: its rows by their first column, each by header.
type table map[string]map[string]string

// readTable reads an export as the scenario writes them. It is an error if a row
// has not as many columns as the header.
func readTable(text string) (table, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = delimiter(text)
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	out := make(table)
	for _, row := range rows[1:] {
		out[row[0]] = make(map[string]string)
		for i, name := range rows[0] {
			out[row[0]][name] = row[i]
		}
	}
	return out, nil
}

// delimiter returns what stands between the columns of an export.
func delimiter(text string) rune {
	if header, _, _ := strings.Cut(text, "\n"); strings.Contains(header, ";") {
		return ';'
	}
	return ','
}

// The exports of the scenario.
const (
	peopleExport    = "exports/hr.csv"
	devicesExport   = "exports/snipe-it.csv"
	workloadsExport = "exports/cmdb.csv"
	tasksExport     = "exports/tasks.csv"
)

// exports lists what is carried over, people before what they own.
var exports = []string{peopleExport, devicesExport, workloadsExport, tasksExport}

// export is an export as it stands now.
type export struct {
	path string
	text string
	rows table
}

// store is a server that holds exports.
type store interface {
	// put makes the server hold exactly what an export says.
	put(t *testing.T, e export)
}

// mirror carries the exports of a workspace over to the servers. What happens in
// a step stands in the step; the servers learn of it here, and the provider
// reads nothing but them.
type mirror struct {
	t        *testing.T
	w        *acctest.Workspace
	scenario string // where it comes from
	people   store
	assets   store        // holds the tasks as well
	cut      *atomic.Bool // whether the answers about devices break off in the middle

	told map[string]string // export -> its text when it was last carried over
}

// sync carries over what has changed since the last time. An export that is cut
// off stands for a server that breaks off its answers.
func (m *mirror) sync() {
	m.t.Helper()
	whole := true
	for _, path := range exports {
		text := m.w.Read(path)
		rows, err := readTable(text)
		if err != nil {
			whole = false
			continue
		}
		if m.told[path] == text {
			continue
		}
		m.told[path] = text
		to := m.assets
		if path == peopleExport {
			to = m.people
		}
		to.put(m.t, export{path, text, rows})
	}
	m.cut.Store(!whole)
}

// run is how the story's player runs the command line tool.
func (m *mirror) run(args ...string) (int, string, error) {
	m.sync()
	r := m.w.Run(args...)
	return r.Code, r.Output, nil
}
