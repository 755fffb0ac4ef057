package inventory

import (
	"context"
	"iter"

	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Count judges the length of a list that was read whole. Its error makes the list
// unavailable. It is asked at most twice about a list.
type Count func(ctx context.Context, system string, list system.Capability, records int) error

// counter counts one list of one system. Tasks are not counted: most of them are closed
// at some time, and their list shrinks by itself.
type counter struct {
	inventory *Inventory
	system    system.System
	list      system.Capability
	sized     memo.Memo[struct{}]
}

func (inv *Inventory) counter(s system.System, list system.Capability) *counter {
	return &counter{inventory: inv, system: s, list: list}
}

// note has a list judged that was read to its end.
func (c *counter) note(ctx context.Context, records int) error {
	if c == nil || c.inventory.Count == nil {
		return nil
	}
	return c.inventory.Count(ctx, c.system.Name(), c.list, records)
}

// noteWhole has a list judged that the system has read whole by itself.
func (c *counter) noteWhole(ctx context.Context) error {
	if c == nil || c.inventory.Count == nil {
		return nil
	}
	s, ok := c.system.(system.Sized)
	if !ok {
		return nil
	}
	_, err := c.sized.Get(ctx, "", func(ctx context.Context) (struct{}, error) {
		n, err := s.Size(ctx, c.list)
		if err == nil {
			err = c.note(ctx, n)
		}
		return struct{}{}, err
	})
	return err
}

// counted reads a list to its end and has its length judged.
func counted[T any](ctx context.Context, c *counter, list iter.Seq2[T, error]) ([]T, error) {
	all, err := collect(ctx, list)
	if err == nil {
		err = c.note(ctx, len(all))
	}
	return all, err
}
