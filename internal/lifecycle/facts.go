package lifecycle

import (
	"strings"
	"time"
)

// Ref names an asset: a connected system and the asset's id in it.
type Ref struct {
	System string
	ID     string
}

// ParseRef splits s at its first slash. It reports false if either part is
// empty.
func ParseRef(s string) (Ref, bool) {
	name, id, ok := strings.Cut(s, "/")
	return Ref{System: name, ID: id}, ok && name != "" && id != ""
}

func (r Ref) String() string { return r.System + "/" + r.ID }

// Record is what an asset system says about one asset. Zero values mean "not
// stated". Dates without a time of day have been completed by the system that
// read them: the end of the day for RetirementDate, its start for VerifiedAt.
type Record struct {
	ID             string
	Class          string
	Name           string
	State          State
	StateText      string // the system's own word, when it maps to no state
	Owners         []string
	Purpose        string
	Environment    string
	Criticality    string
	ThirdParty     Tristate
	Shared         Tristate
	RetirementDate time.Time
	VerifiedAt     time.Time
	AssignedAt     time.Time
	// Unread holds a sentence for each field with a value that could not be used: a
	// hidden value, or several where one is needed.
	Unread []string
	Source string // the position of the record, for readers: "assets.csv line 12"
}

// Person is a directory's entry of a person, a team or a service identity.
type Person struct {
	Directory  string
	ID         string
	Email      string
	Username   string
	Name       string
	Kind       OwnerKind
	Status     OwnerStatus
	StatusText string    // the directory's own word, when it maps to no status
	EndDate    time.Time // the end of the last day
	Manager    string    // any key of the manager
	Teams      []string
	Source     string
}

// Holder returns the canonical name of the person: "<directory>/<id>". The id
// of some directories is a distinguished name, which may contain
// HolderSeparator; its space has no meaning there and is removed.
func (p Person) Holder() string {
	return p.Directory + "/" + strings.ReplaceAll(p.ID, HolderSeparator, ",")
}

// Task is an offboarding, reassignment or decommission task that is open
// against an asset.
type Task struct {
	ID   string
	Kind TaskKind
	Due  time.Time // the end of the due day; zero if none is set
	URL  string
}

// Declared is what the configuration says about an asset. It completes the
// empty fields of the record.
type Declared struct {
	Owner          string
	Purpose        string
	Environment    string
	Criticality    string
	ThirdParty     Tristate
	RetirementDate time.Time
}

// Claim is a claim from another source about the owner of the asset, for
// instance a cloud tag or a CODEOWNERS entry.
type Claim struct {
	Name  string
	Owner string
}

// Question names an asset and holds what the configuration says about it.
type Question struct {
	Asset      Ref
	Declared   Declared
	Evidence   []Claim // sorted by name
	Successors []string
}

// Facts are the answers of the connected systems to one Question. A system
// that could not answer is never represented here: that is an error of the
// caller, and nothing is assessed.
type Facts struct {
	// Records holds the records with the asset's id: none if a healthy system
	// proved it absent, several if the system holds it more than once.
	Records []Record
	// People holds what the directories answered for every key that was looked
	// up: nothing for a key proven unknown, several for an ambiguous one.
	People map[string][]Person
	// ActiveMembers counts the active members of every team among People, by
	// canonical name.
	ActiveMembers map[string]int
	// Tasks are the open tasks of the asset.
	Tasks []Task
}

// OwnerKeys returns the keys that must be looked up before q can be assessed:
// the owners that the records name, the declared owner and the evidence.
func OwnerKeys(q Question, records []Record) []string {
	var keys []string
	for _, r := range records {
		keys = append(keys, r.Owners...)
	}
	if q.Declared.Owner != "" {
		keys = append(keys, q.Declared.Owner)
	}
	for _, c := range q.Evidence {
		keys = append(keys, c.Owner)
	}
	return keys
}
