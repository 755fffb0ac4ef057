package rest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"cel.dev/cel-go/cel"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// peopleText describes people, or the teams that they are in.
type peopleText struct {
	When string `yaml:"when"` // condition over the settings: whether they are read at all
	ID   string `yaml:"id"`   // expression over an item
	// Prefix begins every id of teams, for systems in which people and teams have
	// the same numbers. Paths with {id} hold the id without it.
	Prefix string            `yaml:"prefix"`
	Get    []getText         `yaml:"get"`   // every look-up that can be used for a key is used; together they find all keys
	List   []listText        `yaml:"list"`  // together, all entries
	Hides  *bool             `yaml:"hides"` // the lists may leave out what get shows; true if unstated
	Fields map[string]string `yaml:"fields"`
	// Teams requests the teams of one person, {id}. Without it, the field teams
	// lists them, if it is described.
	Teams *referenceText `yaml:"teams"`
	// Members request the direct members of one team, {id}: people and teams.
	Members []referenceText `yaml:"members"`
	// HidesMembers is a condition over an item of teams: an account needs a further
	// right to see its members.
	HidesMembers string `yaml:"hides_members"`
}

// referenceText requests what is related to an entry.
type referenceText struct {
	When   string           `yaml:"when"`
	Path   string           `yaml:"path"`
	Query  map[string]texts `yaml:"query"`
	Items  string           `yaml:"items"`
	Total  string           `yaml:"total"`
	Paging *pagingText      `yaml:"paging"`
	ID     string           `yaml:"id"` // expression over an item: the id of the person or team
	// NotFound recognises the answer for an entry that is listed and has nothing
	// related to it any more, such as one that was deleted.
	NotFound string `yaml:"not_found"`
	Team     string `yaml:"team"`  // condition over an item: it is a team; false if unstated
	Skip     string `yaml:"skip"`  // condition over an item: it is neither a person nor a team
	Whole    bool   `yaml:"whole"` // items that are no team are entries as people shows them
}

// personFields are the fields of an entry with the types that their expressions
// may have. keys are further texts that name the entry.
var personFields = map[string][]*cel.Type{
	"email": scalars, "username": scalars, "name": scalars, "kind": scalars, "status": scalars, "end_date": scalars,
	"manager": scalars, "teams": lists, "keys": lists, "source": scalars,
}

// catalog holds the people of a directory, or its teams.
type catalog struct {
	s      *System
	client *httpclient.Client
	what   string // "people" or "teams", for messages
	team   bool
	prefix string // of ids

	id           *expression
	ways         []*keyLookUp
	lists        []*listing
	trash        []*listing // those of the lists of deleted entries
	hides        bool
	fields       map[string]*expression
	teams        *reference   // of one person
	member       []*reference // of one team
	hidesMembers *expression  // whether the members of a team may be hidden; nil if those of none are
	address      *expression  // how requests name an entry that is an account; nil where no account is looked for

	listed  memo.Memo[*directoryIndex]
	deleted memo.Memo[*directoryIndex]
	samples memo.Memo[[]sample] // of the list's first page
	sound   memo.Memo[bool]     // whether a look-up finds its known entry, by its index
	related memo.Memo[[]string] // the teams of a person, by id
	flawed  atomic.Bool         // the list holds entries that cannot be read
}

// keyLookUp looks up entries by one key.
type keyLookUp struct {
	get
	by   *expression // nil if an empty result proves nothing
	wide bool
}

// reference reads what is related to an entry.
type reference struct {
	listing          *listing
	id, team, except *expression
	whole            bool
}

