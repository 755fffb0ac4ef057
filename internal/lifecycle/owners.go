package lifecycle

import (
	"slices"
	"strings"
	"time"
)

// owner is one owner in a record, with their entries in the directories.
type owner struct {
	key     string
	matches []Person
	holder  string // canonical, where there is one match
}

func (o *owner) resolved() bool { return len(o.matches) == 1 }

// owners are those that a record names, in its order.
type owners struct {
	named []owner
	// people are the entries to which they resolve, sorted by their canonical names
	// and without repetition.
	people []entry
}

// entry is an entry of a directory, with its canonical name.
type entry struct {
	*Person
	holder string
}

// resolve looks the keys up.
func resolve(keys []string, people map[string][]Person) owners {
	os := owners{named: make([]owner, len(keys)), people: make([]entry, 0, len(keys))}
	for i, k := range keys {
		o := &os.named[i]
		o.key, o.matches = k, people[k]
		if o.resolved() {
			o.holder = o.matches[0].Holder()
			os.people = append(os.people, entry{&o.matches[0], o.holder})
		}
	}
	if len(os.people) > 1 {
		slices.SortStableFunc(os.people, func(a, b entry) int { return strings.Compare(a.holder, b.holder) })
		os.people = slices.CompactFunc(os.people, func(a, b entry) bool { return a.holder == b.holder })
	}
	return os
}

// distinct counts the owners: several keys of one person, or a repeated key, are
// one owner.
func (os *owners) distinct() int {
	n := len(os.people)
	for i := range os.named {
		o := &os.named[i]
		if !o.resolved() && !slices.ContainsFunc(os.named[:i], func(p owner) bool { return sameWord(p.key, o.key) }) {
			n++
		}
	}
	return n
}

func (os *owners) allResolved() bool {
	for i := range os.named {
		if !os.named[i].resolved() {
			return false
		}
	}
	return len(os.named) > 0
}

// StatusAt returns the status of the person at the given instant. An active
// person whose end date is near is leaving; one whose end date has passed has
// ended, which is less severe than having left, which only an explicit status
// says.
func StatusAt(p Person, now time.Time, lead time.Duration) OwnerStatus {
	return p.statusAt(now, lead)
}

func (p *Person) statusAt(now time.Time, lead time.Duration) OwnerStatus {
	switch {
	case p.Status != PersonActive || p.EndDate.IsZero() || now.Before(p.EndDate.Add(-lead)):
		return p.Status
	case now.Before(p.EndDate):
		return PersonLeaving
	default:
		return PersonEnded
	}
}

// presenceRank orders statuses by how present the owner is: of several owners
// the most present one gives the status.
var presenceRank = [...]int{PersonLeft: 0, PersonSuspended: 1, PersonEnded: 2, PersonUnknown: 3, PersonLeaving: 4, PersonActive: 5}

// departed reports whether an owner with that status does not count as a holder
// if another owner is present.
func departed(s OwnerStatus) bool { return s == PersonLeft || s == PersonEnded }

func (a *assessment) assessOwners() {
	b := &a.binding
	if len(a.owners.named) == 0 {
		if !slices.Contains(a.disagree, "owner") {
			a.find(OwnerNone, "The record names no owner.")
		} else {
			a.find(OwnerNone, "The records of the asset name different owners.")
		}
		a.shared(nil)
		return
	}
	people := a.owners.people
	a.describeOwners(people)
	a.binding.Names = namesOf(people...)
	if unknown := a.unknownOwners(); len(unknown) > 0 {
		a.find(OwnerUnknown, strings.Join(unknown, " "))
	}
	switch b.OwnerStatus {
	case PersonLeft:
		a.find(OwnerLeft, "The owner "+displayAll(people)+" has left.")
	case PersonEnded:
		a.find(OwnerEnded, "The end date of the owner "+displayAll(people)+" has passed, but the directory does not say that they left.")
	case PersonSuspended:
		a.find(OwnerSuspended, "The owner "+displayAll(people)+" is suspended.")
	case PersonLeaving:
		a.find(OwnerLeaving, "The owner "+displayAll(people)+" is leaving.")
	case PersonUnknown, PersonActive:
	}
	a.shared(people)
	if len(people) > 0 && !slices.ContainsFunc(people, a.hasPresentOwner) {
		if teams := slices.DeleteFunc(slices.Clone(people), func(p entry) bool { return p.Kind != KindTeam || p.Status == PersonLeft }); len(teams) > 0 {
			a.find(OwnerNoActiveMember, "The owning team "+displayAll(teams)+" has no active member.")
		}
	}
}

// status returns whether the person is still here.
func (a *assessment) status(p entry) OwnerStatus { return p.statusAt(a.now, a.rules.LeadTime) }

// hasPresentOwner reports whether the owner is present, and for a team whether
// it has an active member.
func (a *assessment) hasPresentOwner(p entry) bool {
	s := a.status(p)
	if s != PersonActive && s != PersonLeaving {
		return false
	}
	return p.Kind != KindTeam || a.facts.ActiveMembers[p.holder] > 0
}

