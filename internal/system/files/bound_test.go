package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// How much is looked at is bounded, whatever the glob.
func TestFindIsBounded(t *testing.T) {
	t.Chdir(t.TempDir())
	for i := range 6 {
		for j := range 5 {
			if err := os.MkdirAll(fmt.Sprintf("d%d/e%d", i, j), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		pattern string
		bounds  bounds
		says    string
	}{
		{"d*/*", bounds{files: 30, folders: 7, entries: 36}, ""},
		{"d*/*", bounds{files: 29, folders: 7, entries: 36}, "matches more than 29 files"},
		{"d*/*/x.csv", bounds{files: 29, folders: 7, entries: 36}, "matches more than 29 files"},
		{"d*/*", bounds{files: 30, folders: 6, entries: 36}, "more than 6 folders"},
		{"*/*/*/*", bounds{files: 30, folders: 36, entries: 36}, "more than 36 folders"},
		{"d*/*", bounds{files: 30, folders: 7, entries: 35}, "more than 35 entries"},
		{"d*/*", shipped, ""},
	} {
		s := &search{ctx: t.Context(), bounds: c.bounds}
		found, err := s.matches(c.pattern)
		if c.says == "" {
			if len(found) != 30 || err != nil {
				t.Errorf("%s: %d files, %v", c.pattern, len(found), err)
			}
			continue
		}
		var refused *Refusal
		if !errors.As(err, &refused) || len(found) > 0 || !strings.Contains(refused.Reason, c.says) || refused.Advice == "" {
			t.Errorf("%s: %d files, %v", c.pattern, len(found), err)
		}
		if s.folders > c.bounds.folders+1 || s.entries > c.bounds.entries+6 {
			t.Errorf("%s: %d folders and %d entries were looked at", c.pattern, s.folders, s.entries)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Place{Pattern: "d*/*"}).Find(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
