package lifecycle

import "slices"

// Merge joins the records of one id into what can be believed of them: a field
// in which they disagree is left unstated. No records give an empty one.
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
