package lease

import (
	"context"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The names of steps, in the record. The step that renews has the instant behind its
// name beyond which the end is moved.
const (
	stepOpen   = "open"
	stepEnd    = "end"
	stepRemove = "remove"
	stepRenew  = "renew beyond "
)

// shows reports whether the lease shows a step done.
func shows(l *system.Lease, step string) bool {
	switch step {
	case stepOpen:
		return l != nil && l.Open
	case stepEnd:
		return l == nil || !l.Open && l.Sessions == 0
	case stepRemove:
		return l == nil
	}
	beyond, err := time.Parse(time.RFC3339, step[min(len(stepRenew), len(step)):])
	return err == nil && l != nil && l.ExpiresAt.After(beyond)
}

// act is an act on the lease of the name.
func act(by system.Leases, name, because string, steps ...effect.Step[*system.Lease]) effect.Act[*system.Lease] {
	return effect.Act[*system.Lease]{
		System: by.Name(), Object: name, Because: because, Shows: shows, Steps: steps,
		Read: func(ctx context.Context) (*system.Lease, error) { return by.Lease(ctx, name) },
	}
}

func opening(by system.Leases, o *system.LeaseOrder) effect.Act[*system.Lease] {
	return act(by, o.Name, o.For, effect.Step[*system.Lease]{
		Name: stepOpen, Yes: "The lease is open.", No: "No lease is open.",
		Do: func(ctx context.Context, _ *system.Lease) error { return by.OpenLease(ctx, o) },
	})
}

// closing ends the lease before it removes it: what cannot be removed is out of use.
func closing(by system.Leases, name, because string) effect.Act[*system.Lease] {
	return act(by, name, because,
		effect.Step[*system.Lease]{
			Name: stepEnd, Yes: "The lease can log in no longer, and its sessions are ended.", No: "The lease is not ended.",
			Do: by.EndLease,
		},
		effect.Step[*system.Lease]{
			Name: stepRemove, Yes: "Its role is removed.", No: "Its role is not removed.",
			Do: by.RemoveLease,
		})
}

func renewing(by system.Leases, k *kept) effect.Act[*system.Lease] {
	return act(by, k.Name, k.For, effect.Step[*system.Lease]{
		Name: stepRenew + k.ExpiresAt.UTC().Format(time.RFC3339), Yes: "The lease is renewed.", No: "The lease is not renewed.",
		Do: func(ctx context.Context, l *system.Lease) error {
			if l == nil {
				return errGone
			}
			return by.RenewLease(ctx, l, system.LeaseEnd{TTL: k.TTL, Latest: k.Latest})
		},
	})
}
