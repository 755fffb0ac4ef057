package table

import (
	"context"
	"iter"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
)

// Tables are the tables of a system that is read whole: each once a run, when
// something in it is first asked for. A system that embeds them has the methods
// by which assets and people are asked for; which of them it was configured with
// is for its own method Has to say.
type Tables struct {
	name  string // of the system
	words *Words
	load  func(ctx context.Context, t *Table, to Shelf) error

	assets memo.Memo[*AssetShelf]
	people memo.Memo[*PeopleShelf]
	tasks  memo.Memo[*TaskShelf]
}

// NewTables returns the tables of a system with the given name. load reads all
// lists of a table onto a shelf.
func NewTables(name string, words *Words, load func(ctx context.Context, t *Table, to Shelf) error) *Tables {
	return &Tables{name: name, words: words, load: load}
}

// Asset returns the records with exactly the given id, in the order in which they
// were read.
func (t *Tables) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	shelf, err := t.assetShelf(ctx)
	if err != nil {
		return nil, err
	}
	return shelf.Find(id), nil
}

// Assets yields all records in the order in which they were read. They are read
// when the first one is asked for; an error ends it.
func (t *Tables) Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error] {
	return func(yield func(lifecycle.Record, error) bool) {
		shelf, err := t.assetShelf(ctx)
		if err != nil {
			yield(lifecycle.Record{}, err)
			return
		}
		for i := range shelf.Len() {
			if !yield(shelf.Record(i), nil) {
				return
			}
		}
	}
}

// Person returns the entries whose id, email address or user name is the key.
func (t *Tables) Person(ctx context.Context, key string) ([]lifecycle.Person, error) {
	shelf, err := t.peopleShelf(ctx)
	if err != nil {
		return nil, err
	}
	return shelf.Find(key), nil
}

// Members returns the members of the team with the given id, those of teams
// inside it included, sorted by id.
func (t *Tables) Members(ctx context.Context, team string) ([]lifecycle.Person, error) {
	shelf, err := t.peopleShelf(ctx)
	if err != nil {
		return nil, err
	}
	return shelf.Members(team), nil
}

// TasksOf returns the open tasks of the asset, sorted by id. Not every system
// that is read whole has tasks, so one that does calls this from its method
// Tasks.
func (t *Tables) TasksOf(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	shelf, err := t.tasks.Get(ctx, "", func(ctx context.Context) (*TaskShelf, error) {
		shelf := t.words.NewTasks()
		return shelf, t.load(ctx, Tasks, shelf)
	})
	if err != nil {
		return nil, err
	}
	return shelf.Of(asset), nil
}

func (t *Tables) assetShelf(ctx context.Context) (*AssetShelf, error) {
	return t.assets.Get(ctx, "", func(ctx context.Context) (*AssetShelf, error) {
		shelf := t.words.NewAssets()
		return shelf, t.load(ctx, Assets, shelf)
	})
}

func (t *Tables) peopleShelf(ctx context.Context) (*PeopleShelf, error) {
	return t.people.Get(ctx, "", func(ctx context.Context) (*PeopleShelf, error) {
		shelf := t.words.NewPeople(t.name)
		return shelf, t.load(ctx, People, shelf)
	})
}