// people compiles the rules for people and teams.
func (s *System) compilePeople(c *checker, d *document) {
	if d.People == nil {
		if d.Teams != nil {
			c.problem("teams", "teams requires people: the members of a team are people.")
		}
		for attribute, set := range map[string]bool{"kinds": len(c.config.Kinds) > 0, "statuses": len(c.config.Statuses) > 0, "probe": len(c.config.Probe) > 0} {
			if set {
				c.configProblem(attribute, "", "The description does not read people.")
			}
		}
		return
	}
	s.kinds = words(c, "kinds", "kinds", d.Kinds, c.config.Kinds, lifecycle.ParseOwnerKind, lifecycle.OwnerKinds())
	s.statuses = words(c, "statuses", "statuses", d.Statuses, c.config.Statuses, lifecycle.ParseDirectoryStatus, lifecycle.DirectoryStatuses())
	if d.People.Fields["status"] == "" {
		c.problem("people.fields.status", "It is required: an expression for a word that statuses maps.")
	}
	s.people = s.catalog(c, "people", d.People)
	if d.Teams != nil {
		if s.teams = s.catalog(c, "teams", d.Teams); s.teams != nil {
			s.teams.team = true
		}
	}
	for _, key := range c.config.Probe {
		if _, ok := system.UsableKey(key); !ok {
			c.configProblem("probe", "", "It must list keys of people or teams that are certainly there: ids, e-mail addresses or user names.")
		}
	}
}

// catalog compiles the rules for people or for teams; nil if they are not read.
func (s *System) catalog(c *checker, what string, t *peopleText) *catalog {
	use := c.applies(what, t.When)
	k := &catalog{s: s, what: what, prefix: t.Prefix, hides: hides(t.Hides), fields: c.fields(what+".fields", t.Fields, personFields)}
	if t.ID == "" {
		c.problem(what+".id", "An expression is required that gives the id of an item.")
	} else {
		k.id = c.compile(what+".id", t.ID, inItem, scalars...)
	}
	for i := range t.Get {
		if w := c.way(fmt.Sprintf("%s.get[%d]", what, i), &t.Get[i]); w != nil {
			k.ways = append(k.ways, w)
		}
	}
	for i := range t.List {
		l := c.listing(fmt.Sprintf("%s.list[%d]", what, i), &t.List[i])
		if l == nil {
			continue
		}
		k.lists = append(k.lists, l)
		if l.trash = t.List[i].Trash; l.trash {
			k.trash = append(k.trash, l)
		}
	}
	if len(k.lists) == len(k.trash) {
		c.problem(what+".list", "At least one list is required: it shows whether the account sees anyone, and whether a look-up finds the right entries.")
	}
	if t.Teams != nil {
		k.teams = c.reference(what+".teams", t.Teams)
	}
	for i := range t.Members {
		if r := c.reference(fmt.Sprintf("%s.members[%d]", what, i), &t.Members[i]); r != nil {
			k.member = append(k.member, r)
		}
	}
	if t.HidesMembers != "" {
		k.hidesMembers = c.compile(what+".hides_members", t.HidesMembers, inItem, cel.BoolType)
	}
	c.misplaced(what, t)
	if use && len(t.Members) > 0 && len(k.member) == 0 {
		c.problem(what+".members", "None of them applies with these settings, so every team would look empty.")
	}
	if !use {
		return nil
	}
	return k
}

// misplaced reports settings that teams require, and those that are accepted in people
// or teams only.
func (c *checker) misplaced(what string, t *peopleText) {
	switch {
	case what == "people" && t.HidesMembers != "":
		c.problem("people.hides_members", "It is accepted in teams only.")
	case what == "teams" && len(t.Members) == 0:
		c.problem("teams.members", "It is required: how the members of a team are read.")
	case what == "teams" && t.Teams != nil:
		c.problem("teams.teams", "It is accepted in people only.")
	case what == "people" && len(t.Members) > 0:
		c.problem("people.members", "It is accepted in teams only.")
	case what == "people" && t.Prefix != "":
		c.problem("people.prefix", "It is accepted in teams only.")
	}
}

func (c *checker) way(at string, t *getText) *keyLookUp {
	g := c.get(at, t, keyPlace)
	w := &keyLookUp{wide: t.Wide}
	if t.By != "" {
		w.by = c.compile(at+".by", t.By, inItem, scalars...)
	}
	if g == nil {
		return nil
	}
	w.get = *g
	return w
}