func (a *assessment) describeOwners(people []entry) {
	b := &a.binding
	b.OwnerKeys = a.unresolvedKeys()
	if len(people) == 0 {
		return
	}
	best := a.status(people[0])
	for _, p := range people {
		b.OwnerKind = max(b.OwnerKind, p.Kind)
		if s := a.status(p); presenceRank[s] > presenceRank[best] {
			best = s
		}
	}
	if !a.owners.allResolved() && presenceRank[best] < presenceRank[PersonUnknown] {
		best = PersonUnknown
	}
	b.OwnerStatus = best
	gone := func(p entry) bool { return departed(a.status(p)) }
	if !departed(best) && slices.ContainsFunc(people, gone) {
		people = slices.DeleteFunc(slices.Clone(people), gone)
	}
	a.describeHolders(people)
}

// describeHolders fills in what the owners who hold the asset have in common.
func (a *assessment) describeHolders(people []entry) {
	if len(people) == 0 {
		return
	}
	b := &a.binding
	b.Manager, b.OwnerEndDate = people[0].Manager, people[0].EndDate
	b.OwnerKeys = slices.Grow(b.OwnerKeys, keysOfEntry*len(people))
	for i, p := range people {
		if i > 0 {
			b.Holder += HolderSeparator
		}
		b.Holder += p.holder
		b.OwnerKeys = appendKeys(b.OwnerKeys, p)
		b.Teams = append(b.Teams, p.Teams...)
		if !sameKey(p.Manager, b.Manager) {
			b.Manager = ""
		}
		if p.EndDate.IsZero() || b.OwnerEndDate.IsZero() {
			b.OwnerEndDate = time.Time{}
		} else {
			b.OwnerEndDate = later(b.OwnerEndDate, p.EndDate)
		}
	}
	for i := range a.owners.named {
		o := &a.owners.named[i]
		if !o.resolved() || o.matches[0].hasKey(o.key) {
			continue // by that key they are listed already, if they hold the asset
		}
		if slices.ContainsFunc(people, func(p entry) bool { return p.holder == o.holder }) {
			b.OwnerKeys = append(b.OwnerKeys, OwnerKey{Key: fold(o.key), Holder: o.holder})
		}
	}
	slices.Sort(b.Teams)
	b.Teams = slices.Compact(b.Teams)
	slices.SortStableFunc(b.OwnerKeys, func(x, y OwnerKey) int { return strings.Compare(x.Key, y.Key) })
	b.OwnerKeys = slices.CompactFunc(b.OwnerKeys, func(x, y OwnerKey) bool { return x.Key == y.Key })
}

// hasKey reports whether the key equals a key of the entry, as it is written.
func (p *Person) hasKey(key string) bool {
	return strings.TrimSpace(key) != "" && (key == p.ID || key == p.Email || key == p.Username)
}

// keysOfEntry is how many keys identify a directory entry later.
const keysOfEntry = 3

// appendKeys appends the keys that identify a directory entry later: its id, e-mail
// address and user name.
func appendKeys(out []OwnerKey, p entry) []OwnerKey {
	for _, key := range [keysOfEntry]string{p.ID, p.Email, p.Username} {
		if key = fold(key); key != "" {
			out = append(out, OwnerKey{Key: key, Holder: p.holder})
		}
	}
	return out
}

// unresolvedKeys lists the keys in the record that do not name exactly one entry
// of a directory.
func (a *assessment) unresolvedKeys() []OwnerKey {
	var out []OwnerKey
	for i := range a.owners.named {
		if o := &a.owners.named[i]; !o.resolved() {
			out = append(out, OwnerKey{Key: fold(o.key), Absent: len(o.matches) == 0})
		}
	}
	slices.SortStableFunc(out, func(x, y OwnerKey) int { return strings.Compare(x.Key, y.Key) })
	return slices.CompactFunc(out, func(x, y OwnerKey) bool { return x.Key == y.Key })
}

// unknownOwners returns a sentence for every owner who is not resolved.
func (a *assessment) unknownOwners() []string {
	var out []string
	for i := range a.owners.named {
		o := &a.owners.named[i]
		switch {
		case len(o.matches) == 0:
			out = append(out, "No directory knows the owner "+quote(o.key)+"."+resolvingKeys(o.key))
		case len(o.matches) > 1:
			out = append(out, "The owner "+quote(o.key)+" may be any of "+displayAll(entriesOf(o.matches))+".")
		case o.matches[0].Status == PersonUnknown && o.matches[0].StatusText != "":
			out = append(out, "The status "+quote(o.matches[0].StatusText)+" of the owner "+display(entry{&o.matches[0], o.holder})+" is not mapped.")
		case o.matches[0].Status == PersonUnknown:
			out = append(out, "The directory does not say whether the owner "+display(entry{&o.matches[0], o.holder})+" is still here.")
		}
	}
	return out
}

