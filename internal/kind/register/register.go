// Package register gives the asset records that were born in code: those of the
// register that workspaces share. It is also the review queue of who has no other.
package register

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	store "github.com/custodyhq/terraform-provider-custody/internal/register"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Kind is the name of this kind of system in the configuration.
const Kind = "register"

// The kinds of events about assets.
const (
	kindRecorded = "asset.recorded"
	kindRemoved  = "asset.removed"
)

// Store is the register of a run.
type Store interface {
	// Open returns the register; it is opened when it is first asked for.
	Open(ctx context.Context) (*store.Register, error)
	// Write runs a function in one transaction of the run.
	Write(ctx context.Context, change func(tx *store.Tx) error) error
	// Workspace names what the run is one of, and Former what it was named before.
	Workspace() string
	Former() []string
}

// System reads and keeps the asset records of a register.
type System struct {
	name  string
	store Store
}

var _ system.Keeper = (*System)(nil)

// New returns the system. Its error is a *system.ConfigError.
func New(name string, s Store) (*System, error) {
	if s == nil {
		return nil, &system.ConfigError{System: name, Problems: []system.Problem{{
			Message: "There is no register. Set register and workspace in the provider block, or take this system out.",
		}}}
	}
	return &System{name: name, store: s}, nil
}

// Name returns the name that the configuration gave the system.
func (s *System) Name() string { return s.name }

// Kind returns "register".
func (*System) Kind() string { return Kind }

// Asset returns the record with the id. One that was removed is retired.
func (s *System) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	a, found, err := s.read(ctx, strings.TrimSpace(id))
	if err != nil || !found {
		return nil, err
	}
	r, err := shown(&a)
	if err != nil {
		return nil, err
	}
	return []lifecycle.Record{r}, nil
}

// Assets yields all records, also those that were removed.
func (s *System) Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error] {
	return func(yield func(lifecycle.Record, error) bool) {
		open, err := s.store.Open(ctx)
		var all []store.Asset
		if err == nil {
			all, err = open.Assets(ctx)
		}
		if err != nil {
			yield(lifecycle.Record{}, err)
			return
		}
		for i := range all {
			r, err := shown(&all[i])
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (s *System) read(ctx context.Context, id string) (store.Asset, bool, error) {
	open, err := s.store.Open(ctx)
	if err != nil || id == "" {
		return store.Asset{}, false, err
	}
	return open.Asset(ctx, id)
}

// shown returns a record as readers find it.
func shown(a *store.Asset) (lifecycle.Record, error) {
	r, err := decode(a)
	if err != nil {
		return lifecycle.Record{}, err
	}
	clean(&r)
	if a.RemovedAt.IsZero() {
		r.Source = "the register, by the workspace " + a.Workspace
		return r, nil
	}
	// The removal was planned and approved, so it is as good as a look at the asset.
	r.State, r.Source = lifecycle.StateRetired, "the register, removed by the workspace "+a.Workspace+" at "+a.RemovedAt.Format(time.RFC3339)
	if a.RemovedAt.After(r.VerifiedAt) {
		r.VerifiedAt = a.RemovedAt
	}
	return r, nil
}

// Kept returns the record with the id, if it was not removed.
func (s *System) Kept(ctx context.Context, id string) (system.Kept, bool, error) {
	a, found, err := s.read(ctx, id)
	if err != nil || !found || !a.RemovedAt.IsZero() {
		return system.Kept{}, false, err
	}
	if err := a.Elsewhere(s.store.Workspace(), s.store.Former()...); err != nil {
		return system.Kept{}, true, err
	}
	r, err := decode(&a)
	return system.Kept{Record: r, Instance: a.Instance}, true, err
}

// Keep stores a record, with the event that says so.
func (s *System) Keep(ctx context.Context, k system.Kept) error {
	text := encode(&k.Record)
	return s.store.Write(ctx, func(tx *store.Tx) error {
		before, err := tx.SaveAsset(store.Asset{ID: k.Record.ID, Instance: k.Instance, Record: text}, s.store.Former()...)
		if err != nil {
			return err
		}
		body := `{"record":` + text
		if before != "" {
			body += `,"before":` + before
		}
		_, err = tx.Append(store.Draft{Kind: kindRecorded, Subject: k.Record.ID, Body: body + "}"})
		return err
	})
}

// Remove marks a record as removed, with the event that says so.
func (s *System) Remove(ctx context.Context, id, instance string) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		removed, err := tx.RemoveAsset(id, instance)
		if err != nil || !removed {
			return err
		}
		_, err = tx.Append(store.Draft{Kind: kindRemoved, Subject: id})
		return err
	})
}
