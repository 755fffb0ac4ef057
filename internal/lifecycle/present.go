package lifecycle

import (
	"slices"
	"time"
)

// Merge joins the records of one id into what can be believed of them: a field
// in which they disagree is left unstated. No records give an empty one.
func Merge(records []Record) Record {
	if len(records) == 0 {
		return Record{}
	}
	record, _ := merge(records)
	return record
}

// StatusAt returns whether the person is still here at the given instant: within
// lead of the end date somebody who is active is leaving.
func StatusAt(p Person, now time.Time, lead time.Duration) OwnerStatus {
	return statusAt(p, now, lead)
}

// HoldersOf returns the canonical names of the people, sorted.
func HoldersOf(people []Person) []string {
	out := make([]string, len(people))
	for i, p := range people {
		out[i] = p.Holder()
	}
	slices.Sort(out)
	return out
}
