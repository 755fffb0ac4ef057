package lifecycle

import "slices"

// Merge joins the records of one id: a field on which they disagree is not
// stated. Without records the result is empty.
func Merge(records []Record) Record {
	if len(records) == 0 {
		return Record{}
	}
	record, _ := merge(records)
	return record
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
