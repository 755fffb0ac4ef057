// Package files finds and opens the files that a configuration names. It limits
// the search, and does not open files behind a symbolic link that leads out of
// the named folder: otherwise anyone who can write there could make the
// provider read any file of the machine.
package files

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Place is a path or a glob of the configuration. A relative one begins in the
// folder where the process runs.
type Place struct {
	Pattern string
	// FollowLinks allows links that lead out of the folder.
	FollowLinks bool
}

// Refusal is the error of files that are not read. Its reason is a clause about
// the file, and its advice is a full sentence.
type Refusal struct{ Reason, Advice string }

// Error returns the reason.
func (r *Refusal) Error() string { return r.Reason }

const glob = `*?[`

// Open opens a regular file that Find returned. Anything else is refused before
// it is opened: opening a named pipe would wait forever.
func (p Place) Open(path string) (*os.File, error) {
	folder, name, err := p.inside(path)
	if err != nil {
		return nil, err
	}
	// The root refuses links that were put there since.
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // what was opened in it stays open
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &Refusal{"it is not a regular file", "Name a file."}
	}
	return root.Open(name)
}

// inside returns the folder in which a file must be, and its name in it, both
// without links.
func (p Place) inside(path string) (folder, name string, err error) {
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", "", err
	}
	if p.FollowLinks {
		return filepath.Dir(file), filepath.Base(file), nil
	}
	named := p.folder()
	folder, err = filepath.EvalSymlinks(named)
	if err == nil {
		folder, err = filepath.Abs(folder)
	}
	if err == nil {
		file, err = filepath.Abs(file)
	}
	if err != nil {
		return "", "", err
	}
	name, err = filepath.Rel(folder, file)
	if err != nil || !filepath.IsLocal(name) {
		return "", "", &Refusal{
			fmt.Sprintf("a link leads out of the folder %q", named),
			"Put the file itself there, or name the place where it is. If the link is intended, set follow_links = true.",
		}
	}
	return folder, name, nil
}

// folder returns the folder that the configuration names: that of the process for
// a path inside it, and otherwise the part of the path that is no glob.
func (p Place) folder() string {
	if filepath.IsLocal(p.Pattern) {
		return "."
	}
	dir := filepath.Dir(p.Pattern)
	for strings.ContainsAny(dir, glob) {
		if _, err := os.Lstat(dir); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

// isFolder reports whether a path leads to a folder.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Type() == fs.ModeDir
}
