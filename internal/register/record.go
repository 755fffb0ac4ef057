package register

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

// Binding is what the register remembers of a binding.
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

// RemoveBinding removes a binding of the run's workspace and reports whether it
// was there.
func (t *Tx) RemoveBinding(asset string) (bool, error) {
	n, err := t.change("DELETE FROM custody_bindings WHERE workspace = $1 AND asset = $2", t.run.Workspace, asset)
	return n == 1, err
}

// Asset is an asset record that was born in code.
type Asset struct {
	ID        string
	Workspace string
	Record    string // a JSON text
	UpdatedAt time.Time
}

const assetColumns = "id, workspace, record, updated_at"

func (a *Asset) columns() []any {
	return []any{&a.ID, &a.Workspace, &a.Record, (*stamp)(&a.UpdatedAt)}
}

// Asset returns an asset record, and whether there is one.
func (r *Register) Asset(ctx context.Context, id string) (Asset, bool, error) {
	return one(list(ctx, r, (*Asset).columns, "SELECT "+assetColumns+" FROM custody_assets WHERE id = $1", id))
}

// Assets returns all asset records, by their ids.
func (r *Register) Assets(ctx context.Context) ([]Asset, error) {
	out, err := list(ctx, r, (*Asset).columns, "SELECT "+assetColumns+" FROM custody_assets")
	slices.SortFunc(out, func(a, b Asset) int { return strings.Compare(a.ID, b.ID) })
	return out, err
}

// SaveAsset stores an asset record of the run's workspace. One of that id in
// another workspace is ErrDuplicate.
func (t *Tx) SaveAsset(a Asset) error {
	record, err := Canonical(a.Record)
	if err == nil {
		err = checkName("id", a.ID, false)
	}
	if err != nil {
		return fmt.Errorf("asset %.40q: %w", a.ID, err)
	}
	n, err := t.change("INSERT INTO custody_assets ("+assetColumns+`) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET record = excluded.record, updated_at = excluded.updated_at WHERE custody_assets.workspace = excluded.workspace`,
		a.ID, t.run.Workspace, record, stamp(t.run.At))
	if err != nil || n == 1 {
		return err
	}
	var there Asset
	if _, err := t.get("SELECT "+assetColumns+" FROM custody_assets WHERE id = $1", []any{a.ID}, there.columns()...); err != nil {
		return err
	}
	return &fault.Fault{
		Kind: ErrDuplicate, Summary: "Asset Exists Already", Happened: fmt.Sprintf("The asset %q is recorded by the workspace %q.", a.ID, there.Workspace),
		Advice: "Give one of the two another id, or remove one.",
	}
}

// RemoveAsset removes an asset record of the run's workspace and reports whether
// it was there.
func (t *Tx) RemoveAsset(id string) (bool, error) {
	n, err := t.change("DELETE FROM custody_assets WHERE id = $1 AND workspace = $2", id, t.run.Workspace)
	return n == 1, err
}
