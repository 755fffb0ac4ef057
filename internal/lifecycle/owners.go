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
}

func (o owner) resolved() bool { return len(o.matches) == 1 }

type owners []owner

func resolve(keys []string, people map[string][]Person) owners {
	out := make(owners, len(keys))
	for i, k := range keys {
		out[i] = owner{key: k, matches: people[k]}
	}
	return out
}

// people returns the owners that resolve to one directory entry, sorted by
// their canonical names and without repetition.
func (os owners) people() []Person {
	var out []Person
	for _, o := range os {
		if o.resolved() {
			out = append(out, o.matches[0])
		}
	}
	slices.SortStableFunc(out, func(a, b Person) int { return strings.Compare(a.Holder(), b.Holder()) })
	return slices.CompactFunc(out, func(a, b Person) bool { return a.Holder() == b.Holder() })
}

// distinct counts the owners: several keys of one person, or a repeated key, are
// one owner.
func (os owners) distinct() int {
	n := len(os.people())
	for i, o := range os {
		if !o.resolved() && !slices.ContainsFunc(os[:i], func(p owner) bool { return sameWord(p.key, o.key) }) {
			n++
		}
	}
	return n
}

func (os owners) allResolved() bool {
	return len(os) > 0 && !slices.ContainsFunc(os, func(o owner) bool { return !o.resolved() })
}

// StatusAt returns the status of the person at the given instant. An active
// person whose end date is near is leaving; one whose end date has passed has
// ended, which is less severe than having left, which only an explicit status
// says.
func StatusAt(p Person, now time.Time, lead time.Duration) OwnerStatus {
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
	if len(a.owners) == 0 {
		if !slices.Contains(a.disagree, "owner") {
			a.find(OwnerNone, "The record names no owner.")
		} else {
			a.find(OwnerNone, "The records of the asset name different owners.")
		}
		a.shared(nil)
		return
	}
	people := a.owners.people()
	a.describeOwners(people)
	a.binding.Names = namesOf(people...)
	if unknown := a.unknownOwners(); len(unknown) > 0 {
		a.find(OwnerUnknown, strings.Join(unknown, " "))
	}
	who := displayAll(people)
	switch b.OwnerStatus {
	case PersonLeft:
		a.find(OwnerLeft, "The owner "+who+" has left.")
	case PersonEnded:
		a.find(OwnerEnded, "The end date of the owner "+who+" has passed, but the directory does not say that they left.")
	case PersonSuspended:
		a.find(OwnerSuspended, "The owner "+who+" is suspended.")
	case PersonLeaving:
		a.find(OwnerLeaving, "The owner "+who+" is leaving.")
	case PersonUnknown, PersonActive:
	}
	a.shared(people)
	if len(people) > 0 && !slices.ContainsFunc(people, a.hasPresentOwner) {
		if teams := slices.DeleteFunc(slices.Clone(people), func(p Person) bool { return p.Kind != KindTeam || p.Status == PersonLeft }); len(teams) > 0 {
			a.find(OwnerNoActiveMember, "The owning team "+displayAll(teams)+" has no active member.")
		}
	}
}

// hasPresentOwner reports whether the owner is present, and for a team whether
// it has an active member.
func (a *assessment) hasPresentOwner(p Person) bool {
	s := StatusAt(p, a.now, a.rules.LeadTime)
	if s != PersonActive && s != PersonLeaving {
		return false
	}
	return p.Kind != KindTeam || a.facts.ActiveMembers[p.Holder()] > 0
}

func (a *assessment) describeOwners(people []Person) {
	b := &a.binding
	b.OwnerKeys = a.unresolvedKeys()
	if len(people) == 0 {
		return
	}
	status := func(p Person) OwnerStatus { return StatusAt(p, a.now, a.rules.LeadTime) }
	best := status(people[0])
	for _, p := range people {
		b.OwnerKind = max(b.OwnerKind, p.Kind)
		if s := status(p); presenceRank[s] > presenceRank[best] {
			best = s
		}
	}
	if !a.owners.allResolved() && presenceRank[best] < presenceRank[PersonUnknown] {
		best = PersonUnknown
	}
	b.OwnerStatus = best
	present := people
	if !departed(best) {
		present = slices.DeleteFunc(slices.Clone(people), func(p Person) bool { return departed(status(p)) })
	}
	a.describeHolders(present)
}

