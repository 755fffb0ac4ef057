// Package scim resolves people and teams in a directory that speaks SCIM 2.0
// (RFC 7643, RFC 7644).
//
// Servers differ in how much of SCIM they keep to, and few say so. A filter may
// be ignored, or compare case; a page may come twice; a list may end early. So
// nothing that a server claims is believed before it was seen: a filter counts
// once it has found somebody who is known to be there, and a list once it holds
// as many entries as the server says there are. Whatever cannot be shown leaves
// the directory unavailable, and nobody is taken to be gone.
package scim

import (
	"context"
	"net/http"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// Kind is the name of this kind of system in the configuration.
const Kind = "scim"

// Config says where a directory is and how its attributes map to ours.
type Config struct {
	Name      string
	URL       string // everything is below it: https://id.example.org/scim/v2
	Token     string
	CAFile    string
	AllowHTTP bool

	// What names a user besides the id: userName, emails.value, externalId,
	// employeeNumber. The first two unless told.
	Keys []string
	// The attribute that says what sort of person a user is: userType unless
	// told.
	KindAttribute string
	Kinds         map[string]string // the directory's word -> our kind
	// The attribute that holds the last day. Without it nobody has one.
	EndDateAttribute string
	// What active = false says: suspended, which is the default, or left.
	InactiveMeans string

	NoGroups  bool   // do not read groups
	TeamsFrom string // where the teams of a user are read: user, which is the default, or groups

	Probe []string // keys that must resolve before any other look-up counts

	Paging            string // index or cursor; what the server announces unless told
	PageSize          int    // entries asked for at a time; 100 unless told
	RequestsPerMinute int    // no limit if zero
	Timeout           time.Duration
}

// System is a directory. It implements system.PeopleLister.
type System struct {
	config  Config
	keys    []attribute
	kinds   map[string]lifecycle.OwnerKind
	dormant lifecycle.OwnerStatus // what active = false says
	client  *httpclient.Client
	users   *catalog
	groups  *catalog // nil if groups are not read

	features memo.Memo[features]
	opened   memo.Memo[struct{}]
	teamsOf  memo.Memo[map[string][]string] // id of a user or group -> the groups that list it
	shown    memo.Memo[bool]                // whether groups show their members
	nested   memo.Memo[bool]                // whether the list of groups shows the groups inside one
	outer    memo.Memo[map[string][]string] // id of a group -> the groups that list it at their addresses
}

var _ system.PeopleLister = (*System)(nil)

// New checks the configuration and returns the system. It connects to nothing:
// that happens when something is first asked for. Its error is a
// *system.ConfigError.
func New(c Config) (*System, error) { return open(c, httpclient.Config{}) }

// open returns a system that sends its requests the given way.
func open(c Config, t httpclient.Config) (*System, error) {
	s := &System{config: c}
	problems := s.configure()
	t.System, t.BaseURL, t.CAFile, t.AllowHTTP = c.Name, c.URL, c.CAFile, c.AllowHTTP
	t.Credentials = []httpclient.Credential{httpclient.Bearer(c.Token)}
	t.RequestsPerMinute = c.RequestsPerMinute
	t.Summary = "Unable to Read Directory"
	t.Header = http.Header{"Accept": {"application/scim+json, application/json;q=0.9"}}
	if t.Timeout == 0 {
		t.Timeout = c.Timeout
	}
	client, err := httpclient.New(t)
	if problems = append(problems, problemsOf(err)...); len(problems) > 0 {
		return nil, &system.ConfigError{System: c.Name, Problems: problems}
	}
	s.client = client
	s.users = &catalog{s: s, name: "Users", what: "users", keys: s.keys, read: s.readUser}
	if !c.NoGroups {
		s.groups = &catalog{s: s, name: "Groups", what: "groups", keys: groupKeys, read: s.readGroup, whole: s.config.TeamsFrom == teamsFromGroups}
	}
	return s, nil
}

// Name returns the name that the configuration gave the system.
func (s *System) Name() string { return s.config.Name }

// Kind returns "scim".
func (s *System) Kind() string { return Kind }

// Person returns the users and groups that the key names: by id, by what the
// configuration says names a user, and for groups by their name.
func (s *System) Person(ctx context.Context, key string) ([]lifecycle.Person, error) {
	key, ok := system.UsableKey(key)
	if !ok {
		return nil, ctx.Err()
	}
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	found, err := s.find(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.people(ctx, found)
}

// find returns the entries that a key names.
func (s *System) find(ctx context.Context, key string) ([]*entry, error) {
	found, err := s.users.find(ctx, key)
	if err != nil || s.groups == nil {
		return found, err
	}
	teams, err := s.groups.find(ctx, key)
	if err != nil {
		return nil, err
	}
	return append(found, teams...), nil
}

// people completes what was found.
func (s *System) people(ctx context.Context, found []*entry) ([]lifecycle.Person, error) {
	var out []lifecycle.Person
	for _, e := range found {
		p := e.person
		if e.flaw != "" {
			return nil, s.client.Unusable(e.flaw, "Correct the entry in the directory, or the attributes in the block of the system; then plan again.")
		}
		if s.config.TeamsFrom == teamsFromGroups {
			teams, err := s.teamsByMember(ctx)
			if err == nil && p.Kind == lifecycle.KindTeam {
				teams, err = s.teamsByTeam(ctx, teams)
			}
			if err != nil {
				return nil, err
			}
			p.Teams = teams[e.id]
		}
		out = append(out, p)
	}
	return out, nil
}

// open checks once that there is anybody to be found, and that the keys of
// probe resolve: a token that lost its rights sees an empty directory.
func (s *System) open(ctx context.Context) error {
	_, err := s.opened.Get(ctx, "", func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.check(ctx)
	})
	return err
}

const adviceRights = "Check what the token may see: it must be allowed to read every user and group."

func (s *System) check(ctx context.Context) error {
	head, err := s.users.head(ctx)
	if err != nil {
		return err
	}
	if len(head.entries) == 0 {
		return s.client.Unusable("it shows no user at all", adviceRights)
	}
	for _, key := range s.config.Probe {
		key, _ = system.UsableKey(key)
		found, err := s.find(ctx, key)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return s.client.Unusable("it does not show "+quote(key)+", which probe lists", adviceRights)
		}
	}
	return nil
}
