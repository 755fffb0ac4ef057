package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

// ErrDuplicate marks an id that is already recorded for another resource: two
// grants of one id, or two assets of one id.
var ErrDuplicate = errors.New("recorded twice")

// Grant is what the register remembers of a grant. It stays when the grant is
// removed, so that no credential's key is used twice and no latch is lost.
type Grant struct {
	ID        string // "<asset>#<access>"
	Workspace string
	// Instance distinguishes this resource from another one of the same id. It is
	// generated when the resource is created, and kept in its state.
	Instance  string
	Run       string // the run that claimed it
	Serial    int64  // the highest number that was ever issued; it never falls
	Latched   bool   // whether it is revoked for good
	Memory    string // a JSON text: first-seen instants, and what else the grant remembers
	UpdatedAt time.Time
	RemovedAt time.Time // zero while the grant is there
}

// Claimed says what was known of a grant that was claimed.
type Claimed string

// What can be known of a grant before it is claimed.
const (
	ClaimedNew       Claimed = "new"       // nothing
	ClaimedOwn       Claimed = "own"       // this instance had claimed it before
	ClaimedRemoved   Claimed = "removed"   // it had been removed, or was replaced
	ClaimedForgotten Claimed = "forgotten" // it had another instance, so the state was lost
	ClaimedMoved     Claimed = "moved"     // it came from the workspace that the claim names
)

const grantColumns = "id, workspace, instance, run, serial, latched, memory, updated_at, removed_at"

func (g *Grant) columns() []any {
	return []any{&g.ID, &g.Workspace, &g.Instance, &g.Run, &g.Serial, &g.Latched, &g.Memory, (*stamp)(&g.UpdatedAt), (*stamp)(&g.RemovedAt)}
}

// Grant returns what is remembered of a grant, also of one that was removed.
func (r *Register) Grant(ctx context.Context, id string) (Grant, bool, error) {
	return one(list(ctx, r, (*Grant).columns, "SELECT "+grantColumns+" FROM custody_grants WHERE id = $1", id))
}

// ClaimGrant makes the grant this instance's and returns what was remembered of it.
// A grant that is there in another workspace is ErrDuplicate, unless that workspace
// is one of those that it may come from; so is one that another instance claimed in
// this same run.
func (t *Tx) ClaimGrant(id, instance string, from ...string) (Grant, Claimed, error) {
	for _, err := range []error{checkName("id of the grant", id, false), checkName("instance of the grant", instance, false)} {
		if err != nil {
			return Grant{}, "", err
		}
	}
	fresh := Grant{ID: id, Workspace: t.run.Workspace, Instance: instance, Run: t.run.ID, Memory: "{}", UpdatedAt: t.run.At.UTC()}
	n, err := t.change("INSERT INTO custody_grants ("+grantColumns+") VALUES ($1, $2, $3, $4, 0, 0, $5, $6, '') ON CONFLICT (id) DO NOTHING",
		id, fresh.Workspace, instance, fresh.Run, fresh.Memory, stamp(fresh.UpdatedAt))
	if err != nil {
		return Grant{}, "", err
	}
	if n == 1 {
		return fresh, ClaimedNew, nil
	}
	// The update takes the lock of the row: two workspaces may claim it at the same time.
	var g Grant
	if _, err := t.get("UPDATE custody_grants SET run = run WHERE id = $1 RETURNING "+grantColumns, []any{id}, g.columns()...); err != nil {
		return Grant{}, "", err
	}
	claimed, err := g.claimedBy(t.run, instance, from)
	if err != nil {
		return Grant{}, "", err
	}
	g.Workspace, g.Instance, g.Run, g.RemovedAt = t.run.Workspace, instance, t.run.ID, time.Time{}
	_, err = t.change("UPDATE custody_grants SET workspace = $1, instance = $2, run = $3, removed_at = '' WHERE id = $4",
		g.Workspace, g.Instance, g.Run, id)
	return g, claimed, err
}

func (g *Grant) claimedBy(run Run, instance string, from []string) (Claimed, error) {
	switch {
	case !g.RemovedAt.IsZero():
		return ClaimedRemoved, nil
	case g.Workspace == run.Workspace && g.Instance == instance:
		return ClaimedOwn, nil
	case g.Workspace != run.Workspace && slices.Contains(from, g.Workspace):
		return ClaimedMoved, nil
	case g.Workspace == run.Workspace && g.Run != run.ID:
		return ClaimedForgotten, nil
	}
	return "", g.twice(run.Workspace)
}

// Elsewhere returns ErrDuplicate for a grant that a workspace other than the given
// one manages, unless that is one of those that it may come from.
func (g *Grant) Elsewhere(workspace string, from ...string) error {
	if !g.RemovedAt.IsZero() || g.Workspace == workspace || slices.Contains(from, g.Workspace) {
		return nil
	}
	return g.twice(workspace)
}

// twice is the error about a grant that another resource has claimed.
func (g *Grant) twice(workspace string) error {
	where := fmt.Sprintf("in the workspace %q", g.Workspace)
	if g.Workspace == workspace {
		where = "by another resource of this workspace"
	}
	return &fault.Fault{
		Kind: ErrDuplicate, Summary: "Grant Exists Already",
		Happened: fmt.Sprintf("The grant %q is managed %s.", g.ID, where),
		Advice: "Give one of the two another access or another asset, or remove one. " +
			"If the grant has moved here, or the other workspace no longer exists, name that workspace in former_workspaces.",
	}
}

// SaveGrant stores the serial, the latch and the memory of a grant that the
// instance claimed. A serial that would fall is an error.
func (t *Tx) SaveGrant(g Grant) error {
	memory, err := Canonical(g.Memory)
	if err != nil {
		return fmt.Errorf("memory of the grant %q: %w", g.ID, err)
	}
	n, err := t.change(`UPDATE custody_grants SET serial = $1, latched = $2, memory = $3, updated_at = $4
		WHERE id = $5 AND workspace = $6 AND instance = $7 AND removed_at = '' AND serial <= $1`,
		g.Serial, number(g.Latched), memory, stamp(t.run.At), g.ID, t.run.Workspace, g.Instance)
	if err != nil || n == 1 {
		return err
	}
	var there Grant
	found, err := t.get("SELECT "+grantColumns+" FROM custody_grants WHERE id = $1", []any{g.ID}, there.columns()...)
	switch {
	case err != nil:
		return err
	case !found, !there.RemovedAt.IsZero():
		return fmt.Errorf("the grant %q was not claimed before it was saved", g.ID)
	case there.Workspace != t.run.Workspace || there.Instance != g.Instance:
		return there.twice(t.run.Workspace)
	}
	return fmt.Errorf("the grant %q would fall from serial %d to %d: a key would be used twice", g.ID, there.Serial, g.Serial)
}

// RemoveGrant marks a grant as removed and keeps what is remembered of it. It
// reports whether the instance had it: one that was claimed by another is not
// removed.
func (t *Tx) RemoveGrant(id, instance string) (bool, error) {
	n, err := t.change("UPDATE custody_grants SET removed_at = $1 WHERE id = $2 AND workspace = $3 AND instance = $4 AND removed_at = ''",
		stamp(t.run.At), id, t.run.Workspace, instance)
	return n == 1, err
}

func number(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
