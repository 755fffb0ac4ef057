package system

import (
	"context"
	"errors"
	"iter"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// ErrCannotList marks the fault of a list that the system refuses although it
// answers single reads: the account has no right to list, or lists are turned
// off. It stands in the chain of a fault of kind fault.ErrUnavailable. A caller
// that listed to save requests continues with single reads.
var ErrCannotList = errors.New("the system does not list")

// Allowance is the largest number of requests for single reads to one system in a
// run before it is listed, including probe requests. So a run takes at most these
// requests and the pages of the lists, and a small configuration never lists a
// large system.
const Allowance = 24

// Listing says what a list costs and what it proves, for one capability.
type Listing struct {
	// PageSize is how many entries one request for a list returns. Zero says that a
	// list saves nothing, for instance because everything has already been read:
	// then only single reads are made.
	PageSize int
	// Count is how many entries a list would return, if this is already known;
	// otherwise zero. No request is made to learn it.
	Count int
	// Hides says that a list may leave out entries that a single read shows, such
	// as those that are archived or deleted. An entry that the list does not show
	// is then read singly before it counts as absent. An id or a key that a list
	// shows is always shown with all its entries.
	Hides bool
	// Members says that the entries of teams in a list contain their members.
	Members bool
	// Teamless says that the entries of a list do not contain the teams of people.
	// Such a system is a TeamsReader.
	Teamless bool
}

// TeamsReader is a directory that returns the teams of people one by one.
type TeamsReader interface {
	People
	// TeamsOf returns the ids of the teams of a listed person, sorted, as Person
	// returns them.
	TeamsOf(ctx context.Context, p lifecycle.Person) ([]string, error)
}

// Lister is a system that can return a list instead of many single answers.
// Listing is called often and sends no request.
//
// A list and single reads must agree, field by field: which of them is used
// depends on the number of look-ups.
type Lister interface {
	System
	// Listing describes the list of one capability; the zero value if there is
	// none that saves anything.
	Listing(c Capability) Listing
}

// Priced is a Lister whose single reads do not all take one request.
type Priced interface {
	Lister
	// Price returns the largest number of requests that a single read of a key
	// takes, or in a directory also the look-up of the members of a team: zero if
	// the answer is already known. It does not count requests that are made once a
	// run, or for entries that a list leaves out. Like Listing, it is called often
	// and sends no request.
	Price(c Capability, key string) int
}

// Entry is an entry of a list of a directory.
type Entry struct {
	Person lifecycle.Person
	// Keys are all texts by which Person finds the entry, the id included.
	Keys []string
	// Members are the ids of the direct members of a team, people and teams. They
	// are used only if Listing says that the list contains them.
	Members []string
}

// PeopleLister is a directory that can list all its entries.
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

// PriceOf returns the largest number of requests that a single read of a key
// takes: one, unless s is Priced.
func PriceOf(s System, c Capability, key string) int {
	if p, ok := s.(Priced); ok {
		return p.Price(c, key)
	}
	return 1
}
