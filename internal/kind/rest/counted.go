package rest

import (
	"context"
	"fmt"
)

// counted checks that the count of a list is the number of all rows, and not of
// those in one answer: a server that caps its answers and counts the rows of each
// would seem to hold no more. If one page may have been the whole list, fewer rows
// are requested, and the count must stay the same.
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

// totalOf returns the count of a list when few rows are requested.
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
