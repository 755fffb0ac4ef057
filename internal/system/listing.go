package system

import (
	"context"
	"errors"
	"iter"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// ErrCannotList marks the fault of a list that the system refuses although it
// answers single reads: the account has no right to list, or lists are turned
// off. It stands in the chain of a fault of kind fault.ErrUnavailable. Whoever
// listed in order to save requests goes on with single reads.
var ErrCannotList = errors.New("the system does not list")

// Allowance is the most requests for single reads that are spent on one system in
// a run before it is listed, probe requests included. Whatever a run asks for, it
// then takes no more than the pages of the lists and these, and a small
// configuration never lists a large system.
const Allowance = 24

// Listing says what a list costs and what it proves, for one capability.
type Listing struct {
	// PageSize is how many entries one request of a list brings. Zero says that
	// a list saves nothing, for instance because everything has been read anyway:
	// then single reads are all that is ever asked for.
	PageSize int
	// Count is how many entries a list would bring, if the system has been told
	// so already; zero if not. Nothing is asked for only to learn it.
	Count int
	// Hides says that a list may leave out entries that a single read shows, such
	// as those that are archived or deleted. What a list does not show is then
	// read singly before it counts as absent. An id or a key that a list shows
	// is always shown with all its entries.
	Hides bool
	// Members says that the entries of teams in a list tell their members.
	Members bool
	// Teamless says that the entries of a list do not tell which teams people are
	// in. Such a system is a TeamsReader.
	Teamless bool
}

// TeamsReader is a directory that tells the teams of people one by one.
type TeamsReader interface {
	People
	// TeamsOf returns the ids of the teams of a person whom the directory listed,
	// sorted, as Person tells them.
	TeamsOf(ctx context.Context, p lifecycle.Person) ([]string, error)
}

// Lister is a system that can be asked for a list instead of many single
// answers. Listing is called often, costs nothing and asks the system nothing.
//
// A list and single reads must answer alike, field by field: which of them was
// used depends on how much was asked for.
type Lister interface {
	System
	// Listing describes the list of one capability; the zero value if there is
	// none that saves anything.
	Listing(c Capability) Listing
}

// Priced is a Lister whose single reads take another number of requests than one
// each.
type Priced interface {
	Lister
	// Price returns the most requests that a single read of a key takes, or in a
	// directory also the look-up of the members of a team: zero if the answer is
	// known already. It does not count what is asked once a run, nor what a list
	// leaves to be asked for one by one. Like Listing, it is called often, costs
	// nothing and asks the system nothing.
	Price(c Capability, key string) int
}

// Entry is an entry of a directory as it stands in a list.
type Entry struct {
	Person lifecycle.Person
	// Keys are all texts by which Person finds the entry, the id included.
	Keys []string
	// Members are the ids of the direct members of a team, people and teams. They
	// count only if Listing says that they are told.
	Members []string
}

// PeopleLister is a directory that can list everybody.
type PeopleLister interface {
	People
	Lister
	// ListPeople yields every entry that Person finds, each once. An error ends
	// it, and then nothing that came before may be taken as complete.
	ListPeople(ctx context.Context) iter.Seq2[Entry, error]
}

// AssetTask is a task with the asset against which it is open.
type AssetTask struct {
	Asset string
	Task  lifecycle.Task
}

// TasksLister is a system that can list the open tasks of all assets.
type TasksLister interface {
	Tasks
	Lister
	// OpenTasks yields every task that Tasks returns for some asset. A task that
	// is open against several assets is yielded for each. An error ends it, and
	// then nothing that came before may be taken as complete.
	OpenTasks(ctx context.Context) iter.Seq2[AssetTask, error]
}

// ListingOf describes the list of one capability of s. It is the zero value if s
// is no Lister, was not configured with the capability, or lacks the method that
// lists.
func ListingOf(s System, c Capability) Listing {
	l, ok := s.(Lister)
	if !ok {
		return Listing{}
	}
	switch c {
	case CanReadAssets:
		_, ok = AsAssets(s)
	case CanReadPeople:
		_, ok = as[PeopleLister](s, c)
	case CanReadTasks:
		_, ok = as[TasksLister](s, c)
	default:
		ok = false
	}
	if !ok {
		return Listing{}
	}
	return l.Listing(c)
}

// PriceOf returns the most requests that a single read of a key takes: one,
// unless s says otherwise.
func PriceOf(s System, c Capability, key string) int {
	if p, ok := s.(Priced); ok {
		return p.Price(c, key)
	}
	return 1
}
