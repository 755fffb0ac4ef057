package table

import (
	"context"
	"iter"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Tables are the tables of a system that is read whole: each once a run, when
// something in it is first asked for. A system that embeds them has the methods
// by which assets and people are asked for; which of them it was configured with
// is for its own method Has to say.
type Tables struct {
	name  string // of the system
	words *Words
	load  func(ctx context.Context, t *Table, to Index) error

	assets memo.Memo[*AssetIndex]
	people memo.Memo[*PeopleIndex]
	tasks  memo.Memo[*TaskIndex]
}

// NewTables returns the tables of a system with the given name. load reads all
// lists of a table into an index.
func NewTables(name string, words *Words, load func(ctx context.Context, t *Table, to Index) error) *Tables {
	return &Tables{name: name, words: words, load: load}
}

// Asset returns the records with exactly the given id, in the order in which they
// were read.
func (t *Tables) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	index, err := t.assetIndex(ctx)
	if err != nil {
		return nil, err
	}
	return index.Find(id), nil
}

// Assets yields all records in the order in which they were read. They are read
// when the first one is asked for; an error ends it.
func (t *Tables) Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error] {
	return func(yield func(lifecycle.Record, error) bool) {
		index, err := t.assetIndex(ctx)
		if err != nil {
			yield(lifecycle.Record{}, err)
			return
		}
		for i := range index.Len() {
			if !yield(index.Record(i), nil) {
				return
			}
		}
	}
}

// Size returns how many records the table of assets or of people has.
func (t *Tables) Size(ctx context.Context, c system.Capability) (int, error) {
	if c == system.CanReadPeople {
		index, err := t.peopleIndex(ctx)
		if err != nil {
			return 0, err
		}
		return index.Len(), nil
	}
	index, err := t.assetIndex(ctx)
	if err != nil {
		return 0, err
	}
	return index.Len(), nil
}

// Person returns the entries whose id, email address or user name is the key.
func (t *Tables) Person(ctx context.Context, key string) ([]lifecycle.Person, error) {
	index, err := t.peopleIndex(ctx)
	if err != nil {
		return nil, err
	}
	return index.Find(key), nil
}

// Members returns the members of the team with the given id, those of teams
// inside it included, sorted by id.
func (t *Tables) Members(ctx context.Context, team string) ([]lifecycle.Person, error) {
	index, err := t.peopleIndex(ctx)
	if err != nil {
		return nil, err
	}
	return index.Members(team), nil
}

// TasksOf returns the open tasks of the asset, sorted by id. Not every system
// that is read whole has tasks, so one that does calls this from its method
// Tasks.
func (t *Tables) TasksOf(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	index, err := t.tasks.Get(ctx, "", func(ctx context.Context) (*TaskIndex, error) {
		index := t.words.NewTasks()
		return index, t.load(ctx, Tasks, index)
	})
	if err != nil {
		return nil, err
	}
	return index.Of(asset), nil
}

func (t *Tables) assetIndex(ctx context.Context) (*AssetIndex, error) {
	return t.assets.Get(ctx, "", func(ctx context.Context) (*AssetIndex, error) {
		index := t.words.NewAssets()
		return index, t.load(ctx, Assets, index)
	})
}

func (t *Tables) peopleIndex(ctx context.Context) (*PeopleIndex, error) {
	return t.people.Get(ctx, "", func(ctx context.Context) (*PeopleIndex, error) {
		index := t.words.NewPeople(t.name)
		return index, t.load(ctx, People, index)
	})
}
