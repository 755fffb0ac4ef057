package run

import (
	"context"
	"slices"
)

// KeysOf returns every key by which a record or a queue may name one of the people and
// teams that are wanted: the given ones, and all that the directories know.
func (r *Run) KeysOf(ctx context.Context, wanted []string) ([]string, error) {
	keys := slices.Clone(wanted)
	for _, key := range wanted {
		people, err := r.Facts.Resolve(ctx, key)
		if err != nil {
			return nil, err
		}
		for i := range people {
			keys = append(keys, people[i].Holder(), people[i].ID, people[i].Email, people[i].Username)
		}
	}
	return keys, nil
}
