package acctest

import (
	"embed"
	"encoding/csv"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The inventory that most tests start from: an application and a laptop that
// alice holds, bob and their manager carol, and a provider block over them whose
// plan_time follows the clock of the workspace.
//
//go:embed inventory
var inventory embed.FS

// Load returns a workspace that holds the inventory and, over it, the named
// folders of the test's testdata; without a name, the one named after the test.
func Load(t testing.TB, names ...string) *Workspace {
	t.Helper()
	if len(names) == 0 {
		root, _, _ := strings.Cut(t.Name(), "/")
		names = []string{root}
	}
	var folders []fs.FS
	for _, name := range names {
		folder, err := filepath.Abs(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, os.DirFS(folder))
	}
	w := New(t) // changes the working directory
	house, err := fs.Sub(inventory, "inventory")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range append([]fs.FS{house}, folders...) {
		w.copy(folder)
	}
	return w
}

// CopyDir copies a folder of the repository into the workspace.
func (w *Workspace) CopyDir(from string) {
	w.t.Helper()
	w.copy(os.DirFS(from))
}

// copy puts the files of a folder into the workspace, in place of those that
// have the same names.
func (w *Workspace) copy(from fs.FS) {
	w.t.Helper()
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(from, name)
		if err == nil {
			w.Write(name, string(data))
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *Workspace) path(name string) string {
	return filepath.Join(w.Dir, filepath.FromSlash(name))
}

// Write puts a file into the workspace.
func (w *Workspace) Write(name, content string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o750); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.path(name), []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// Read returns the content of a file.
func (w *Workspace) Read(name string) string {
	w.t.Helper()
	data, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// Remove takes a file away.
func (w *Workspace) Remove(name string) {
	w.t.Helper()
	if err := os.Remove(w.path(name)); err != nil {
		w.t.Fatal(err)
	}
}

// Edit replaces the one place in a file that holds old.
func (w *Workspace) Edit(name, old, replacement string) {
	w.t.Helper()
	data := w.Read(name)
	if n := strings.Count(data, old); n != 1 {
		w.t.Fatalf("%s holds %q %d times, not once", name, old, n)
	}
	w.Write(name, strings.Replace(data, old, replacement, 1))
}

// Append adds a line to a file.
func (w *Workspace) Append(name, line string) {
	w.t.Helper()
	w.Write(name, w.Read(name)+line+"\n")
}

// Provider adds lines to the provider block.
func (w *Workspace) Provider(lines ...string) {
	w.t.Helper()
	w.Edit("provider.tf", `provider "custody" {`, "provider \"custody\" {\n  "+strings.Join(lines, "\n  "))
}

// Asset changes fields of an asset's record: field, value, field, value.
func (w *Workspace) Asset(id string, fields ...string) {
	w.t.Helper()
	w.row("assets.csv", id, fields)
}

// Person changes fields of somebody's entry in the directory, who is named by
// the id.
func (w *Workspace) Person(id string, fields ...string) {
	w.t.Helper()
	w.row("people.csv", id, fields)
}

// Forget removes the row of an id from a table.
func (w *Workspace) Forget(file, id string) {
	w.t.Helper()
	rows := w.rows(file)
	w.writeRows(file, slices.Delete(rows, w.find(file, rows, id), w.find(file, rows, id)+1))
}

func (w *Workspace) row(file, id string, fields []string) {
	w.t.Helper()
	rows := w.rows(file)
	row := rows[w.find(file, rows, id)]
	for i := 0; i < len(fields); i += 2 {
		column := slices.Index(rows[0], fields[i])
		if column < 0 {
			w.t.Fatalf("%s has no column %q", file, fields[i])
		}
		row[column] = fields[i+1]
	}
	w.writeRows(file, rows)
}

func (w *Workspace) rows(file string) [][]string {
	w.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(w.Read(file))).ReadAll()
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

func (w *Workspace) find(file string, rows [][]string, id string) int {
	w.t.Helper()
	i := slices.IndexFunc(rows, func(row []string) bool { return row[0] == id })
	if i < 0 {
		w.t.Fatalf("%s has no row %q", file, id)
	}
	return i
}

func (w *Workspace) writeRows(file string, rows [][]string) {
	w.t.Helper()
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		w.t.Fatal(err)
	}
	w.Write(file, b.String())
}
