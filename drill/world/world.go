// Package world invents a company for the drill: people, assets, grants and accounts,
// and what happens to them. The same seed gives the same company and the same events.
// It knows nothing of custody.
package world

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Size says how large a company is, and how much happens to it.
type Size struct {
	People, Assets, Grants, Accounts int
	Departments                      int // in how many the assets are
	Events                           int
	Rounds                           int // in how many rounds the events are played
}

// The sizes of the drill.
var (
	Small = Size{People: 20, Assets: 40, Grants: 60, Accounts: 20, Departments: 1, Events: 16, Rounds: 2}
	Full  = Size{People: 300, Assets: 1000, Grants: 2000, Accounts: 500, Departments: 10, Events: 200, Rounds: 5}
)

// The catalogs of assets.
const (
	Laptops      = "Laptops"
	UserAccounts = "User accounts"
	Applications = "Applications"
)

// The statuses of assets and of people.
const (
	InService = "in_service"
	Lost      = "lost"
	Retired   = "retired"

	Active    = "active"
	Suspended = "suspended"
	Left      = "left"
)

// Person is an entry of the directory.
type Person struct {
	Username string
	Name     string
	Status   string
	Manager  string
	EndDate  time.Time // the last day; zero if there is none
	Gone     bool      // the entry was deleted
}

// ID is the person's id in the directory.
func (p *Person) ID() string { return "E-" + p.Username }

// Asset is a record of the asset system.
type Asset struct {
	Name       string
	Catalog    string
	Department int
	Status     string
	Holders    []string // user names
	Doubtful   bool     // the record is incomplete, and was not verified
	Tasks      int      // how many open offboarding tasks refer to it
}

// Grant is one access that an asset justifies.
type Grant struct {
	Asset  string
	Access string
	Risk   string
}

// Account is an account of a person in the directory, or of an application in the
// database.
type Account struct {
	Grant string
	Role  bool // of the database
}

// Change is what an event has changed outside.
type Change struct {
	Event  string // in words, for the log
	Person *Person
	Assets []*Asset
	// NewAccount is an account that was created, and Unlocked one that somebody has
	// enabled by hand.
	NewAccount, Unlocked string
}

// World is the company as it should be outside.
type World struct {
	People   []*Person
	Assets   []*Asset
	Grants   map[string]Grant   // by their keys
	Accounts map[string]Account // by their names
	size     Size
	now      time.Time
	random   *rand.Rand
}

// Departments returns how many there are.
func (w *World) Departments() int { return w.size.Departments }

// New invents a company of the given size. Dates count from now.
func New(seed uint64, size Size, now time.Time) *World {
	w := &World{Grants: map[string]Grant{}, Accounts: map[string]Account{}, size: size, now: now, random: rand.New(rand.NewPCG(seed, 10))}
	for range size.People {
		w.hire()
	}
	personal := size.Accounts * 3 / 5
	laptops := (size.Assets - personal) * 2 / 5
	for i := range personal {
		w.addUserAccount(w.People[i%len(w.People)])
	}
	for i := range laptops {
		w.addAsset(Laptops, w.People[i%len(w.People)].Username)
	}
	for len(w.Assets) < size.Assets {
		a := w.addAsset(Applications, w.anyone().Username)
		if len(w.Accounts) < size.Accounts {
			w.Accounts["svc_"+strings.ReplaceAll(a.Name, "-", "_")] = Account{Grant: a.Name + "/use", Role: true}
		}
	}
	for i := 0; len(w.Grants) < size.Grants; i++ {
		a := w.Assets[i%len(w.Assets)]
		w.Grants[fmt.Sprintf("%s/admin%d", a.Name, i/len(w.Assets))] = Grant{Asset: a.Name, Access: fmt.Sprintf("administer %d", i/len(w.Assets)), Risk: "privileged"}
	}
	return w
}

func (w *World) hire() *Person {
	n := len(w.People)
	p := &Person{Username: fmt.Sprintf("p%04d", n), Name: fmt.Sprintf("%s %s", first[n%len(first)], last[n/len(first)%len(last)]), Status: Active}
	if n > 0 {
		p.Manager = w.People[(n-1)/7].ID()
	}
	w.People = append(w.People, p)
	return p
}

var (
	first = []string{"Ada", "Björn", "Chen", "Daria", "Emeka", "Farah", "Grace", "Hugo", "Ines", "Jörg", "Kofi", "Lena", "Mina", "Noor", "Otto", "Priya", "Quinn", "Rosa", "Søren", "Tove"}
	last  = []string{"Archer", "Baker", "Çelik", "Dvořák", "Eze", "Fuchs", "García", "Hahn", "Ito", "Jansen", "Kowalski", "Lindqvist", "Moreau", "Nagy", "O'Brien", "Pérez"}
)

func (w *World) addAsset(catalog string, holders ...string) *Asset {
	prefix := map[string]string{Laptops: "laptop", UserAccounts: "account", Applications: "app"}[catalog]
	a := &Asset{Name: fmt.Sprintf("%s-%04d", prefix, len(w.Assets)), Catalog: catalog, Department: len(w.Assets) % w.size.Departments, Status: InService, Holders: holders, Doubtful: w.random.IntN(10) == 0}
	w.Assets = append(w.Assets, a)
	w.Grants[a.Name+"/use"] = Grant{Asset: a.Name, Access: "use", Risk: "standard"}
	return a
}

// addUserAccount gives a person an account, which is an asset of its own.
func (w *World) addUserAccount(p *Person) *Asset {
	a := w.addAsset(UserAccounts, p.Username)
	w.Accounts[p.Username] = Account{Grant: a.Name + "/use"}
	return a
}

// anyone returns somebody who works here.
func (w *World) anyone() *Person {
	return w.somebody(func(p *Person) bool { return p.Works() })
}

// Works reports whether the person is an active employee.
func (p *Person) Works() bool { return p.Status == Active && !p.Gone && p.EndDate.IsZero() }

func (w *World) somebody(is func(*Person) bool) *Person {
	return pick(w.random, w.People, is)
}

func (w *World) something(is func(*Asset) bool) *Asset {
	return pick(w.random, w.Assets, is)
}

// pick returns one of those that are wanted, or nil.
func pick[T any](random *rand.Rand, all []*T, wanted func(*T) bool) *T {
	some := slices.DeleteFunc(slices.Clone(all), func(x *T) bool { return !wanted(x) })
	if len(some) == 0 {
		return nil
	}
	return some[random.IntN(len(some))]
}
