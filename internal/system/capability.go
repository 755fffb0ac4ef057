package system

// Capability names one of the capability interfaces.
type Capability string

// The capabilities.
const (
	CanReadAssets     Capability = "assets"
	CanReadPeople     Capability = "people"
	CanReadTasks      Capability = "tasks"
	CanSwitchAccounts Capability = "accounts"
	CanHoldReviews    Capability = "reviews"
	CanGiveLeases     Capability = "leases"
	CanKeepRecords    Capability = "records"
)

// Partial is a system whose type implements more capabilities than its
// configuration gave it: a file system without a people file must not answer
// that a person does not exist.
type Partial interface {
	System
	// Has reports whether the system was configured with the capability.
	Has(c Capability) bool
}

// AsAssets returns s as a reader of asset records, if it is one.
func AsAssets(s System) (Assets, bool) { return as[Assets](s, CanReadAssets) }

// AsPeople returns s as a directory, if it is one.
func AsPeople(s System) (People, bool) { return as[People](s, CanReadPeople) }

// AsTasks returns s as a reader of tasks, if it is one.
func AsTasks(s System) (Tasks, bool) { return as[Tasks](s, CanReadTasks) }

// AsAccounts returns s as a target of accounts, if it is one.
func AsAccounts(s System) (Accounts, bool) { return as[Accounts](s, CanSwitchAccounts) }

// AsReviews returns s as a review queue, if it is one.
func AsReviews(s System) (Reviews, bool) { return as[Reviews](s, CanHoldReviews) }

// AsLeases returns s as a giver of leases, if it is one.
func AsLeases(s System) (Leases, bool) { return as[Leases](s, CanGiveLeases) }

// AsKeeper returns s as a keeper of asset records, if it is one.
func AsKeeper(s System) (Keeper, bool) { return as[Keeper](s, CanKeepRecords) }

func as[T System](s System, c Capability) (T, bool) {
	var none T
	if p, ok := s.(Partial); ok && !p.Has(c) {
		return none, false
	}
	t, ok := s.(T)
	return t, ok
}
