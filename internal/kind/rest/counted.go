package rest

import (
	"context"
	"fmt"
)

// counted makes sure that the number of rows which a list tells is that of all, and
// not that of the answer: a server that caps its answers, and says how many rows are
// in one, would seem to hold no more. Where one page may have been everything, fewer
// rows are asked for, and the number must not follow.
func (k *catalog) counted(ctx context.Context, r *directoryIndex) error {
	for _, l := range k.lists {
		p := l.paging
		if l.total == nil || p == nil || p.next != nil || p.cursor != nil || len(r.entries) < 2 || len(r.entries) > p.size {
			continue
		}
		follows := true
		for few := 1; few <= 2 && follows; few++ {
			total, err := k.totalOf(ctx, l, few)
			if err != nil {
				return err
			}
			follows = total == few
		}
		if follows {
			return k.client.Unusable(fmt.Sprintf("the count in its list is the number of %s in one answer, not of all, so some may be missing", k.what), adviceRights)
		}
	}
	return nil
}

// totalOf returns the number of rows that a list tells where few are asked for.
func (k *catalog) totalOf(ctx context.Context, l *listing, few int) (int, error) {
	short, small := *l, *l.paging
	small.size = few
	short.paging = &small
	a, err := short.fetch(ctx, k.s, k.client, nil, &page{})
	if err != nil || a == nil {
		return 0, err
	}
	_, total, err := short.rows(k.client, a)
	return total, err
}