// describeHolders fills in what the owners who hold the asset have in common.
func (a *assessment) describeHolders(people []Person) {
	if len(people) == 0 {
		return
	}
	b := &a.binding
	canonical := make([]string, len(people))
	b.Manager, b.OwnerEndDate = people[0].Manager, people[0].EndDate
	for i, p := range people {
		canonical[i] = p.Holder()
		b.OwnerKeys = append(b.OwnerKeys, keysOf(p)...)
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
	for _, o := range a.owners {
		if o.resolved() && slices.Contains(canonical, o.matches[0].Holder()) {
			b.OwnerKeys = append(b.OwnerKeys, OwnerKey{Key: fold(o.key), Holder: o.matches[0].Holder()})
		}
	}
	b.Holder = strings.Join(canonical, HolderSeparator)
	slices.Sort(b.Teams)
	b.Teams = slices.Compact(b.Teams)
	slices.SortStableFunc(b.OwnerKeys, func(x, y OwnerKey) int { return strings.Compare(x.Key, y.Key) })
	b.OwnerKeys = slices.CompactFunc(b.OwnerKeys, func(x, y OwnerKey) bool { return x.Key == y.Key })
}

// keysOf lists the keys that identify a directory entry later: its id, e-mail
// address and user name.
func keysOf(p Person) []OwnerKey {
	out := make([]OwnerKey, 0, 3)
	for _, key := range [...]string{p.ID, p.Email, p.Username} {
		if key = fold(key); key != "" {
			out = append(out, OwnerKey{Key: key, Holder: p.Holder()})
		}
	}
	return out
}

// unresolvedKeys lists the keys in the record that do not name exactly one entry
// of a directory.
func (a *assessment) unresolvedKeys() []OwnerKey {
	var out []OwnerKey
	for _, o := range a.owners {
		if !o.resolved() {
			out = append(out, OwnerKey{Key: fold(o.key), Absent: len(o.matches) == 0})
		}
	}
	slices.SortStableFunc(out, func(x, y OwnerKey) int { return strings.Compare(x.Key, y.Key) })
	return slices.CompactFunc(out, func(x, y OwnerKey) bool { return x.Key == y.Key })
}

// unknownOwners returns a sentence for every owner who is not resolved.
func (a *assessment) unknownOwners() []string {
	var out []string
	for _, o := range a.owners {
		switch {
		case len(o.matches) == 0:
			out = append(out, "No directory knows the owner "+quote(o.key)+"."+resolvingKeys(o.key))
		case len(o.matches) > 1:
			out = append(out, "The owner "+quote(o.key)+" may be any of "+displayAll(o.matches)+".")
		case o.matches[0].Status == PersonUnknown && o.matches[0].StatusText != "":
			out = append(out, "The status "+quote(o.matches[0].StatusText)+" of the owner "+display(o.matches[0])+" is not mapped.")
		case o.matches[0].Status == PersonUnknown:
			out = append(out, "The directory does not say whether the owner "+display(o.matches[0])+" is still here.")
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

func (a *assessment) shared(people []Person) {
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
	if len(a.owners) == 0 {
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
	recorded := make([]string, len(a.owners))
	for i, o := range a.owners {
		recorded[i] = quote(o.key)
	}
	a.contradictions = append(a.contradictions, says+" "+quote(key)+", but the record names "+list(recorded)+".")
}

// agrees reports whether a claimed owner is one of the record's owners, a team
// of theirs, or a member of an owning team.
func (a *assessment) agrees(key string) bool {
	for _, o := range a.owners {
		if strings.EqualFold(o.key, key) {
			return true
		}
		for _, claimed := range a.facts.People[key] {
			for _, p := range o.matches {
				if p.Holder() == claimed.Holder() || memberOf(p, claimed) || memberOf(claimed, p) {
					return true
				}
			}
		}
	}
	return false
}

// memberOf reports whether p names the team among its teams.
func memberOf(p, team Person) bool {
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
	for _, p := range all.people() {
		going = going || p.Status != PersonActive || !p.EndDate.IsZero() ||
			(p.Kind == KindTeam && facts.ActiveMembers[p.Holder()] == 0)
	}
	if !going {
		return nil
	}
	return successorKeys(q, all.people(), rules.ClassOf(record.Class).LifecycleOwner)
}

// successorKeys lists candidates in the order in which they are proposed.
func successorKeys(q Question, people []Person, lifecycleOwner string) []string {
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
	people := a.owners.people()
	if len(people) > 0 && a.binding.OwnerStatus == PersonActive && slices.ContainsFunc(people, a.hasPresentOwner) {
		return
	}
	for _, key := range successorKeys(a.q, people, a.binding.LifecycleOwner) {
		matches := a.facts.People[key]
		if len(matches) != 1 || slices.ContainsFunc(people, func(p Person) bool { return p.Holder() == matches[0].Holder() }) {
			continue
		}
		if StatusAt(matches[0], a.now, a.rules.LeadTime) == PersonActive && a.hasPresentOwner(matches[0]) {
			a.binding.Successor = matches[0].Holder()
			a.binding.Names = namesOf(append(people, matches[0])...)
			return
		}
	}
}