func (c *checker) reference(at string, t *referenceText) *reference {
	l := c.listing(at, &listText{When: t.When, Path: t.Path, Query: t.Query, Items: t.Items, Total: t.Total, Paging: t.Paging, notFound: t.NotFound}, idPlace)
	r := &reference{listing: l, whole: t.Whole}
	if t.ID == "" {
		c.problem(at+".id", "An expression is required that gives the id of an item.")
	} else {
		r.id = c.compile(at+".id", t.ID, inItem, scalars...)
	}
	if t.Team != "" {
		r.team = c.compile(at+".team", t.Team, inItem, cel.BoolType)
	}
	if t.Skip != "" {
		r.except = c.compile(at+".skip", t.Skip, inItem, cel.BoolType)
	}
	if l == nil {
		return nil
	}
	return r
}

// entry is a person or a team.
type entry struct {
	person       lifecycle.Person
	keys         []string // its keys, as the system writes them
	address      string   // how requests name it, where an account is looked for
	deleted      bool     // it is in a list of deleted entries
	hidesMembers bool     // its members may be hidden
	flaw         error    // why the rest of it cannot be read
}

// named reports whether a key names the entry.
func (e *entry) named(key string) bool {
	key = system.Fold(key)
	return slices.ContainsFunc(e.keys, func(k string) bool { return system.Fold(k) == key })
}

// entry reads one item. An item without an id is an error. Anything else that cannot
// be read is a flaw, which is reported only where the entry is needed.
func (k *catalog) entry(item any) (*entry, error) {
	if _, ok := item.(map[string]any); !ok {
		return nil, fmt.Errorf("an item is not an object")
	}
	variables := k.s.itemVariables(item, "")
	id, err := k.id.text(variables)
	if err != nil {
		return nil, err
	}
	f := &reader{fields: k.fields, dates: k.s.dates, variables: variables, placeholders: k.s.placeholders}
	e := &entry{person: lifecycle.Person{Directory: k.s.config.Name, ID: system.Clean(id), Email: f.text("email"), Username: f.text("username")}}
	p := &e.person
	if p.ID == "" || system.HasReplacement(p.ID) {
		return nil, fmt.Errorf("an item has no id")
	}
	p.ID = k.prefix + p.ID
	for _, key := range append([]string{p.ID, p.Email, p.Username}, f.list("keys", choice)...) {
		if usable, ok := system.UsableKey(key); ok && usable == key && !slices.Contains(e.keys, key) {
			e.keys = append(e.keys, key)
		}
	}
	if f.err != nil {
		return nil, f.err
	}
	if k.hidesMembers != nil {
		if e.hidesMembers, err = k.hidesMembers.bool(variables); err != nil {
			return nil, err
		}
	}
	if k.address != nil {
		if e.address, err = k.address.text(variables); err != nil {
			return nil, err
		}
	}
	e.flaw = k.describe(p, f)
	return e, nil
}

// describe reads the fields of an entry that do not name it.
func (k *catalog) describe(p *lifecycle.Person, f *reader) error {
	p.Name, p.Manager, p.Source = f.text("name"), f.text("manager"), f.text("source")
	p.EndDate, p.Teams = f.date("end_date", true), f.list("teams", choice)
	if p.Source == "" {
		p.Source = k.s.title + " " + k.what + "/" + p.ID
	}
	p.Kind, p.Status = lifecycle.KindTeam, lifecycle.PersonActive
	if word := f.text("status"); k.fields["status"] != nil {
		known := false
		if p.Status, known = k.s.statuses[fold(word)]; !known {
			p.StatusText = word
		}
	}
	if !k.team {
		p.Kind = k.s.ownerKind(f.text("kind"))
	}
	if f.err == nil && len(f.unread) > 0 {
		// Without it, a person whose last day has passed would seem to stay.
		return errors.New(strings.Join(f.unread, " "))
	}
	return f.err
}

// ownerKind returns the kind to which a word of the system is mapped. Without a word it
// is an employee; with one that is not mapped, the kind is unstated.
func (s *System) ownerKind(word string) lifecycle.OwnerKind {
	if word == "" {
		return lifecycle.KindEmployee
	}
	return s.kinds[fold(word)]
}
