package inventory

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// errTooMany means that a list is too large to be kept for look-ups.
var errTooMany = errors.New("the list is too large to be kept")

// index is a whole list, ready for look-ups.
type index[T any] interface {
	find(key string) []T
}

// reader answers the look-ups of one capability of one system. Single reads come
// first; once they have cost as much as a list, the list is read, once, and all
// later look-ups share it. A list that failed stays failed for the run: single
// reads would only send more requests to a system that already fails. But if the
// system refuses to list, or if the list is too large to be kept, single reads
// continue.
type reader[T any, L index[T]] struct {
	account account
	count   *counter // nil if the list is not counted
	// read reads one entry; price is the largest number of requests that this
	// takes.
	read  func(ctx context.Context, key string) ([]T, error)
	price func(key string) int
	// listing describes the list; whole reads it.
	listing func() system.Listing
	whole   func(ctx context.Context) (L, error)

	answers memo.Memo[[]T]
	lists   memo.Memo[L]

	mu    sync.Mutex
	shown []string // the keys that single reads found
}

// get returns the entries that a key names, the same ones throughout the run.
func (r *reader[T, L]) get(ctx context.Context, key string) ([]T, error) {
	return r.answers.Get(ctx, key, func(ctx context.Context) ([]T, error) {
		all, listed, err := r.turn(ctx, key)
		if err != nil {
			return nil, err
		}
		if listed {
			if found := all.find(key); len(found) > 0 || r.complete(all) {
				return found, nil
			}
		}
		found, err := r.readOne(ctx, key, r.read)
		if err == nil && (len(found) == 0 || r.listing().PageSize == 0) {
			err = r.count.noteWhole(ctx) // a system that reads itself whole has done so now
		}
		if err == nil && len(found) > 0 && !listed {
			r.note(key)
		}
		if err != nil {
			return nil, err
		}
		return found, nil
	})
}

// turn decides how a key is looked up: it returns the list, or false for a
// single read.
func (r *reader[T, L]) turn(ctx context.Context, key string) (L, bool, error) {
	var none L
	l := r.listing()
	if l.PageSize <= 0 || r.account.spend(l, r.price(key)) {
		return none, false, nil
	}
	all, err := r.all(ctx)
	if errors.Is(err, system.ErrCannotList) || errors.Is(err, errTooMany) {
		return none, false, nil
	}
	return all, err == nil, err
}

// all returns the list. Its error is that of the list, errTooMany or that of a
// context that ended.
func (r *reader[T, L]) all(ctx context.Context) (L, error) {
	r.account.list()
	return r.lists.Get(ctx, "", r.whole)
}

// readOne reads one entry, with a limit on concurrent reads.
func (r *reader[T, L]) readOne(ctx context.Context, key string, read func(context.Context, string) ([]T, error)) ([]T, error) {
	if err := r.account.budget.enter(ctx); err != nil {
		return nil, err
	}
	defer r.account.budget.exit()
	return read(ctx, key)
}

// note remembers what single reads found before there was a list.
func (r *reader[T, L]) note(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.shown) < system.Allowance {
		r.shown = append(r.shown, key)
	}
}

// complete reports whether what is missing from the list is proven absent.
func (r *reader[T, L]) complete(all L) bool { return !r.listing().Hides && !r.doubted(all) }

// doubted reports whether the list lacks an entry that a single read found in
// the same run: then missing rights, or an unknown filter, hide more from the
// list than the system says.
func (r *reader[T, L]) doubted(all L) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.shown, func(key string) bool { return len(all.find(key)) == 0 })
}

// collect reads a list to its end, unless it is too large to be kept.
func collect[T any](ctx context.Context, list iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for entry, err := range list {
		switch {
		case err != nil:
			return nil, err
		case len(out) == most:
			return nil, errTooMany
		}
		out = append(out, entry)
	}
	return out, ctx.Err()
}
