package record

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// ID returns the identity of the register; empty for a run without one, or if it
// cannot be opened.
func (r *Run) ID(ctx context.Context) string {
	if r == nil {
		return ""
	}
	found, err := r.Open(ctx)
	if err != nil {
		return ""
	}
	return found.ID()
}

// Grant returns what the register holds of a grant, and whether it holds anything. One
// that another workspace manages is register.ErrDuplicate.
func (r *Run) Grant(ctx context.Context, id string) (register.Grant, bool, error) {
	found, err := r.Open(ctx)
	if err != nil {
		return register.Grant{}, false, Unrecorded(err)
	}
	g, there, err := found.Grant(ctx, id)
	if err == nil && there {
		err = g.Elsewhere(r.of.Workspace, r.former...)
	}
	return g, there, Unrecorded(err)
}

// Claim makes a grant this instance's, in a transaction of Write.
func (r *Run) Claim(tx *register.Tx, id, instance string) (register.Grant, register.Claimed, error) {
	return tx.ClaimGrant(id, instance, r.former...)
}

// NewInstance returns what tells a resource apart from another one of the same id.
func NewInstance() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	return hex.EncodeToString(id)
}
