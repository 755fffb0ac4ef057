package register

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Binding is what the register remembers of a binding: the facts on which the grants of
// a workspace rest, as of the last decision.
type Binding struct {
	Workspace string
	Asset     string
	Digest    string
	Facts     string // a JSON text
	UpdatedAt time.Time
}

// Bindings returns the bindings of an asset in all workspaces, by their names.
func (r *Register) Bindings(ctx context.Context, asset string) ([]Binding, error) {
	out, err := list(ctx, r, func(b *Binding) []any {
		return []any{&b.Workspace, &b.Asset, &b.Digest, &b.Facts, (*stamp)(&b.UpdatedAt)}
	}, "SELECT workspace, asset, digest, facts, updated_at FROM custody_bindings WHERE asset = $1", asset)
	slices.SortFunc(out, func(a, b Binding) int { return strings.Compare(a.Workspace, b.Workspace) })
	return out, err
}

// SaveBinding stores a binding of the run's workspace.
func (t *Tx) SaveBinding(b Binding) error {
	facts, err := Canonical(b.Facts)
	if err == nil {
		err = checkName("asset", b.Asset, false)
	}
	if err != nil {
		return fmt.Errorf("binding of %.40q: %w", b.Asset, err)
	}
	_, err = t.change(`INSERT INTO custody_bindings (workspace, asset, digest, facts, updated_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (workspace, asset) DO UPDATE SET digest = excluded.digest, facts = excluded.facts, updated_at = excluded.updated_at`,
		t.run.Workspace, b.Asset, b.Digest, facts, stamp(t.run.At))
	return err
}

// RemoveBinding removes a binding of the run's workspace, unless a grant still rests on
// it, and reports whether it did.
func (t *Tx) RemoveBinding(asset string) (bool, error) {
	prefix := asset + "#" // the id of a grant begins with its asset
	n, err := t.change(`DELETE FROM custody_bindings WHERE workspace = $1 AND asset = $2 AND NOT EXISTS (
		SELECT 1 FROM custody_grants WHERE workspace = $1 AND removed_at = '' AND substr(id, 1, $3) = $4)`,
		t.run.Workspace, asset, utf8.RuneCountInString(prefix), prefix)
	return n == 1, err
}