// resolvingKeys returns a sentence about the keys that would resolve an owner, if the
// record seems to hold a name instead of a key: "Ann Archer", "Archer, Ann".
func resolvingKeys(key string) string {
	if !strings.ContainsAny(strings.TrimSpace(key), " ,") || strings.Contains(key, "@") {
		return ""
	}
	return " It reads like a name, and names are not unique: give the record the id, the email address or the user name of the person or team."
}

func (a *assessment) shared(people []entry) {
	switch {
	case len(people) > 1:
		a.find(OwnerShared, "The asset has several owners: "+displayAll(people)+".")
	case a.owners.distinct() > 1:
		a.find(OwnerShared, "The record names several owners.")
	case a.binding.Shared:
		a.find(OwnerShared, "The record says that the asset is shared.")
	}
}

// assessClaims compares the declared owner and the evidence with the record. A
// record without an owner contradicts no claim; the missing owner is a separate
// finding.
func (a *assessment) assessClaims() {
	if len(a.owners.named) == 0 {
		return
	}
	if d := a.q.Declared.Owner; d != "" {
		a.claim("The configuration declares the owner", d)
	}
	for _, c := range a.q.Evidence {
		a.claim("The evidence "+quote(c.Name)+" names the owner", c.Owner)
	}
	if len(a.contradictions) > 0 {
		a.contradicted = true
		a.find(OwnerConflict, strings.Join(a.contradictions, " "))
	}
}

func (a *assessment) claim(says, key string) {
	if a.agrees(key) {
		a.corroborated = true
		return
	}
	recorded := make([]string, len(a.owners.named))
	for i := range recorded {
		recorded[i] = quote(a.owners.named[i].key)
	}
	a.contradictions = append(a.contradictions, says+" "+quote(key)+", but the record names "+list(recorded)+".")
}

// agrees reports whether a claimed owner is one of the record's owners, a team
// of theirs, or a member of an owning team.
func (a *assessment) agrees(key string) bool {
	for i := range a.owners.named {
		o := &a.owners.named[i]
		if strings.EqualFold(o.key, key) {
			return true
		}
		for _, claimed := range entriesOf(a.facts.People[key]) {
			for _, p := range entriesOf(o.matches) {
				if p.holder == claimed.holder || memberOf(p, claimed) || memberOf(claimed, p) {
					return true
				}
			}
		}
	}
	return false
}

// memberOf reports whether p names the team among its teams.
func memberOf(p, team entry) bool {
	if team.Kind != KindTeam {
		return false
	}
	return slices.ContainsFunc(p.Teams, func(t string) bool {
		return t != "" && (strings.EqualFold(t, team.ID) || strings.EqualFold(t, team.Name) ||
			strings.EqualFold(t, team.Username) || strings.EqualFold(t, team.Email))
	})
}

// SuccessorKeys returns the keys that must be looked up in addition to
// OwnerKeys: the owners to propose if the current owner may leave. It is empty
// while the owner is active.
func SuccessorKeys(q Question, rules *Rules, facts Facts) []string {
	if len(facts.Records) == 0 {
		return nil
	}
	record, _ := merge(facts.Records)
	all := resolve(record.Owners, facts.People)
	going := !all.allResolved()
	for _, p := range all.people {
		going = going || p.Status != PersonActive || !p.EndDate.IsZero() ||
			(p.Kind == KindTeam && facts.ActiveMembers[p.holder] == 0)
	}
	if !going {
		return nil
	}
	return successorKeys(q, all.people, rules.ClassOf(record.Class).LifecycleOwner)
}

// successorKeys lists candidates in the order in which they are proposed.
func successorKeys(q Question, people []entry, lifecycleOwner string) []string {
	keys := slices.Clone(q.Successors)
	for _, p := range people {
		if p.Manager != "" {
			keys = append(keys, p.Manager)
		}
	}
	for _, p := range people {
		keys = append(keys, p.Teams...)
	}
	if lifecycleOwner != "" {
		keys = append(keys, lifecycleOwner)
	}
	return keys
}

func (a *assessment) proposeSuccessor() {
	people := a.owners.people
	if len(people) > 0 && a.binding.OwnerStatus == PersonActive && slices.ContainsFunc(people, a.hasPresentOwner) {
		return
	}
	for _, key := range successorKeys(a.q, people, a.binding.LifecycleOwner) {
		matches := a.facts.People[key]
		if len(matches) != 1 {
			continue
		}
		next := entry{&matches[0], matches[0].Holder()}
		if slices.ContainsFunc(people, func(p entry) bool { return p.holder == next.holder }) {
			continue
		}
		if a.status(next) == PersonActive && a.hasPresentOwner(next) {
			a.binding.Successor = next.holder
			a.binding.Names = namesOf(append(people, next)...)
			return
		}
	}
}
