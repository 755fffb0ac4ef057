package register

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

// Asset is an asset record that was born in code. It stays when it is removed, so that
// the asset counts as retired and not as missing.
type Asset struct {
	ID        string
	Workspace string
	// Instance distinguishes the resource that recorded the asset from the one that
	// replaces it.
	Instance  string
	Record    string // a JSON text
	CreatedAt time.Time
	UpdatedAt time.Time
	RemovedAt time.Time // zero while the asset is there
}

const assetColumns = "id, workspace, instance, record, created_at, updated_at, removed_at"

func (a *Asset) columns() []any {
	return []any{&a.ID, &a.Workspace, &a.Instance, &a.Record, (*stamp)(&a.CreatedAt), (*stamp)(&a.UpdatedAt), (*stamp)(&a.RemovedAt)}
}

// Asset returns an asset record, also one that was removed, and whether there is one.
func (r *Register) Asset(ctx context.Context, id string) (Asset, bool, error) {
	return one(list(ctx, r, (*Asset).columns, "SELECT "+assetColumns+" FROM custody_assets WHERE id = $1", id))
}

// Assets returns all asset records, also those that were removed, by their ids.
func (r *Register) Assets(ctx context.Context) ([]Asset, error) {
	out, err := list(ctx, r, (*Asset).columns, "SELECT "+assetColumns+" FROM custody_assets")
	slices.SortFunc(out, func(a, b Asset) int { return strings.Compare(a.ID, b.ID) })
	return out, err
}

// Elsewhere returns ErrDuplicate for an asset that a workspace other than the given one
// records, unless that is one of those that it may come from.
func (a *Asset) Elsewhere(workspace string, from ...string) error {
	if !a.RemovedAt.IsZero() || a.Workspace == workspace || slices.Contains(from, a.Workspace) {
		return nil
	}
	return &fault.Fault{
		Kind: ErrDuplicate, Summary: "Asset Exists Already", Happened: fmt.Sprintf("The asset %q is recorded by the workspace %q.", a.ID, a.Workspace),
		Advice: "Give one of the two another id, or remove one. If the asset has moved here, or the other workspace no longer exists, name that workspace in former_workspaces.",
	}
}

// SaveAsset stores the record of an asset in the name of the run's workspace, and
// returns the record that was there before; it is empty for a new one. An asset that
// another workspace records is ErrDuplicate, unless that workspace is one of those
// that it may come from. One that was removed is there again.
func (t *Tx) SaveAsset(a Asset, from ...string) (before string, err error) {
	record, err := Canonical(a.Record)
	if err == nil {
		err = checkName("id", a.ID, false)
	}
	if err == nil {
		err = checkName("instance of the asset", a.Instance, false)
	}
	if err != nil {
		return "", fmt.Errorf("asset %.40q: %w", a.ID, err)
	}
	now := stamp(t.run.At)
	n, err := t.change("INSERT INTO custody_assets ("+assetColumns+") VALUES ($1, $2, $3, $4, $5, $5, '') ON CONFLICT (id) DO NOTHING",
		a.ID, t.run.Workspace, a.Instance, record, now)
	if err != nil || n == 1 {
		return "", err
	}
	// The update takes the lock of the row: two workspaces may save it at the same time.
	var there Asset
	if _, err := t.get("UPDATE custody_assets SET id = id WHERE id = $1 RETURNING "+assetColumns, []any{a.ID}, there.columns()...); err != nil {
		return "", err
	}
	if err := there.Elsewhere(t.run.Workspace, from...); err != nil {
		return "", err
	}
	_, err = t.change("UPDATE custody_assets SET workspace = $1, instance = $2, record = $3, updated_at = $4, removed_at = '' WHERE id = $5",
		t.run.Workspace, a.Instance, record, now, a.ID)
	return there.Record, err
}

// RemoveAsset marks an asset of the run's workspace as removed, and keeps its record. It
// reports whether the instance had it; one without an instance has it in any case.
func (t *Tx) RemoveAsset(id, instance string) (bool, error) {
	n, err := t.change("UPDATE custody_assets SET removed_at = $1 WHERE id = $2 AND workspace = $3 AND removed_at = '' AND (instance = $4 OR $4 = '')",
		stamp(t.run.At), id, t.run.Workspace, instance)
	return n == 1, err
}
