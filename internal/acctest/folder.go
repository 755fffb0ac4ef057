package acctest

import (
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The inventory that most tests start from: an application and a laptop that
// alice holds, bob and their manager carol, and a provider block over them whose
// plan_time follows the clock of the test.
//
//go:embed inventory
var inventory embed.FS

// Folder is a root module and the files of its systems, in a folder of its own.
type Folder struct {
	t   testing.TB
	Dir string
}

// load puts the inventory into the folder and, over it, the named folders of the
// test's testdata; without a name, the one named after the test if there is one.
func (f *Folder) load(names []string) {
	f.t.Helper()
	if len(names) == 0 {
		root, _, _ := strings.Cut(f.t.Name(), "/")
		if _, err := os.Stat(filepath.Join("testdata", root)); err == nil {
			names = []string{root}
		}
	}
	house, err := fs.Sub(inventory, "inventory")
	if err != nil {
		f.t.Fatal(err)
	}
	f.copy(house)
	for _, name := range names {
		f.copy(os.DirFS(filepath.Join("testdata", name)))
	}
}

// CopyDir copies a folder of the repository into the folder.
func (f *Folder) CopyDir(from string) {
	f.t.Helper()
	f.copy(os.DirFS(from))
}

// copy puts the files of a folder into the folder, in place of those that
// have the same names.
func (f *Folder) copy(from fs.FS) {
	f.t.Helper()
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(from, name)
		if err == nil {
			f.Write(name, string(data))
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *Folder) path(name string) string {
	return filepath.Join(f.Dir, filepath.FromSlash(name))
}

// Write puts a file into the folder.
func (f *Folder) Write(name, content string) {
	f.t.Helper()
	if err := os.MkdirAll(filepath.Dir(f.path(name)), 0o750); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(f.path(name), []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// Read returns the content of a file.
func (f *Folder) Read(name string) string {
	f.t.Helper()
	data, err := os.ReadFile(f.path(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(data)
}

// Remove takes a file away.
func (f *Folder) Remove(name string) {
	f.t.Helper()
	if err := os.Remove(f.path(name)); err != nil {
		f.t.Fatal(err)
	}
}

// Edit replaces the one place in a file that holds old.
func (f *Folder) Edit(name, old, replacement string) {
	f.t.Helper()
	data := f.Read(name)
	if n := strings.Count(data, old); n != 1 {
		f.t.Fatalf("%s holds %q %d times, not once", name, old, n)
	}
	f.Write(name, strings.Replace(data, old, replacement, 1))
}

// Append adds a line to a file.
func (f *Folder) Append(name, line string) {
	f.t.Helper()
	f.Write(name, f.Read(name)+line+"\n")
}

// Provider adds lines to the provider block.
func (f *Folder) Provider(lines ...string) {
	f.t.Helper()
	for _, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		f.Default(strings.TrimSpace(name))
	}
	f.Edit("provider.tf", `provider "custody" {`, "provider \"custody\" {\n  "+strings.Join(lines, "\n  "))
}

// Default takes an argument of one line out of the provider block.
func (f *Folder) Default(argument string) {
	f.t.Helper()
	line := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(argument) + ` *=.*\n`)
	f.Write("provider.tf", line.ReplaceAllString(f.Read("provider.tf"), ""))
}

// Asset changes fields of an asset's record: field, value, field, value.
func (f *Folder) Asset(id string, fields ...string) {
	f.t.Helper()
	f.row("assets.csv", id, fields)
}

// Person changes fields of somebody's entry in the directory, who is named by
// the id.
func (f *Folder) Person(id string, fields ...string) {
	f.t.Helper()
	f.row("people.csv", id, fields)
}

// Copy adds a copy of a row under another id: field, value, field, value.
func (f *Folder) Copy(file, id, copied string, fields ...string) {
	f.t.Helper()
	rows := f.rows(file)
	row := slices.Clone(rows[f.find(file, rows, id)])
	row[0] = copied
	f.writeRows(file, append(rows, row))
	f.row(file, copied, fields)
}

// Forget removes the row of an id from a table.
func (f *Folder) Forget(file, id string) {
	f.t.Helper()
	rows := f.rows(file)
	f.writeRows(file, slices.Delete(rows, f.find(file, rows, id), f.find(file, rows, id)+1))
}

func (f *Folder) row(file, id string, fields []string) {
	f.t.Helper()
	rows := f.rows(file)
	row := rows[f.find(file, rows, id)]
	for i := 0; i < len(fields); i += 2 {
		column := slices.Index(rows[0], fields[i])
		if column < 0 {
			f.t.Fatalf("%s has no column %q", file, fields[i])
		}
		row[column] = fields[i+1]
	}
	f.writeRows(file, rows)
}

func (f *Folder) rows(file string) [][]string {
	f.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(f.Read(file))).ReadAll()
	if err != nil {
		f.t.Fatal(err)
	}
	return rows
}

func (f *Folder) find(file string, rows [][]string, id string) int {
	f.t.Helper()
	i := slices.IndexFunc(rows, func(row []string) bool { return row[0] == id })
	if i < 0 {
		f.t.Fatalf("%s has no row %q", file, id)
	}
	return i
}

func (f *Folder) writeRows(file string, rows [][]string) {
	f.t.Helper()
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		f.t.Fatal(err)
	}
	f.Write(file, b.String())
}

// Unchanged returns an error unless a file holds what it held before; a file
// that is not there holds nothing.
func (f *Folder) Unchanged(name, before string) error {
	data, err := os.ReadFile(f.path(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if string(data) != before {
		return fmt.Errorf("%s has changed, although nothing was accepted", name)
	}
	return nil
}

// tables are the files of the inventory that hold facts.
var tables = []string{"assets.csv", "people.csv", "tasks.csv"}

// Tables returns the facts, for Restore.
func (f *Folder) Tables() map[string]string {
	f.t.Helper()
	out := make(map[string]string)
	for _, name := range tables {
		out[name] = f.Read(name)
	}
	return out
}

// Restore writes files as they were.
func (f *Folder) Restore(files map[string]string) {
	f.t.Helper()
	for name, content := range files {
		f.Write(name, content)
	}
}
