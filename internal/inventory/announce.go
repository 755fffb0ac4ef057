package inventory

import (
	"context"
	"errors"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// ErrNotKnownYet says that a record is known after apply only.
var ErrNotKnownYet = errors.New("the record is known after apply only")

// Announce says what the record of an asset will be once the plan is carried out; nil
// says that it is known after apply only. Only PlannedFacts rests on it, because until
// then the system holds something else.
func (inv *Inventory) Announce(asset lifecycle.Ref, r *lifecycle.Record) {
	if s, ok := inv.sources[asset.System]; ok {
		s.announced.Store(asset.ID, r)
	}
}

// Wrote says that the run itself has stored the record of an asset, so that what was
// read before no longer holds.
func (inv *Inventory) Wrote(asset lifecycle.Ref, r *lifecycle.Record) {
	if s, ok := inv.sources[asset.System]; ok {
		s.written.Store(asset.ID, r)
	}
}

// planned returns the records of an asset as they will be once the plan is carried out.
func (s *assetSource) planned(ctx context.Context, id string) ([]lifecycle.Record, error) {
	found, ok := s.announced.Load(id)
	if !ok {
		return s.asset(ctx, id)
	}
	r, _ := found.(*lifecycle.Record)
	if r == nil {
		return nil, ErrNotKnownYet
	}
	return []lifecycle.Record{*r}, nil
}
