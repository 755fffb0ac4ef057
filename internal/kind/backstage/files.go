package backstage

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/custodyhq/terraform-provider-custody/internal/system/files"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

const maxFile = 4 << 20

// read reads all files. A file that cannot be parsed is an error, because its
// entities would look deleted.
func (s *System) read(ctx context.Context) ([]entity, error) {
	var out []entity
	left := table.MaxBytes
	for _, pattern := range s.config.Files {
		at := files.Place{Pattern: pattern, FollowLinks: s.config.FollowLinks}
		paths, err := at.Find(ctx)
		if err != nil {
			return nil, s.unusable(table.Assets, "", "", fmt.Errorf("%s: %w", pattern, err))
		}
		for _, path := range paths {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			more, size, err := readFile(at, path, min(left, maxFile))
			if err != nil {
				return nil, s.unusable(table.Assets, "", path+" line", err)
			}
			left -= size
			out = append(out, more...)
		}
	}
	return out, nil
}

// readFile reads a file with a limit on its size, and returns its size.
func readFile(at files.Place, path string, most int) ([]entity, int, error) {
	f, err := at.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	switch {
	case err != nil:
		return nil, 0, err
	case len(text) > most:
		return nil, 0, fmt.Errorf("%s is too large: up to 4 MiB are read of a file, and up to 64 MiB of all files together", path)
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
		return nil, 0, fmt.Errorf("%s is not text in UTF-8", path)
	}
	entities, err := parse(bytes.TrimPrefix(text, []byte("\ufeff")))
	for i := range entities {
		entities[i].source = path + " line"
	}
	return entities, len(text), err
}

// parse reads the documents of a file. Empty documents are skipped, but a file
// with no entity at all is treated as cut off.
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
