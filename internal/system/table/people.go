package table

import (
	"reflect"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// PeopleIndex holds directory entries and finds them by any of their keys.
type PeopleIndex struct {
	directory string
	words     *Words
	pool      *pool
	labels    []string
	begun     int // index of the first entry of the current source
	people    []lifecycle.Person
	byKey     map[string][]int32 // folded id, email and user name
	byTeam    map[string][]int32 // folded team word -> the entries that name it
	teamNames map[string]int     // folded name -> the number of teams with that name
}

// NewPeople returns an empty index of the directory.
func (w *Words) NewPeople(directory string) *PeopleIndex {
	return &PeopleIndex{
		directory: directory, words: w, pool: newPool(),
		byKey: make(map[string][]int32), byTeam: make(map[string][]int32), teamNames: make(map[string]int),
	}
}

// Len returns the number of entries.
func (p *PeopleIndex) Len() int { return len(p.people) }

// Begin implements Index.
func (p *PeopleIndex) Begin(label string) {
	p.labels = append(p.labels, label)
	p.begun = len(p.people)
}

// Add implements Index.
func (p *PeopleIndex) Add(l *Layout, r *Row) {
	text := func(f int) string { return strings.Clone(r.cells[f].Text) }
	entry := lifecycle.Person{
		Directory: p.directory,
		ID:        text(personID),
		Email:     text(personEmail),
		Username:  text(personUsername),
		Name:      text(personName),
		Manager:   p.pool.text(r.cells[personManager].Text),
		Teams:     p.pool.list(&r.cells[personTeams]),
		Source:    recordSource(p.labels, place{int32(len(p.labels) - 1), int32(r.Line)}), //nolint:gosec // bounded by the reader
	}
	if entry.ID == "" {
		l.flaw(r, personID, "an id is required")
	}
	if word := r.cells[personKind].Text; word != "" {
		kind, known := p.words.kinds[system.Fold(word)]
		if entry.Kind = kind; !known {
			l.flaw(r, personKind, "it is not a kind of owner; accepted: "+strings.Join(lifecycle.OwnerKinds(), ", ")+", and words that kinds maps to one of them")
		}
	}
	if word := r.cells[personStatus].Text; word != "" {
		status, known := p.words.statuses[system.Fold(word)]
		if entry.Status = status; !known {
			entry.StatusText = p.pool.text(word)
		}
	}
	if r.deleted {
		entry.Status, entry.StatusText = lifecycle.PersonLeft, ""
	}
	entry.EndDate = l.date(r, personEndDate)
	if r.bad == 0 {
		p.people = append(p.people, entry)
	}
}

// End completes the entries of a list without a column for the status or the
// kind: people in such a list are active employees.
func (p *PeopleIndex) End(seen Bits) {
	for i := p.begun; i < len(p.people); i++ {
		if !seen.Has(personStatus) && p.people[i].Status != lifecycle.PersonLeft {
			p.people[i].Status = lifecycle.PersonActive
		}
		if !seen.Has(personKind) {
			p.people[i].Kind = lifecycle.KindEmployee
		}
	}
}

// Done implements Index.
func (p *PeopleIndex) Done() {
	p.pool = nil
	p.people = distinct(p.people)
	for i := range p.people {
		entry := &p.people[i]
		for _, key := range []string{entry.ID, entry.Email, entry.Username} {
			put(p.byKey, key, int32(i))
		}
		for _, team := range entry.Teams {
			put(p.byTeam, team, int32(i))
		}
		if entry.Kind == lifecycle.KindTeam {
			p.teamNames[system.Fold(entry.Name)]++
		}
	}
}

// distinct leaves out entries that equal an earlier one: in many reports a
// person with two positions has two rows.
func distinct(people []lifecycle.Person) []lifecycle.Person {
	first := make(map[string]int, len(people))
	out := people[:0]
	for _, entry := range people {
		if at, again := first[entry.ID]; again {
			same := out[at]
			same.Source = entry.Source
			if reflect.DeepEqual(same, entry) {
				continue
			}
		} else {
			first[entry.ID] = len(out)
		}
		out = append(out, entry)
	}
	return out
}

// put files an entry under a key, once.
func put(index map[string][]int32, key string, i int32) {
	if key == "" || system.HasReplacement(key) {
		return
	}
	key = system.Fold(key)
	if at := index[key]; len(at) == 0 || at[len(at)-1] != i {
		index[key] = append(at, i)
	}
}

// matches returns the entries that a key names. If the id of an entry occurs
// several times, all entries with this id are returned, because their canonical
// name is the same.
func (p *PeopleIndex) matches(key string) []int32 {
	var out []int32
	for _, i := range p.byKey[system.Fold(strings.TrimSpace(key))] {
		id := system.Fold(p.people[i].ID)
		out = append(out, i)
		for _, j := range p.byKey[id] {
			if system.Fold(p.people[j].ID) == id {
				out = append(out, j)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Find returns the entries whose id, email address or user name is the key.
func (p *PeopleIndex) Find(key string) []lifecycle.Person {
	var out []lifecycle.Person
	for _, i := range p.matches(key) {
		out = append(out, p.people[i])
	}
	return out
}

// Members returns everybody in a team and in the teams inside it, sorted by id.
func (p *PeopleIndex) Members(team string) []lifecycle.Person {
	words := []string{team}
	for _, i := range p.matches(team) {
		words = append(words, p.teamWords(&p.people[i])...)
	}
	var out []lifecycle.Person
	asked, taken := make(map[string]bool), make(map[int32]bool)
	for len(words) > 0 {
		word := system.Fold(strings.TrimSpace(words[0]))
		words = words[1:]
		if word == "" || asked[word] {
			continue
		}
		asked[word] = true
		for _, i := range p.byTeam[word] {
			if taken[i] {
				continue
			}
			taken[i] = true
			if entry := &p.people[i]; entry.Kind == lifecycle.KindTeam {
				words = append(words, p.teamWords(entry)...)
			} else {
				out = append(out, *entry)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b lifecycle.Person) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// teamWords returns the words under which people may name a team. Names
// shared by several teams are not keys: the members of one would be counted as
// those of the other.
func (p *PeopleIndex) teamWords(team *lifecycle.Person) []string {
	if team.Kind != lifecycle.KindTeam {
		return nil
	}
	words := []string{team.ID, team.Email, team.Username}
	if p.teamNames[system.Fold(team.Name)] == 1 {
		words = append(words, team.Name)
	}
	return words
}
