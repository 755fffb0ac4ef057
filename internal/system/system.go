// Package system defines what a connected system can do. A kind of system is a
// folder below internal/kind; it implements the capabilities that it has, and
// no others.
package system

import (
	"context"
	"iter"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// System is a connected system. The capability interfaces that it also
// implements say what it can do; get them with AsAssets, AsPeople,
// AsTasks, AsAccounts, AsReviews, AsLeases and AsKeeper.
//
// Every method of a capability returns an error only if the system could not
// give a trustworthy answer; such an error is a *fault.Fault of kind
// fault.ErrUnavailable. A record, a person or a task that a healthy system
// proves absent is an empty answer, never an error. The one other error is that
// of a context that ended before there was an answer.
//
// Answers may be shared between callers, who must not modify them.
type System interface {
	// Name returns the name that the configuration gave the system.
	Name() string
	// Kind returns the kind of the system: "file", "snipeit", …
	Kind() string
}

// Assets is the capability to read asset records.
type Assets interface {
	System
	// Asset returns the records with the given id: none if there is no such
	// asset, several if the system holds the id more than once.
	Asset(ctx context.Context, id string) ([]lifecycle.Record, error)
	// Assets yields all records, in no particular order. An error ends it, and
	// then nothing that came before may be taken as complete.
	Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error]
}

// People is the capability to resolve owners.
type People interface {
	System
	// Person returns the entries that one key names: an id, an email address or a
	// user name, in any case. No entry means that the key is proven unknown;
	// several entries are ambiguous.
	Person(ctx context.Context, key string) ([]lifecycle.Person, error)
	// Members returns the members of the team with the given id, including those of
	// teams inside it, but not the teams themselves.
	Members(ctx context.Context, team string) ([]lifecycle.Person, error)
}

// Tasks is the capability to read the tasks that are open against an asset.
type Tasks interface {
	System
	// Tasks returns the open offboarding, reassignment and decommission tasks
	// of the asset.
	Tasks(ctx context.Context, asset string) ([]lifecycle.Task, error)
}
