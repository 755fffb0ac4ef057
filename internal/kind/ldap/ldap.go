// Package ldap resolves people and teams in a directory that speaks LDAP:
// OpenLDAP, Active Directory and similar servers. It also switches accounts of
// OpenLDAP and of Active Directory on and off.
//
// Every question is a search over a connection whose certificate was verified.
// A search that the server cut short, refused or referred to another server is
// an error. Only a complete search under an existing base proves that a key is
// unknown.
package ldap

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
)

// Kind is the name of this kind of system in the configuration.
const Kind = "ldap"

// Config holds the address of a directory and the mapping of its attributes.
// Empty fields take the values of the preset.
type Config struct {
	Name   string
	Preset string // openldap or active_directory

	URL               string // ldap://host or ldaps://host, with a port or without
	StartTLS          bool
	CAFile            string
	InsecurePlaintext bool

	BindDN    string // a distinguished name or, in Active Directory, a user principal name
	Password  string
	Anonymous bool

	Timeout  time.Duration // for one request; default 30 seconds
	PageSize int           // entries in one page; default 500

	BaseDN       string   // where people and groups are; this or BaseDNs
	BaseDNs      []string // several bases
	GroupBaseDNs []string // where groups are, if not below the base
	LeftBaseDNs  []string // people below one of these have left

	PeopleFilter string
	GroupFilter  string

	IDAttribute        string
	UsernameAttributes []string
	EmailAttributes    []string
	NameAttribute      string
	ManagerAttribute   string
	GroupIDAttribute   string
	MemberAttribute    string // of a group: its members
	TeamsAttribute     string // of a person: the groups; if empty, the groups that name the person are searched
	NestedGroups       string // walk or chain

	KindAttribute string
	Kinds         map[string]string // the directory's word -> kind

	StatusAttribute  string
	States           map[string]string // the directory's word -> status
	DisabledStatus   string            // what a disabled account means: suspended, left or active
	PasswordPolicyDN string            // the policy of people whose entries name none
	EndDateAttribute string

	Probe []string // keys that must resolve before any other answer is used
}

// System is a directory. It implements system.PeopleLister and system.Accounts.
type System struct {
	config   Config
	profile  profile
	bases    []branch
	groupsIn []branch
	leftIn   []branch
	policyAt []branch
	statuses map[string]lifecycle.OwnerStatus
	kinds    map[string]lifecycle.OwnerKind
	disabled lifecycle.OwnerStatus
	pool     *pool
	secrets  redact.Secrets

	opened   memo.Memo[struct{}]
	people   memo.Memo[string] // distinguished name -> id, for managers
	teams    memo.Memo[string] // distinguished name, or security identifier -> id of a group
	policies memo.Memo[bool]   // distinguished name -> whether the policy locks accounts

	primaries memo.Memo[struct{}] // whether primary groups are shown
}

var (
	_ system.PeopleLister = (*System)(nil)
	_ system.Accounts     = (*System)(nil)
)

// New checks the configuration and returns the system. It connects when the
// first search is made. Its error is a *system.ConfigError.
func New(c Config) (*System, error) {
	s := &System{config: c}
	s.secrets.Add(c.Password)
	if problems := s.configure(); len(problems) > 0 {
		return nil, &system.ConfigError{System: c.Name, Problems: problems}
	}
	return s, nil
}

// Name returns the name that the configuration gave the system.
func (s *System) Name() string { return s.config.Name }

// Kind returns "ldap".
func (s *System) Kind() string { return Kind }

// Person returns the people and groups that have the key as an id, a user name
// or an email address.
func (s *System) Person(ctx context.Context, key string) ([]lifecycle.Person, error) {
	key, ok := system.UsableKey(key)
	if !ok {
		return nil, ctx.Err()
	}
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	return s.resolve(ctx, key)
}

// Members returns the people in the group with the given id and in the groups
// inside it, sorted by id. It leaves out the manager and the teams of each,
// which would take further requests.
func (s *System) Members(ctx context.Context, team string) ([]lifecycle.Person, error) {
	team, ok := system.UsableKey(team)
	if !ok {
		return nil, ctx.Err()
	}
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	groups, err := s.findGroups(ctx, []string{team}, s.profile.groupKeys[:1])
	if err != nil {
		return nil, err
	}
	found := newTally()
	for _, g := range groups {
		if err := s.addMembers(ctx, g.entry, found); err != nil {
			return nil, err
		}
	}
	return found.people(), nil
}

// resolve finds the entries of a key and completes them.
func (s *System) resolve(ctx context.Context, key string) ([]lifecycle.Person, error) {
	found, err := s.find(ctx, []string{key}, false)
	if err != nil {
		return nil, err
	}
	if found, err = s.addNamesakes(ctx, key, found); err != nil {
		return nil, err
	}
	out := make([]lifecycle.Person, len(found))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(connections)
	for i, m := range found {
		g.Go(func() error {
			var err error
			out[i], err = s.complete(ctx, m)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

// find returns the people and the groups that have one of the keys.
func (s *System) find(ctx context.Context, keys []string, idOnly bool) ([]match, error) {
	people, groups := s.profile.personKeys, s.profile.groupKeys
	if idOnly {
		people, groups = people[:1], groups[:1]
	}
	var persons, teams []match
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		persons, err = s.findPeople(ctx, keys, people)
		return err
	})
	g.Go(func() (err error) {
		teams, err = s.findGroups(ctx, keys, groups)
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return append(persons, teams...), nil
}

// addNamesakes adds the entries that have the same id as an entry that was
// found by another key, because their canonical name is the same.
func (s *System) addNamesakes(ctx context.Context, key string, found []match) ([]match, error) {
	var ids []string
	for _, m := range found {
		if system.Fold(m.person.ID) != system.Fold(key) {
			ids = append(ids, m.person.ID)
		}
	}
	if len(ids) == 0 || s.profile.unique {
		return found, nil
	}
	more, err := s.find(ctx, ids, true)
	if err != nil {
		return nil, err
	}
	return distinct(append(found, more...)), nil
}
