package system

import (
	"context"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// Kept is a record as a Keeper holds it.
type Kept struct {
	Record lifecycle.Record
	// Instance tells the resource that keeps the record apart from another one of the
	// same id. It is not empty.
	Instance string
}

// Keeper is the capability to keep asset records that no other system has. Other
// readers find them as they find those of any system.
//
// A method that changes something returns an error if it is not known to have been
// done. An id that somebody else keeps is an error of another kind than
// fault.ErrUnavailable.
type Keeper interface {
	Assets
	// Kept returns the record with an id, and whether this workspace may keep it: an
	// id that another workspace keeps is an error. Found is false for one that was
	// removed.
	Kept(ctx context.Context, id string) (k Kept, found bool, err error)
	// Keep stores a record.
	Keep(ctx context.Context, k Kept) error
	// Remove marks a record as removed, if the instance keeps it; an empty instance
	// removes it in any case. From then on readers find it retired.
	Remove(ctx context.Context, id, instance string) error
}
