package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// bounds limits the search for the files of one glob.
type bounds struct {
	files   int // that it may match, or folders on the way to them
	folders int // that are looked into
	entries int // of folders
}

var shipped = bounds{files: 20_000, folders: 20_000, entries: 200_000}

const adviceNarrow = "Write a glob that begins in the folder of the files, with fewer wildcards for folders."

// Find returns the files that the place names, sorted. A path that exists is not a
// glob, whatever characters it contains. A folder that cannot be read is an error:
// its files would look deleted.
func (p Place) Find(ctx context.Context) ([]string, error) {
	if _, err := os.Lstat(p.Pattern); err == nil || !strings.ContainsAny(p.Pattern, glob) {
		return []string{p.Pattern}, nil
	}
	if _, err := filepath.Match(p.Pattern, ""); err != nil {
		return nil, err
	}
	s := &search{ctx: ctx, bounds: shipped}
	found, err := s.matches(p.Pattern)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, &Refusal{"no file matches it", "Correct the glob, or put the files there."}
	}
	slices.Sort(found)
	return found, nil
}

// search finds the matches of one glob.
type search struct {
	ctx              context.Context
	bounds           bounds
	folders, entries int
}

// matches returns the paths that a glob matches, found folder by folder.
func (s *search) matches(pattern string) ([]string, error) {
	dir, last := filepath.Split(pattern)
	if trimmed := strings.TrimRight(dir, string(filepath.Separator)); trimmed != "" && trimmed != filepath.VolumeName(dir) {
		dir = trimmed
	}
	folders := []string{dir}
	if strings.ContainsAny(dir, glob) {
		var err error
		if folders, err = s.matches(dir); err != nil {
			return nil, err
		}
	}
	var found []string
	for _, folder := range folders {
		if err := s.ctx.Err(); err != nil {
			return nil, err
		}
		if !strings.ContainsAny(last, glob) {
			path := filepath.Join(folder, last)
			if _, err := os.Lstat(path); err == nil {
				found = append(found, path)
			} else if !errors.Is(err, fs.ErrNotExist) && isFolder(folder) {
				return nil, err
			}
		} else {
			more, err := s.list(folder, last)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
		if len(found) > s.bounds.files {
			return nil, &Refusal{fmt.Sprintf("it matches more than %d files or folders", s.bounds.files), adviceNarrow}
		}
	}
	return found, nil
}

// list returns the entries of a folder that a pattern matches. A file has none.
func (s *search) list(folder, pattern string) ([]string, error) {
	if folder == "" {
		folder = "."
	}
	if !isFolder(folder) {
		return nil, nil
	}
	if s.folders++; s.folders > s.bounds.folders {
		return nil, &Refusal{fmt.Sprintf("more than %d folders would have to be searched", s.bounds.folders), adviceNarrow}
	}
	dir, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer dir.Close() //nolint:errcheck // it was only read
	var found []string
	for {
		if err := s.ctx.Err(); err != nil {
			return nil, err
		}
		names, err := dir.Readdirnames(1000)
		if s.entries += len(names); s.entries > s.bounds.entries {
			return nil, &Refusal{fmt.Sprintf("more than %d entries of folders would have to be read", s.bounds.entries), adviceNarrow}
		}
		for _, name := range names {
			if ok, _ := filepath.Match(pattern, name); ok {
				found = append(found, filepath.Join(folder, name))
			}
		}
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
