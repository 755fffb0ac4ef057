package backstage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

const (
	maxFile  = 4 << 20
	maxFiles = 20_000
)

// read reads all files. One that cannot be understood ends it: what stands in it
// would look as if it were gone.
func (s *System) read(ctx context.Context) ([]entity, error) {
	var out []entity
	for _, pattern := range s.config.Files {
		paths, err := expand(pattern)
		if err != nil {
			return nil, s.unusable(table.Assets, "", "", fmt.Errorf("%s: %w", pattern, err))
		}
		for _, path := range paths {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			more, err := readFile(path)
			if err != nil {
				return nil, s.unusable(table.Assets, "", path+" line", err)
			}
			out = append(out, more...)
		}
	}
	return out, nil
}

// expand returns the files that a path or a glob names, sorted.
func expand(pattern string) ([]string, error) {
	if _, err := os.Lstat(pattern); err == nil || !strings.ContainsAny(pattern, `*?[`) {
		return []string{pattern}, nil
	}
	paths, err := filepath.Glob(pattern)
	switch {
	case err != nil:
		return nil, err
	case len(paths) == 0:
		return nil, errors.New("no file matches it")
	case len(paths) > maxFiles:
		return nil, fmt.Errorf("%d files match it; at most %d are read", len(paths), maxFiles)
	}
	slices.Sort(paths)
	return paths, nil
}

func readFile(path string) ([]entity, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s has %d bytes; at most 4 MiB are read", path, info.Size())
	}
	text, err := os.ReadFile(path)
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxFile:
		return nil, fmt.Errorf("%s grew beyond 4 MiB", path)
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
		return nil, fmt.Errorf("%s is not text in UTF-8", path)
	}
	entities, err := parse(bytes.TrimPrefix(text, []byte("\ufeff")))
	for i := range entities {
		entities[i].source = path + " line"
	}
	return entities, err
}

// parse reads the documents of a file. Those without anything in them are passed
// over, but a file in which there is nothing at all has been cut off.
func parse(text []byte) ([]entity, error) {
	file, err := table.ParseYAML(text, 0)
	if err != nil {
		return nil, err
	}
	var out []entity
	for _, doc := range file.Docs {
		switch doc.Body.(type) {
		case nil, *ast.NullNode, *ast.CommentNode, *ast.CommentGroupNode:
			continue
		}
		e, flaw := entityOf(treeOf(doc.Body))
		if flaw != nil {
			return nil, flaw
		}
		out = append(out, e)
	}
	if len(out) == 0 {
		return nil, &table.Flaw{Line: 1, Column: 1, Reason: "it holds no entity"}
	}
	return out, nil
}
