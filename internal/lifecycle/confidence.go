package lifecycle

import (
	"slices"
	"strings"
)

// confidence adds up the signals, in hundredths. A signal that cannot be
// evaluated gives no points; a signal holds or does not hold, so that
// confidence does not change gradually.
func (a *assessment) confidence() (int, [NumSignals]int) {
	var parts [NumSignals]int
	if len(a.facts.Records) == 0 {
		return 0, parts
	}
	holds := [NumSignals]bool{
		SignalOwnerNamed:     len(a.owners.named) > 0,
		SignalOwnerFound:     a.owners.allResolved(),
		SignalSingleOwner:    a.owners.distinct() == 1 && !a.binding.Shared,
		SignalFresh:          a.fresh(),
		SignalUncontradicted: !a.contradicted && len(a.disagree) == 0,
		SignalComplete:       len(a.missingFields()) == 0,
		SignalCorroborated:   a.corroborated,
	}
	total := 0
	for s, ok := range holds {
		if ok {
			parts[s] = a.rules.Points[s]
			total += parts[s]
		}
	}
	if total > 100 {
		parts[SignalCorroborated] -= total - 100
		total = 100
	}
	return total, parts
}

// ownerSignals are the signals that a record loses when its assignment is cleared.
var ownerSignals = [...]Signal{SignalOwnerNamed, SignalOwnerFound, SignalSingleOwner}

// stateConfidence is the confidence in a terminal state: the owner signals
// count in full if the record names no owner.
func (a *assessment) stateConfidence() int {
	total := a.binding.Confidence
	if len(a.facts.Records) == 0 || len(a.owners.named) > 0 || slices.Contains(a.disagree, "owner") {
		return total
	}
	for _, s := range ownerSignals {
		total += a.rules.Points[s] - a.binding.Parts[s]
	}
	return min(total, 100)
}

// quote marks a text from outside as such. Control characters have been
// replaced by the system that read it.
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `'`) + `"` }

// entriesOf returns people with their canonical names.
func entriesOf(people []Person) []entry {
	out := make([]entry, len(people))
	for i := range people {
		out[i] = entry{&people[i], people[i].Holder()}
	}
	return out
}

// maxListed is how many items a sentence names.
const maxListed = 5

// list joins items for a sentence and limits their number.
func list(items []string) string {
	if len(items) > maxListed {
		items = append(slices.Clone(items[:maxListed]), "and more")
	}
	return strings.Join(items, ", ")
}

func unique(items []string) []string {
	out := slices.Clone(items)
	slices.Sort(out)
	return slices.Compact(out)
}
